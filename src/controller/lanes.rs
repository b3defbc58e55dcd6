//! Who may work now: a fixed number of places, and what is new goes before what was seen already.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

/// In which order waiting work is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Changed or never seen: goes first.
    Fresh,
    /// Seen and settled before, looked at once more.
    Settled,
}

/// A fixed number of places for work. Cheap to clone.
#[derive(Clone)]
pub struct Lanes(Arc<Mutex<State>>);

struct State {
    free: usize,
    fresh: VecDeque<oneshot::Sender<Place>>,
    settled: VecDeque<oneshot::Sender<Place>>,
}

/// A place to work at; given back when dropped.
pub struct Place(Option<Lanes>);

impl Lanes {
    /// So many places (at least one).
    pub fn new(places: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            free: places.max(1),
            fresh: VecDeque::new(),
            settled: VecDeque::new(),
        })))
    }

    /// Waits for a place.
    pub async fn enter(&self, lane: Lane) -> Place {
        let turn = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                return Place(Some(self.clone()));
            }
            let (sender, turn) = oneshot::channel();
            match lane {
                Lane::Fresh => state.fresh.push_back(sender),
                Lane::Settled => state.settled.push_back(sender),
            }
            turn
        };
        // The sender lives in the queue until it is used, and `self` keeps the queue alive.
        turn.await.unwrap_or(Place(None))
    }

    fn hand_on(&self) {
        loop {
            let next = {
                let mut state = self.state();
                let waiting = state.fresh.pop_front();
                match waiting.or_else(|| state.settled.pop_front()) {
                    Some(next) => next,
                    None => {
                        state.free += 1;
                        return;
                    }
                }
            };
            match next.send(Place(Some(self.clone()))) {
                Ok(()) => return,
                // The waiter has gone: its place must not come back by being dropped here.
                Err(mut unused) => unused.0 = None,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(lanes) = self.0.take() {
            lanes.hand_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn fresh_work_goes_first_and_places_come_back() {
        let lanes = Lanes::new(1);
        let first = lanes.enter(Lane::Settled).await;
        let mut settled = Box::pin(lanes.enter(Lane::Settled));
        let mut gone = Box::pin(lanes.enter(Lane::Fresh));
        let mut fresh = Box::pin(lanes.enter(Lane::Fresh));
        assert!((&mut settled).now_or_never().is_none());
        assert!((&mut gone).now_or_never().is_none());
        assert!((&mut fresh).now_or_never().is_none());
        drop(gone);
        drop(first);
        assert!((&mut settled).now_or_never().is_none());
        drop(fresh.await);
        drop(settled.await);
        assert!(lanes.enter(Lane::Fresh).now_or_never().is_some());
    }
}
