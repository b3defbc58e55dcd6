//! Wall time, faster time for the sandbox, and stopped time for tests.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, time::Instant};

/// Tells the time and waits for an instant. Cheap to clone; clones share the same time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    Wall,
    Fast {
        began: Timestamp,
        origin: Instant,
        speed: u32,
    },
    Stopped(watch::Sender<Timestamp>),
}

/// A moment to measure from. Wall time may be set and a suspended machine stops the monotonic one, so a mark keeps both.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    at: Timestamp,
    ticks: Instant,
}

impl Clock {
    /// The machine's own time.
    pub fn wall() -> Self {
        Self(Arc::new(Kind::Wall))
    }

    /// Time that begins at `began` now and runs `speed` times as fast as the machine's (at least once).
    pub fn fast(began: Timestamp, speed: u32) -> Self {
        Self(Arc::new(Kind::Fast {
            began,
            origin: Instant::now(),
            speed: speed.max(1),
        }))
    }

    /// Time that stands at `at` until [`Clock::advance`] moves it.
    pub fn stopped(at: Timestamp) -> Self {
        Self(Arc::new(Kind::Stopped(watch::Sender::new(at))))
    }

    /// The instant now.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the machine"
    )]
    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            Kind::Wall => Timestamp::now(),
            Kind::Fast {
                began,
                origin,
                speed,
            } => {
                let passed = origin.elapsed().saturating_mul(*speed);
                SignedDuration::try_from(passed)
                    .ok()
                    .and_then(|passed| began.checked_add(passed).ok())
                    .unwrap_or(Timestamp::MAX)
            }
            Kind::Stopped(instant) => *instant.borrow(),
        }
    }

    /// This moment, to measure from.
    pub fn mark(&self) -> Mark {
        Mark {
            at: self.now(),
            ticks: Instant::now(),
        }
    }

    /// How much time has passed for certain, whatever was done to the machine's wall clock.
    pub fn least_since(&self, mark: &Mark) -> SignedDuration {
        match &*self.0 {
            Kind::Wall => span(mark.ticks.elapsed()),
            Kind::Fast { .. } | Kind::Stopped(_) => self.now().duration_since(mark.at),
        }
    }

    /// How much time may have passed: by the wall clock or by the monotonic one, whichever saw more.
    pub fn most_since(&self, mark: &Mark) -> SignedDuration {
        self.least_since(mark)
            .max(self.now().duration_since(mark.at))
    }

    /// Moves stopped time forward; other clocks are left alone.
    pub fn advance(&self, by: SignedDuration) {
        if let Kind::Stopped(instant) = &*self.0 {
            instant.send_modify(|at| *at = at.checked_add(by).unwrap_or(Timestamp::MAX));
        }
    }

    /// Waits until the instant has come; returns at once when it lies in the past.
    pub async fn wait_until(&self, at: Timestamp) {
        match &*self.0 {
            Kind::Stopped(instant) => {
                let mut seen = instant.subscribe();
                // The sender lives in `self`, so the channel cannot be closed while we wait.
                let _ = seen.wait_for(|now| *now >= at).await;
            }
            Kind::Wall => self.wait_scaled(at, 1).await,
            Kind::Fast { speed, .. } => self.wait_scaled(at, *speed).await,
        }
    }

    /// Waits for a while.
    pub async fn wait(&self, span: SignedDuration) {
        let until = self.now().checked_add(span).unwrap_or(Timestamp::MAX);
        self.wait_until(until).await;
    }

    async fn wait_scaled(&self, at: Timestamp, speed: u32) {
        loop {
            let left = at.duration_since(self.now());
            let Ok(left) = Duration::try_from(left) else {
                return;
            };
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left / speed).await;
        }
    }
}

fn span(passed: Duration) -> SignedDuration {
    SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_since_a_mark_counts_the_monotonic_clock_on_the_wall() {
        let clock = Clock::wall();
        let mark = clock.mark();
        tokio::time::advance(Duration::from_secs(15)).await;
        // The wall clock stands beside a paused runtime: only the monotonic one has moved.
        assert_eq!(clock.least_since(&mark).as_secs(), 15);
        assert_eq!(clock.most_since(&mark).as_secs(), 15);
        let earlier = Mark {
            at: mark.at - SignedDuration::from_secs(60),
            ..mark
        };
        // A wall clock that was set forward is not believed where certainty is asked for.
        assert_eq!(clock.least_since(&earlier).as_secs(), 15);
        assert!(clock.most_since(&earlier).as_secs() >= 60);
    }

    #[test]
    fn time_since_a_mark_on_a_stopped_clock_is_what_it_was_moved() {
        let clock = Clock::stopped(Timestamp::UNIX_EPOCH);
        let mark = clock.mark();
        clock.advance(SignedDuration::from_secs(9));
        assert_eq!(clock.least_since(&mark), SignedDuration::from_secs(9));
        assert_eq!(clock.most_since(&mark), SignedDuration::from_secs(9));
    }

    #[tokio::test]
    async fn stopped_time_moves_only_when_told() {
        let clock = Clock::stopped(Timestamp::UNIX_EPOCH);
        let other = clock.clone();
        let at = Timestamp::from_second(60).unwrap();
        let waiting = tokio::spawn(async move { other.wait_until(at).await });
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
        clock.advance(SignedDuration::from_secs(59));
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        clock.advance(SignedDuration::from_secs(1));
        waiting.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn fast_time_runs_faster() {
        let clock = Clock::fast(Timestamp::UNIX_EPOCH, 60);
        let before = Instant::now();
        clock
            .wait_until(Timestamp::from_second(3600).unwrap())
            .await;
        assert_eq!(before.elapsed().as_secs(), 60);
    }
}
