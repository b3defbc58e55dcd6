//! The objects that went last, so that an answer that comes late does not bring one of them back.

use std::collections::{BTreeSet, VecDeque};

/// How many are remembered: more than can be on their way at one time.
const REMEMBERED: usize = 4096;

/// Uids of objects that are gone; no uid is ever given again.
#[derive(Default)]
pub(super) struct Gone {
    uids: BTreeSet<String>,
    order: VecDeque<String>,
}

impl Gone {
    pub(super) fn note(&mut self, uid: &str) {
        if !self.uids.insert(uid.to_owned()) {
            return;
        }
        self.order.push_back(uid.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.uids.remove(&oldest);
        }
    }

    pub(super) fn has(&self, uid: &str) -> bool {
        self.uids.contains(uid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_ones_are_remembered() {
        let mut gone = Gone::default();
        for number in 0..=REMEMBERED {
            gone.note(&number.to_string());
            gone.note(&number.to_string());
        }
        assert!(!gone.has("0") && gone.has("1") && gone.has(&REMEMBERED.to_string()));
        assert_eq!(gone.order.len(), gone.uids.len());
    }
}
