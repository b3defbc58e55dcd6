//! How fast the story is told, and whether the machine keeps up: what is late because of the machine must not be blamed
//! on what is shown.

use std::time::Duration;

use jiff::SignedDuration;

/// How many times as long things may take as on a quiet machine.
const SLACK: i64 = 4;
/// The speed that the time limits of the story are made for: faster time leaves the machine no less time than this.
const MADE_FOR: u32 = 18;
/// Simulated seconds that the story may be behind: no pause, interval or start of a pod in it is shorter.
const MOST_BEHIND: f64 = 10.0;

/// How fast simulated time runs, and how far behind it the story was at most.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    speed: u32,
    behind: f64,
}

impl Pace {
    /// So many simulated seconds in a second.
    pub const fn new(speed: u32) -> Self {
        Self { speed, behind: 0.0 }
    }

    /// Notes how long something took that should have taken less.
    pub fn note(&mut self, took: Duration, should: Duration) {
        let behind = took.saturating_sub(should).as_secs_f64() * f64::from(self.speed);
        self.behind = self.behind.max(behind);
    }

    /// Whether something is late that should come within so many simulated seconds, by both clocks.
    pub fn is_late(self, simulated: SignedDuration, wall: Duration, within: i64) -> bool {
        let most = SignedDuration::from_secs(within.saturating_mul(SLACK));
        let at_least = Duration::try_from(most).unwrap_or_default() / MADE_FOR.min(self.speed);
        simulated > most && wall > at_least
    }

    /// What to say where the machine did not keep up.
    pub fn complaint(self) -> Option<String> {
        (self.behind > MOST_BEHIND).then(|| {
            format!(
                "this machine does not keep up with {} simulated seconds a second: the story was up to {:.0} simulated \
                 seconds behind, so that what did not hold says little; try a lower --speed, or a less busy machine",
                self.speed, self.behind
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_time_leaves_the_machine_its_time() {
        let late = |speed: u32, simulated: i64, wall: u64| {
            Pace::new(speed).is_late(
                SignedDuration::from_secs(simulated),
                Duration::from_secs(wall),
                90,
            )
        };
        // 90 simulated seconds may become 360, or 20 seconds on the wall where that is more.
        for (speed, simulated, wall, expected) in [
            (18, 361, 21, true),
            (18, 359, 21, false),
            (60, 1_260, 21, true),
            (60, 1_140, 19, false),
            (1, 361, 361, true),
            (1, 359, 359, false),
        ] {
            assert_eq!(
                late(speed, simulated, wall),
                expected,
                "{speed} {simulated}"
            );
        }
    }

    #[test]
    fn a_machine_that_lags_is_named() {
        let mut pace = Pace::new(60);
        let look = Duration::from_millis(50);
        pace.note(Duration::from_millis(150), look);
        assert_eq!(pace.complaint(), None);
        pace.note(Duration::from_millis(550), look);
        pace.note(look, look);
        let said = pace.complaint().unwrap();
        assert!(
            said.contains("60 simulated seconds a second") && said.contains("up to 30"),
            "{said}"
        );
    }
}
