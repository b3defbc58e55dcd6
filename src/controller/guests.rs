//! How many of something each peer has at a time: connections, bodies.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Counts by peer. Cheap to clone; clones count together.
#[derive(Clone, Default)]
pub(super) struct Guests(Arc<Mutex<BTreeMap<String, usize>>>);

/// One of them; counted until it is dropped.
pub(super) struct Guest {
    guests: Guests,
    peer: String,
}

impl Guests {
    /// One more of a peer, unless it has enough of them.
    pub(super) fn admit(&self, peer: String, most: usize) -> Option<Guest> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(peer.clone()).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Guest {
            guests: self.clone(),
            peer,
        })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut counts = self.guests.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_peer_cannot_take_all_places() {
        let guests = Guests::default();
        let admit = |peer: &str| guests.admit(peer.to_owned(), 2);
        let held: Vec<_> = (0..2).map(|_| admit("a")).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(admit("a").is_none());
        assert!(admit("b").is_some());
        drop(held);
        assert!(guests.0.lock().unwrap().is_empty());
        assert!(admit("a").is_some());
    }
}
