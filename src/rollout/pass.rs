//! What one pass over a Rollout knows, and what it has found to do.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{
    canary::Pods,
    condition::{self, stamp},
    decide::Snapshot,
    hash, replica_set,
};
use crate::{
    api::rollout::{Canary, Spec, Step},
    object::Object,
    plan::{Effect, Event, EventSeverity, Next, Plan, Precondition},
};

/// One pass. What the original calls `rollout.Status` is `before`, its `newStatus` is `status`.
pub struct Pass<'a> {
    pub snapshot: &'a Snapshot,
    pub now: Timestamp,
    pub spec: Spec,
    pub canary: Canary,
    pub template: Cow<'a, Value>,
    /// The hash of the template, by the ReplicaSet made from it if there is one.
    pub hash: String,
    pub step_hash: String,
    pub new_set: Option<&'a Object>,
    /// The stable ReplicaSet, which may be the new one.
    pub stable_set: Option<&'a Object>,
    /// ReplicaSets that are neither, the oldest first.
    pub others: Vec<&'a Object>,
    /// The status as it was read.
    pub before: Map<String, Value>,
    /// The status as it will be.
    pub status: Map<String, Value>,
    pub effects: Vec<Effect>,
    pub next: Option<Timestamp>,
    /// Whether ReplicaSets were scaled, so that their counts are not what was read.
    pub is_scaled: bool,
    /// Why this pass aborts the update.
    pub abort: Option<String>,
    /// Whether this pass ends all pauses and the abort.
    pub is_cleared: bool,
    /// Reasons to pause that this pass has found.
    pub pauses: Vec<&'static str>,
    /// Whether the pause of the current step is over.
    pub is_pause_over: bool,
}

/// The pause of a step.
pub const PAUSE_OF_STEP: &str = "CanaryPauseStep";
/// The pause of an analysis that is neither good nor bad.
pub const PAUSE_OF_ANALYSIS: &str = "InconclusiveAnalysisRun";

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
        sets.sort_by_key(|set| (replica_set::made_at(set), set.name()));
        let collisions = before.get("collisionCount").and_then(Value::as_i64);
        let own = hash::pod_template_hash(&template, collisions);
        let new_set = find_new(snapshot, &sets, &template, &own);
        let hash = new_set.map_or(own, |set| replica_set::hash_of(set).to_owned());
        let stable = before
            .get("stableRS")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let stable_set = sets
            .iter()
            .find(|set| !stable.is_empty() && replica_set::hash_of(set) == stable)
            .copied();
        let is_named = |set: Option<&Object>, name: &str| set.is_some_and(|set| set.name() == name);
        let others = sets
            .iter()
            .filter(|set| !is_named(new_set, set.name()) && !is_named(stable_set, set.name()))
            .copied()
            .collect();
        let steps = snapshot
            .rollout
            .at(&["spec", "strategy", "canary", "steps"]);
        let canary = spec.strategy.canary.clone().unwrap_or_default();
        Self {
            snapshot,
            now,
            canary,
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
            abort: None,
            is_cleared: false,
            pauses: Vec::new(),
            is_pause_over: false,
        }
    }

    pub fn rollout(&self) -> &'a Object {
        &self.snapshot.rollout
    }

    /// A text of the status as it was.
    pub fn text(&self, name: &str) -> &str {
        self.before
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// A flag of the status as it was.
    pub fn flag(&self, name: &str) -> bool {
        self.before
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    /// Sets a field of the status.
    pub fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.status.insert(name.to_owned(), value.into());
    }

    /// The part of the status that is about the canary, to be changed.
    pub fn put_canary(&mut self, name: &str, value: Option<Value>) {
        let mut canary = match self.status.remove("canary") {
            Some(Value::Object(canary)) => canary,
            _ => Map::new(),
        };
        match value {
            Some(value) => canary.insert(name.to_owned(), value),
            None => canary.remove(name),
        };
        if !canary.is_empty() {
            self.put("canary", canary);
        }
    }

    /// Whether the update is aborted, now or before.
    pub fn is_aborted(&self) -> bool {
        !self.is_cleared && (self.abort.is_some() || self.flag("abort"))
    }

    /// Whether a router moves the traffic.
    pub fn is_routed(&self) -> bool {
        self.canary.traffic_routing.is_some()
    }

    /// Whether stable and current were one.
    pub fn is_promoted(&self) -> bool {
        self.text("stableRS") == self.text("currentPodHash")
    }

    /// The stable ReplicaSet, where it is not the new one.
    pub fn separate_stable(&self) -> Option<&'a Object> {
        let new = self.new_set.map(Object::name);
        self.stable_set.filter(|set| Some(set.name()) != new)
    }

    /// All ReplicaSets, each once.
    pub fn sets(&self) -> impl Iterator<Item = &'a Object> {
        self.snapshot.replica_sets.iter()
    }

    /// The available pods of all ReplicaSets.
    pub fn available(&self) -> i64 {
        self.sets()
            .map(|set| replica_set::pods(set).available)
            .sum()
    }

    /// The pods of the new ReplicaSet, none where there is none yet.
    pub fn new_pods(&self) -> Pods {
        self.new_set.map(replica_set::pods).unwrap_or_default()
    }

    /// The pods of the stable ReplicaSet, none where there is none yet.
    pub fn stable_pods(&self) -> Pods {
        self.stable_set.map(replica_set::pods).unwrap_or_default()
    }

    /// The index of the current step, where there are steps; as many as there are when all are done.
    pub fn index(&self) -> Option<usize> {
        let steps = self.canary.steps().len();
        if steps == 0 {
            return None;
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

    /// The revision that the Rollout says it is at.
    pub fn revision(&self) -> i64 {
        replica_set::revision(self.rollout())
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

    /// Changes an object that was read.
    pub fn patch(&mut self, target: &Object, patch: Value) {
        self.effects.push(Effect::Patch {
            target: target.reference(),
            patch,
            precondition: Precondition {
                uid: target.uid().map(str::to_owned),
                resource_version: None,
            },
        });
    }

    /// Removes an object that was read.
    pub fn delete(&mut self, target: &Object) {
        let delete = Effect::Delete {
            target: target.reference(),
            precondition: Precondition {
                uid: target.uid().map(str::to_owned),
                resource_version: None,
            },
        };
        if !self.effects.contains(&delete) {
            self.effects.push(delete);
        }
    }

    /// Looks again at an instant, or earlier.
    pub fn look_at(&mut self, at: Timestamp) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }

    /// Whether so many seconds have passed since a stamped instant; looks again when they have.
    pub fn is_after(&mut self, since: Timestamp, seconds: i64) -> bool {
        let Some(at) = later(since, seconds) else {
            return false;
        };
        if self.now > at {
            return true;
        }
        // Stamps have whole seconds only, and the wait is over strictly after it.
        self.look_at(at + SignedDuration::from_millis(1));
        false
    }

    /// Whether scaling stands still.
    pub fn is_halted(&self) -> bool {
        self.spec.paused || self.pause(PAUSE_OF_ANALYSIS).is_some()
    }

    /// The instant since which it was paused for a reason.
    pub fn pause(&self, reason: &str) -> Option<Timestamp> {
        let pauses = self.before.get("pauseConditions")?.as_array()?;
        let found = pauses
            .iter()
            .find(|pause| condition::text(pause, "reason") == reason)?;
        let since = condition::text(found, "startTime").parse();
        Some(since.unwrap_or(self.now))
    }

    /// Writes abort and pauses into the status, and tells when pausing begins or ends.
    pub fn settle_pauses(&mut self) {
        let had_pauses = is_filled(self.before.get("pauseConditions"));
        let is_aborted = self.is_aborted();
        for name in ["pauseConditions", "controllerPause", "abort", "abortedAt"] {
            self.status.remove(name);
        }
        if is_aborted {
            let since = self.before.get("abortedAt").cloned();
            let since = since.filter(|since| !since.is_null());
            self.put("abort", true);
            let since = since.unwrap_or_else(|| stamp(self.now).into());
            self.put("abortedAt", since);
            return;
        }
        if !self.is_cleared {
            self.put_pauses();
        }
        let pauses = self.status.get("pauseConditions");
        let first = pauses.and_then(|pauses| pauses.get(0)).cloned();
        match first {
            Some(first) if !had_pauses => {
                let reason = condition::text(&first, "reason");
                self.event("RolloutPaused", format!("Rollout is paused ({reason})"));
            }
            None if had_pauses => self.event("RolloutResumed", "Rollout is resumed".to_owned()),
            _ => {}
        }
    }

    fn put_pauses(&mut self) {
        let old = self.before.get("pauseConditions").and_then(Value::as_array);
        let mut pauses: Vec<Value> = old.cloned().unwrap_or_default();
        let mut by_us = self.flag("controllerPause");
        for reason in &self.pauses {
            if self.pause(reason).is_none() {
                pauses.push(json!({"reason": reason, "startTime": stamp(self.now)}));
                by_us = true;
            }
        }
        if self.is_pause_over {
            pauses.retain(|pause| condition::text(pause, "reason") != PAUSE_OF_STEP);
        }
        if pauses.is_empty() {
            return;
        }
        self.put("pauseConditions", pauses);
        if by_us {
            self.put("controllerPause", true);
        }
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

    /// The plan of the effects alone: what they write makes the status that was read stale.
    pub fn into_effects(self) -> Plan {
        Plan {
            effects: self.effects,
            status: None,
            next: self.next.map_or(Next::AwaitChange, Next::At),
        }
    }
}

/// The ReplicaSet made from the template: as the caller has judged, or else by its hash, or by its template.
fn find_new<'a>(
    snapshot: &Snapshot,
    sets: &[&'a Object],
    template: &Value,
    hash: &str,
) -> Option<&'a Object> {
    if let Some(names) = &snapshot.matching {
        let judged = sets.iter().find(|set| names.contains(set.name()));
        return judged.copied();
    }
    let by_hash = sets.iter().find(|set| replica_set::hash_of(set) == hash);
    by_hash
        .or_else(|| {
            sets.iter()
                .find(|set| replica_set::is_made_from(set, template))
        })
        .copied()
}

/// Whether there is something in a list of the status.
pub fn is_filled(list: Option<&Value>) -> bool {
    list.and_then(Value::as_array)
        .is_some_and(|list| !list.is_empty())
}

/// The instant so many seconds later.
pub fn later(since: Timestamp, seconds: i64) -> Option<Timestamp> {
    since.checked_add(SignedDuration::from_secs(seconds)).ok()
}
