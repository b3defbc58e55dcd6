//! Work that waits for an instant: a queue on our clock, so that it follows stopped and faster time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{Stream, stream};
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::{clock::Clock, object::ObjectRef};

/// Objects that are to be looked at again at an instant; each stands in it once. Cheap to clone.
#[derive(Clone)]
pub struct Delay(Arc<Inner>);

struct Inner {
    clock: Clock,
    waiting: Mutex<Waiting>,
    changed: Notify,
}

#[derive(Default)]
struct Waiting {
    by_time: BTreeSet<(Timestamp, ObjectRef)>,
    by_object: BTreeMap<ObjectRef, Timestamp>,
}

impl Delay {
    /// An empty queue on a clock.
    pub fn new(clock: &Clock) -> Self {
        Self(Arc::new(Inner {
            clock: clock.clone(),
            waiting: Mutex::default(),
            changed: Notify::new(),
        }))
    }

    /// Puts an object in, or moves it: the last word holds.
    pub fn set(&self, object: ObjectRef, at: Timestamp) {
        {
            let mut waiting = self.waiting();
            if let Some(before) = waiting.by_object.insert(object.clone(), at) {
                waiting.by_time.remove(&(before, object.clone()));
            }
            waiting.by_time.insert((at, object));
        }
        self.0.changed.notify_one();
    }

    /// Takes an object out.
    pub fn clear(&self, object: &ObjectRef) {
        let mut waiting = self.waiting();
        if let Some(before) = waiting.by_object.remove(object) {
            waiting.by_time.remove(&(before, object.clone()));
        }
    }

    /// How many objects wait.
    pub fn len(&self) -> usize {
        self.waiting().by_object.len()
    }

    /// Whether no object waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The objects whose time has come, for ever. One reader only.
    pub fn due(&self) -> impl Stream<Item = ObjectRef> + Send + use<> {
        stream::unfold(self.clone(), |queue| async move {
            let object = queue.next().await;
            Some((object, queue))
        })
    }

    async fn next(&self) -> ObjectRef {
        loop {
            let first = self.waiting().by_time.first().cloned();
            let Some((at, object)) = first else {
                self.0.changed.notified().await;
                continue;
            };
            if at <= self.0.clock.now() {
                self.clear(&object);
                return object;
            }
            tokio::select! {
                () = self.0.clock.wait_until(at) => {}
                () = self.0.changed.notified() => {}
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures::{FutureExt, StreamExt};
    use jiff::SignedDuration;

    use super::*;
    use crate::object::Gvk;

    fn named(name: &str) -> ObjectRef {
        ObjectRef::new(Gvk::new("", "v1", "Secret"), Some("ns"), name)
    }

    #[tokio::test]
    async fn gives_each_object_once_when_its_time_has_come() {
        let start = Timestamp::UNIX_EPOCH;
        let clock = Clock::stopped(start);
        let queue = Delay::new(&clock);
        let mut due = pin!(queue.due());
        let after = |seconds| start + SignedDuration::from_secs(seconds);
        queue.set(named("late"), after(20));
        queue.set(named("early"), after(30));
        queue.set(named("early"), after(10));
        queue.set(named("never"), after(10));
        queue.clear(&named("never"));
        assert_eq!(queue.len(), 2);
        assert!(due.next().now_or_never().is_none());
        clock.advance(SignedDuration::from_secs(10));
        assert_eq!(due.next().await, Some(named("early")));
        assert!(due.next().now_or_never().is_none());
        clock.advance(SignedDuration::from_secs(10));
        assert_eq!(due.next().await, Some(named("late")));
        assert!(queue.is_empty());
    }
}
