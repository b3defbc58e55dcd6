//! News that come often, told at once and then at most once in a while.

use std::collections::{BTreeMap, BTreeSet};

use futures::{Stream, StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;

/// Gives each item at once, but not again within a while: what comes meanwhile is given once, when that is over.
///
/// Many Rollouts may read one secret; its SealedSecret says of each where it is, and need not wake all of them for each.
pub(super) fn throttled<T: Ord + Clone + Send + 'static>(
    items: impl Stream<Item = T> + Send + 'static,
    clock: &Clock,
    span: SignedDuration,
) -> impl Stream<Item = T> + Send {
    let state = State {
        items: items.boxed(),
        clock: clock.clone(),
        span,
        until: BTreeMap::new(),
        kept: BTreeSet::new(),
    };
    stream::unfold(state, |mut state| async move {
        let item = state.next().await?;
        Some((item, state))
    })
}

struct State<T> {
    items: stream::BoxStream<'static, T>,
    clock: Clock,
    span: SignedDuration,
    /// Until when what was given is not given again.
    until: BTreeMap<T, Timestamp>,
    /// What came meanwhile.
    kept: BTreeSet<T>,
}

impl<T: Ord + Clone> State<T> {
    async fn next(&mut self) -> Option<T> {
        loop {
            let now = self.clock.now();
            self.until.retain(|_, until| *until > now);
            let due = self
                .kept
                .iter()
                .find(|item| !self.until.contains_key(*item));
            if let Some(item) = due.cloned() {
                self.kept.remove(&item);
                return Some(self.given(item, now));
            }
            let wakes = self.kept.iter().filter_map(|item| self.until.get(item));
            let wake = wakes.min().copied();
            let clock = self.clock.clone();
            let item = tokio::select! {
                biased;
                item = self.items.next() => item?,
                () = async { clock.wait_until(wake.unwrap_or(now)).await }, if wake.is_some() => continue,
            };
            if !self.until.contains_key(&item) {
                return Some(self.given(item, now));
            }
            self.kept.insert(item);
        }
    }

    fn given(&mut self, item: T, now: Timestamp) -> T {
        let until = now.checked_add(self.span).unwrap_or(Timestamp::MAX);
        self.until.insert(item.clone(), until);
        item
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, channel::mpsc::unbounded};

    use super::*;

    #[tokio::test]
    async fn the_first_is_told_at_once_and_the_rest_together() {
        let clock = Clock::stopped(Timestamp::UNIX_EPOCH);
        let (sender, items) = unbounded();
        let second = SignedDuration::from_secs(1);
        let mut told = std::pin::pin!(throttled(items, &clock, second));
        for item in ["a", "a", "b", "a"] {
            sender.unbounded_send(item).unwrap();
        }
        let mut all = || {
            let mut seen = Vec::new();
            while let Some(Some(item)) = told.next().now_or_never() {
                seen.push(item);
            }
            seen
        };
        assert_eq!(all(), ["a", "b"]);
        clock.advance(SignedDuration::from_millis(999));
        assert!(all().is_empty());
        clock.advance(SignedDuration::from_millis(1));
        assert_eq!(all(), ["a"]);
        sender.unbounded_send("a").unwrap();
        sender.unbounded_send("b").unwrap();
        assert_eq!(all(), ["b"]);
        clock.advance(second);
        assert_eq!(all(), ["a"]);
        drop(sender);
        assert_eq!(told.next().await, None);
    }
}
