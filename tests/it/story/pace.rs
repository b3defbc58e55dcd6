//! How time passes in a story: at once where the clock is stopped, ten times as fast as the machine's on a real
//! control plane.

use std::{future::Future, pin::pin, time::Duration};

use jiff::SignedDuration;
use waxwing::clock::Clock;

/// How much faster than the machine's the time of our own parts runs on a real control plane.
const SPEED: u32 = 10;

/// The time of one story.
#[derive(Clone)]
pub enum Pace {
    /// Stands until the story moves it.
    Stopped(Clock),
    /// Runs by itself.
    Fast(Clock),
}

impl Pace {
    /// Time that stands at an instant long after all certificates and keys of the tests were made.
    pub fn stopped() -> Self {
        Self::Stopped(Clock::stopped("2030-01-01T00:00:00Z".parse().unwrap()))
    }

    /// Time that begins now.
    pub fn fast() -> Self {
        Self::at_speed(SPEED)
    }

    /// Time that begins now and runs so many times as fast as the machine's.
    pub fn at_speed(speed: u32) -> Self {
        Self::Fast(Clock::fast(Clock::wall().now(), speed))
    }

    pub fn clock(&self) -> &Clock {
        match self {
            Self::Stopped(clock) | Self::Fast(clock) => clock,
        }
    }

    /// How long a step may take by the machine's clock; only a failing story waits for it.
    pub fn patience(&self) -> Duration {
        match self {
            Self::Stopped(_) => Duration::from_secs(20),
            Self::Fast(_) => Duration::from_secs(60),
        }
    }

    /// Lets time pass, whatever happens meanwhile.
    pub async fn pass(&self, seconds: i64) {
        let span = SignedDuration::from_secs(seconds);
        match self {
            Self::Stopped(clock) => clock.advance(span),
            Self::Fast(clock) => clock.wait_until(clock.now() + span).await,
        }
    }

    /// Waits until nobody has anything to do that needs no time, threads that open or render included: tokio's own
    /// clock, when it is paused, does not move before that.
    pub async fn idle(&self) {
        let moment = Duration::from_millis(1);
        let flavor = tokio::runtime::Handle::current().runtime_flavor();
        let is_alone = flavor == tokio::runtime::RuntimeFlavor::CurrentThread;
        if matches!(self, Self::Stopped(_)) && is_alone {
            tokio::time::pause();
            tokio::time::sleep(moment).await;
            tokio::time::resume();
        } else {
            tokio::time::sleep(moment).await;
        }
    }

    /// Lets time pass, a second at a time, until a future is done.
    pub async fn with_time<T>(&self, future: impl Future<Output = T>) -> T {
        let Self::Stopped(clock) = self else {
            return future.await;
        };
        let mut future = pin!(future);
        loop {
            tokio::select! {
                biased;
                done = &mut future => return done,
                () = a_while() => clock.advance(SignedDuration::from_secs(1)),
            }
        }
    }
}

/// Lets everybody else have turns.
pub async fn a_while() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}
