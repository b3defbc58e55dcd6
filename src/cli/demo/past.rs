//! What was seen so far, as far as an expectation asks for it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::seen::{Seen, Traffic};

/// How many points of the traffic are kept.
const POINTS: usize = 240;

/// How long a weight stands before its pods are counted: watches of two kinds do not tell at the same moment.
const SETTLED: SignedDuration = SignedDuration::from_secs(5);

/// What was seen since a chapter began, and some things from before.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// When the cue of the chapter that was given last was given.
    pub cue_at: Timestamp,
    /// The commit that Git has.
    pub head: String,
    /// The revision before the chapter.
    pub revision_before: i64,
    /// The highest number of a version before the chapter.
    pub version_before: u64,
    /// Every weight of the canary in this chapter, in order, without repetitions.
    pub weights: Vec<i64>,
    /// How many canary pods were ready at a weight, a little after it was set.
    pub canary_pods: BTreeMap<i64, usize>,
    /// The revisions that this chapter has made.
    pub revisions: BTreeSet<i64>,
    /// The names of pods that the story has deleted, with the version that they read.
    pub deleted: Vec<(String, u64)>,
    /// When the canary last had traffic.
    pub last_canary_traffic: Option<Timestamp>,
    /// Points of the traffic, one a simulated second or so.
    pub traffic: Vec<Traffic>,
    /// Names of pods when the last pod was deleted.
    pub pods_before: BTreeSet<String>,
    last_point: Option<Timestamp>,
    weight_since: Timestamp,
}

impl Past {
    /// A chapter begins.
    pub fn begin(&mut self, seen: &Seen) {
        self.revision_before = seen.revision();
        self.version_before = seen
            .versions()
            .iter()
            .map(|one| one.number)
            .max()
            .unwrap_or(0);
        self.weights.clear();
        self.canary_pods.clear();
        self.revisions.clear();
        self.deleted.clear();
    }

    /// Takes in one moment.
    pub fn see(&mut self, seen: &Seen) {
        let weight = seen.weight();
        if self.weights.last() != Some(&weight) {
            self.weights.push(weight);
            self.weight_since = seen.now;
        }
        if weight > 0 {
            self.last_canary_traffic = Some(seen.now);
        }
        let newest = seen
            .view
            .replica_sets
            .iter()
            .map(|set| set.revision)
            .max()
            .unwrap_or(0);
        if newest > self.revision_before {
            let made = seen.view.replica_sets.iter().map(|set| set.revision);
            let before = self.revision_before;
            self.revisions
                .extend(made.filter(|revision| *revision > before));
            if seen.now.duration_since(self.weight_since) >= SETTLED {
                self.canary_pods
                    .entry(weight)
                    .or_insert_with(|| seen.ready_pods(newest));
            }
        }
        let is_due = self
            .last_point
            .is_none_or(|at| seen.now.duration_since(at) >= SignedDuration::from_secs(2));
        if is_due {
            self.last_point = Some(seen.now);
            self.traffic.push(seen.traffic);
            let excess = self.traffic.len().saturating_sub(POINTS);
            self.traffic.drain(..excess);
        }
    }

    /// Simulated seconds since the last cue.
    pub fn since_cue(&self, seen: &Seen) -> i64 {
        seen.now.duration_since(self.cue_at).as_secs()
    }

    /// Whether no window of a metric reaches back to the last canary traffic.
    pub fn is_quiet(&self, seen: &Seen, seconds: i64) -> bool {
        self.last_canary_traffic
            .is_none_or(|at| seen.now.duration_since(at).as_secs() >= seconds)
    }
}
