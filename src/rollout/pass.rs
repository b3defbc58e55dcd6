//! What one pass over a Rollout knows, and what it has found to do.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{
    canary::{self, Counts, Pods, Situation, Weights},
    decide::Snapshot,
    hash, replica_set,
};
use crate::{
    api::rollout::{Canary, CanaryScale, Spec, Step},
    object::Object,
    plan::{Effect, Event, EventSeverity, Next, Plan},
};

/// One pass.
pub struct Pass<'a> {
    pub snapshot: &'a Snapshot,
    pub now: Timestamp,
    pub spec: Spec,
    pub canary: Canary,
    pub template: Value,
    pub hash: String,
    pub step_hash: String,
    pub new_set: Option<&'a Object>,
    pub stable_set: Option<&'a Object>,
    pub others: Vec<&'a Object>,
    /// The status as it was read.
    pub before: Map<String, Value>,
    /// The status as it will be.
    pub status: Map<String, Value>,
    pub effects: Vec<Effect>,
    pub next: Option<Timestamp>,
    pub is_scaled: bool,
}

impl<'a> Pass<'a> {
    /// Reads a snapshot.
    pub fn new(snapshot: &'a Snapshot, spec: Spec, now: Timestamp) -> Self {
        let before = snapshot
            .rollout
            .at(&["status"])
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        let template = snapshot.template();
        let mut sets: Vec<&Object> = snapshot.replica_sets.iter().collect();
        sets.sort_by_key(|set| (replica_set::revision(set), set.name().to_owned()));
        let collisions = before.get("collisionCount").and_then(Value::as_i64);
        let own = hash::pod_template_hash(&template, collisions);
        let new_set = sets
            .iter()
            .find(|set| replica_set::hash_of(set) == own)
            .or_else(|| {
                sets.iter().find(|set| match &snapshot.matching {
                    Some(names) => names.contains(set.name()),
                    None => replica_set::is_made_from(set, &template),
                })
            })
            .copied();
        let hash = new_set.map_or(own, |set| replica_set::hash_of(set).to_owned());
        let stable = before
            .get("stableRS")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let stable_set = sets
            .iter()
            .find(|set| !stable.is_empty() && replica_set::hash_of(set) == stable)
            .copied();
        let others = sets
            .iter()
            .filter(|set| {
                let hash_of = replica_set::hash_of(set);
                hash_of != hash && hash_of != stable
            })
            .copied()
            .collect();
        let steps = snapshot
            .rollout
            .at(&["spec", "strategy", "canary", "steps"]);
        Self {
            now,
            canary: spec.strategy.canary.clone().unwrap_or_default(),
            spec,
            template,
            hash,
            step_hash: hash::step_hash(steps),
            new_set,
            stable_set,
            others,
            status: before.clone(),
            before,
            effects: Vec::new(),
            next: None,
            is_scaled: false,
            snapshot,
        }
    }

    pub fn rollout(&self) -> &'a Object {
        &self.snapshot.rollout
    }

    /// A text of the status as it will be.
    pub fn text(&self, name: &str) -> &str {
        self.status
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    pub fn flag(&self, name: &str) -> bool {
        self.status
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    pub fn is_aborted(&self) -> bool {
        self.flag("abort")
    }

    pub fn is_routed(&self) -> bool {
        self.canary.traffic_routing.is_some()
    }

    /// Whether stable and current are one.
    pub fn is_promoted(&self) -> bool {
        self.before
            .get("stableRS")
            .and_then(Value::as_str)
            .is_some_and(|stable| stable == self.hash)
    }

    /// The index of the current step, where there are steps.
    pub fn index(&self) -> Option<usize> {
        let steps = self.canary.steps().len();
        if steps == 0 {
            return None;
        }
        if self.flag("promoteFull") {
            return Some(steps);
        }
        let index = self
            .before
            .get("currentStepIndex")
            .and_then(Value::as_u64)
            .unwrap_or(0);
        Some(usize::try_from(index).unwrap_or(steps).min(steps))
    }

    /// The current step.
    pub fn step(&self) -> Option<&Step> {
        self.canary.steps().get(self.index()?)
    }

    /// The weight that the steps ask for now.
    pub fn step_weight(&self) -> i64 {
        if self.is_aborted() {
            return 0;
        }
        let max = self.canary.max_weight();
        let (Some(index), steps) = (self.index(), self.canary.steps()) else {
            return max;
        };
        if index >= steps.len()
            || self.flag("promoteFull")
            || self.stable_set.is_none()
            || self.is_promoted()
        {
            return max;
        }
        steps
            .iter()
            .take(index + 1)
            .rev()
            .find_map(|step| step.set_weight)
            .unwrap_or(0)
    }

    /// The last `setCanaryScale` at or before the current step.
    fn canary_scale(&self) -> Option<&CanaryScale> {
        let (index, steps) = (self.index()?, self.canary.steps());
        if self.is_aborted() || index >= steps.len() {
            return None;
        }
        steps
            .iter()
            .take(index + 1)
            .rev()
            .find_map(|step| step.set_canary_scale.as_ref())
    }

    /// The weights that the routers were last given.
    pub fn weights(&self) -> Option<Weights> {
        let of = |side: &str| {
            self.status
                .get("canary")?
                .get("weights")?
                .get(side)?
                .get("weight")?
                .as_i64()
        };
        Some(Weights {
            canary: of("canary")?,
            stable: of("stable")?,
        })
    }

    /// How many pods each side shall have next.
    pub fn counts(&self) -> Counts {
        let replicas = self.spec.replicas();
        if self.stable_set.is_none() || self.is_promoted() {
            return Counts {
                canary: replicas,
                stable: replicas,
            };
        }
        if self.is_routed() {
            let at_end = !self.is_aborted()
                && self
                    .index()
                    .is_none_or(|index| index >= self.canary.steps().len());
            let weight = if at_end {
                self.canary.max_weight()
            } else {
                self.step_weight()
            };
            return canary::routed(
                &self.canary,
                replicas,
                weight,
                self.canary_scale(),
                self.weights(),
                self.is_aborted(),
            );
        }
        let older = self.others.iter().map(|set| replica_set::pods(set)).fold(
            Pods::default(),
            |sum, pods| Pods {
                spec: sum.spec + pods.spec,
                available: sum.available + pods.available,
            },
        );
        canary::basic(&Situation {
            replicas,
            weight: self.step_weight(),
            max_surge: canary::max_surge(&self.canary, replicas),
            max_unavailable: canary::max_unavailable(&self.canary, replicas),
            stable: self.stable_set.map(replica_set::pods),
            canary: self.new_set.map(replica_set::pods),
            older,
        })
    }

    /// Whether the pods are as the current step wants them.
    pub fn is_at_counts(&self) -> bool {
        let Some(new) = self.new_set.map(replica_set::pods) else {
            return false;
        };
        let counts = self.counts();
        if new.spec != counts.canary || new.available < counts.canary {
            return false;
        }
        let Some(stable) = self.stable_set.map(replica_set::pods) else {
            return true;
        };
        if self.is_promoted() {
            return true;
        }
        if !self.is_routed() {
            return stable.spec == counts.stable
                && self
                    .others
                    .iter()
                    .all(|set| replica_set::pods(set).available == 0);
        }
        let (max, replicas) = (self.canary.max_weight(), self.spec.replicas());
        let left = (replicas * (max - self.step_weight())).div_euclid(max);
        (self.canary.dynamic_stable_scale || stable.spec == counts.stable)
            && stable.available >= left
    }

    /// Tells people.
    pub fn event(&mut self, reason: &str, message: String) {
        self.tell(EventSeverity::Normal, reason, message);
    }

    pub fn warn(&mut self, reason: &str, message: String) {
        self.tell(EventSeverity::Warning, reason, message);
    }

    fn tell(&mut self, severity: EventSeverity, reason: &str, message: String) {
        self.effects.push(Effect::Event(Event {
            regarding: self.rollout().clone(),
            severity,
            reason: reason.to_owned(),
            message,
        }));
    }

    /// Looks again at an instant, or earlier.
    pub fn look_at(&mut self, at: Timestamp) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }

    /// Looks again just after so many seconds from a stamped instant.
    pub fn after(&mut self, since: Timestamp, seconds: f64) -> bool {
        let Some(at) = instant_after(since, seconds) else {
            return true;
        };
        if self.now > at {
            return true;
        }
        // A whole second, for stamps have no smaller parts; the wait is over strictly after it.
        self.look_at(at + SignedDuration::from_millis(1));
        false
    }

    /// Whether scaling stands still.
    pub fn is_halted(&self) -> bool {
        self.spec.paused || self.pause("InconclusiveAnalysisRun").is_some()
    }

    /// The instant since which it is paused for a reason.
    pub fn pause(&self, reason: &str) -> Option<Timestamp> {
        self.status
            .get("pauseConditions")?
            .as_array()?
            .iter()
            .find(|condition| condition.get("reason").and_then(Value::as_str) == Some(reason))?
            .get("startTime")?
            .as_str()?
            .parse()
            .ok()
    }

    /// Pauses for a reason.
    pub fn add_pause(&mut self, reason: &str) {
        let condition = json!({"reason": reason, "startTime": super::condition::stamp(self.now)});
        match self
            .status
            .get_mut("pauseConditions")
            .and_then(Value::as_array_mut)
        {
            Some(conditions) => conditions.push(condition),
            None => {
                self.status
                    .insert("pauseConditions".into(), json!([condition]));
            }
        }
        self.status.insert("controllerPause".into(), true.into());
    }

    pub fn clear_pauses(&mut self) {
        self.status.remove("pauseConditions");
        self.status.remove("controllerPause");
    }

    /// The plan of all that was found.
    pub fn into_plan(self) -> Plan {
        let mut written = self.snapshot.rollout.clone();
        let status = (self.status != self.before).then(|| {
            written.set(&["status"], Value::Object(self.status));
            written
        });
        Plan {
            effects: self.effects,
            status,
            next: self.next.map_or(Next::AwaitChange, Next::At),
        }
    }
}

/// The instant so many seconds later.
pub fn instant_after(since: Timestamp, seconds: f64) -> Option<Timestamp> {
    since
        .checked_add(SignedDuration::try_from_secs_f64(seconds).ok()?)
        .ok()
}
