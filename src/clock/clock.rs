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

#[cfg(test)]
mod tests {
    use super::*;

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
