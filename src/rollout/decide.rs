//! What a Rollout needs next: one pass, in the order of the original's `rollout/canary.go`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    condition, pass::Pass, replica_set, revision, router, scale, service, status, traffic,
};
use crate::{
    api::rollout::{DEFAULT_REVISION_HISTORY_LIMIT, REVISION, Spec, Step},
    object::{Object, ObjectRef},
    plan::{Effect, Next, Plan, Precondition},
};

/// Seconds after which an invalid Rollout is looked at again, for what it names may have come.
const INVALID_AGAIN_SECONDS: i64 = 20;

/// All that was read for one Rollout.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The Rollout.
    pub rollout: Object,
    /// The template that its pods are made from, where it is not the one of the Rollout.
    pub effective_template: Option<Value>,
    /// The names of the ReplicaSets that count as made from the effective template, where somebody has judged it.
    pub matching: Option<BTreeSet<String>>,
    /// The ReplicaSets that it controls.
    pub replica_sets: Vec<Object>,
    /// The AnalysisRuns that it controls.
    pub runs: Vec<Object>,
    /// What [`needs`] asked for, as found.
    pub objects: BTreeMap<ObjectRef, Option<Object>>,
}

impl Snapshot {
    /// The template that the pods shall be made from.
    pub fn template(&self) -> Value {
        let own = || {
            self.rollout
                .at(&["spec", "template"])
                .cloned()
                .unwrap_or_default()
        };
        self.effective_template.clone().unwrap_or_else(own)
    }

    /// An object, if it was found.
    pub fn object(&self, target: &ObjectRef) -> Option<&Object> {
        self.objects.get(target)?.as_ref()
    }
}

/// The objects besides its ReplicaSets that a decision over the Rollout reads.
pub fn needs(rollout: &Object) -> Vec<ObjectRef> {
    let Ok(spec) = Spec::of(rollout) else {
        return Vec::new();
    };
    let canary = spec.strategy.canary.unwrap_or_default();
    let services = [&canary.stable_service, &canary.canary_service];
    let mut found: Vec<ObjectRef> = services
        .into_iter()
        .flatten()
        .map(|name| service::service_ref(rollout, name))
        .collect();
    found.extend(router::needs(rollout, &canary).unwrap_or_default());
    found
}

/// Decides what is to be done now. The same snapshot and instant give the same plan; a wrong spec becomes a condition.
pub fn decide(snapshot: &Snapshot, now: Timestamp) -> Plan {
    if snapshot
        .rollout
        .at(&["metadata", "deletionTimestamp"])
        .is_some()
    {
        return Plan::default();
    }
    let (spec, fault) = match Spec::of(&snapshot.rollout) {
        Ok(spec) => {
            let fault = fault(snapshot, &spec);
            (spec, fault)
        }
        Err(error) => (Spec::default(), Some(error)),
    };
    let mut pass = Pass::new(snapshot, spec, now);
    if let Some(fault) = fault {
        return invalid(pass, &fault);
    }
    if pass.spec.replicas.is_none() {
        pass.effects.push(Effect::Patch {
            target: pass.rollout().reference(),
            patch: json!({"spec": {"replicas": pass.spec.replicas()}}),
            precondition: Precondition::default(),
        });
        return Plan {
            effects: pass.effects,
            status: None,
            next: Next::AwaitChange,
        };
    }
    if revision::is_begun(&pass) {
        revision::begin(&mut pass);
        if pass.text("stableRS").is_empty() {
            pass.status
                .insert("stableRS".into(), pass.hash.clone().into());
            let (number, hash) = (next_revision(&pass), pass.hash.clone());
            pass.event(
                "RolloutCompleted",
                format!("Rollout completed update to revision {number} ({hash}): Initial deploy"),
            );
            let steps = pass.canary.steps().len();
            if steps > 0 {
                pass.status.insert("currentStepIndex".into(), steps.into());
            }
        }
        status::settle(&mut pass);
        return pass.into_plan();
    }
    if let Some(set) = pass.new_set
        && revision_of(pass.rollout()) != replica_set::revision(set)
    {
        // By itself: a status written beside it would be refused as stale.
        let number = replica_set::revision(set).to_string();
        let target = pass.rollout().reference();
        return Plan {
            effects: vec![Effect::Patch {
                target,
                patch: json!({"metadata": {"annotations": {REVISION: number}}}),
                precondition: Precondition::default(),
            }],
            ..Plan::default()
        };
    }
    if scale::is_rescaled(&pass) {
        scale::scale(&mut pass);
        status::settle(&mut pass);
        return pass.into_plan();
    }
    abort_stamp(&mut pass);
    service::point(&mut pass);
    if let Err(error) = traffic::route(&mut pass) {
        pass.warn("TrafficRoutingError", error.to_string());
        pass.next = None;
        status::settle(&mut pass);
        let plan = pass.into_plan();
        return Plan {
            next: Next::Backoff,
            ..plan
        };
    }
    scale::scale(&mut pass);
    forget_old(&mut pass);
    if !pass.is_scaled {
        steps(&mut pass);
    }
    status::settle(&mut pass);
    pass.into_plan()
}

/// Aborts the update, for a reason.
pub(super) fn abort(pass: &mut Pass<'_>, why: &str) {
    let now = pass.now;
    let number = pass.new_set.map_or(0, replica_set::revision);
    let text = format!("Rollout aborted update to revision {number}: {why}");
    pass.status.insert("abort".into(), true.into());
    abort_stamp(pass);
    condition::set(
        &mut pass.status,
        "Progressing",
        ("False", "RolloutAborted", &text),
        now,
    );
    pass.warn("RolloutAborted", text);
}

/// What every aborted update has: the instant, the first step, no pauses.
fn abort_stamp(pass: &mut Pass<'_>) {
    if !pass.is_aborted() {
        pass.status.remove("abortedAt");
        return;
    }
    if pass.is_promoted() {
        pass.status.remove("abort");
        pass.status.remove("abortedAt");
        return;
    }
    if !pass.status.contains_key("abortedAt") {
        pass.status
            .insert("abortedAt".into(), condition::stamp(pass.now).into());
    }
    pass.clear_pauses();
    if !pass.canary.steps().is_empty() {
        pass.status.insert("currentStepIndex".into(), 0.into());
    }
}

/// Pauses, completes the current step, or promotes.
fn steps(pass: &mut Pass<'_>) {
    if pass.is_aborted() {
        return;
    }
    if pass.is_promoted() {
        pass.status.remove("promoteFull");
        pass.clear_pauses();
        return;
    }
    if pass.flag("promoteFull") {
        pass.clear_pauses();
    }
    let total = pass.canary.steps().len();
    let at_end = pass.index().is_none_or(|index| index >= total);
    if at_end {
        pass.clear_pauses();
        if total > 0 {
            pass.status.insert("currentStepIndex".into(), total.into());
        }
        let available = pass
            .new_set
            .map_or(0, |set| replica_set::pods(set).available);
        if available == pass.spec.replicas() && pass.is_at_counts() {
            promote(pass, total);
        }
        return;
    }
    let (Some(index), Some(step)) = (pass.index(), pass.step().cloned()) else {
        return;
    };
    if pass.spec.paused || !is_complete(pass, &step) {
        return;
    }
    pass.clear_pauses();
    pass.status
        .insert("currentStepIndex".into(), (index + 1).into());
    pass.event(
        "RolloutStepCompleted",
        format!(
            "Rollout step {}/{total} completed ({})",
            index + 1,
            named(&step)
        ),
    );
}

fn is_complete(pass: &mut Pass<'_>, step: &Step) -> bool {
    if let Some(pause) = &step.pause {
        let has_paused = pass.flag("controllerPause");
        let Some(since) = pass.pause("CanaryPauseStep") else {
            if has_paused {
                pass.event("RolloutResumed", "Rollout is resumed".to_owned());
                return true;
            }
            pass.add_pause("CanaryPauseStep");
            pass.event(
                "RolloutPaused",
                "Rollout is paused (CanaryPauseStep)".to_owned(),
            );
            if let Ok(Some(seconds)) = pause.seconds() {
                let since = Timestamp::from_second(pass.now.as_second()).unwrap_or(pass.now);
                pass.after(since, seconds);
            }
            return false;
        };
        return match pause.seconds() {
            Ok(Some(seconds)) => pass.after(since, seconds),
            _ => false,
        };
    }
    (step.set_weight.is_some() || step.set_canary_scale.is_some()) && pass.is_at_counts()
}

/// A step as events name it.
fn named(step: &Step) -> String {
    if let Some(weight) = step.set_weight {
        return format!("setWeight: {weight}");
    }
    if let Some(pause) = &step.pause {
        return match &pause.duration {
            Some(Value::String(text)) => format!("pause: {text}"),
            Some(Value::Number(number)) => format!("pause: {number}"),
            _ => "pause".to_owned(),
        };
    }
    if step.set_canary_scale.is_some() {
        "setCanaryScale".to_owned()
    } else {
        String::new()
    }
}

fn promote(pass: &mut Pass<'_>, total: usize) {
    let why = if pass.flag("promoteFull") {
        "Full promotion requested".to_owned()
    } else {
        format!("Completed all {total} canary steps")
    };
    pass.status
        .insert("stableRS".into(), pass.hash.clone().into());
    pass.status.remove("promoteFull");
    let (number, hash) = (
        pass.new_set.map_or(0, replica_set::revision),
        pass.hash.clone(),
    );
    pass.event(
        "RolloutCompleted",
        format!("Rollout completed update to revision {number} ({hash}): {why}"),
    );
}

fn next_revision(pass: &Pass<'_>) -> i64 {
    let known = pass
        .snapshot
        .replica_sets
        .iter()
        .map(replica_set::revision)
        .max();
    pass.new_set
        .map_or(known.unwrap_or(0) + 1, replica_set::revision)
}

/// Deletes old ReplicaSets without pods, the oldest first, but for as many as the history keeps.
fn forget_old(pass: &mut Pass<'_>) {
    let limit = pass
        .spec
        .revision_history_limit
        .unwrap_or(DEFAULT_REVISION_HISTORY_LIMIT);
    let kept = usize::try_from(limit).unwrap_or(0);
    let surplus = pass.others.len().saturating_sub(kept);
    let old: Vec<&Object> = pass
        .others
        .iter()
        .copied()
        .filter(|set| {
            replica_set::pods(set).spec == 0
                && replica_set::count(set, &["status", "replicas"]) == 0
                && set.at(&["metadata", "deletionTimestamp"]).is_none()
        })
        .take(surplus)
        .collect();
    for set in old {
        pass.effects.push(Effect::Delete {
            target: set.reference(),
            precondition: Precondition {
                uid: set.uid().map(str::to_owned),
                resource_version: None,
            },
        });
    }
}

/// The first thing that is wrong with a spec.
fn fault(snapshot: &Snapshot, spec: &Spec) -> Option<String> {
    if spec.selector.is_none() && spec.workload_ref.is_none() {
        return Some("Rollout has missing field '.spec.selector'".to_owned());
    }
    if spec.strategy.blue_green.is_some() && spec.strategy.canary.is_some() {
        return Some("Multiple Strategies can not be listed".to_owned());
    }
    let Some(canary) = &spec.strategy.canary else {
        return Some(if spec.strategy.blue_green.is_some() {
            "spec.strategy.blueGreen: not supported by this controller".to_owned()
        } else {
            "Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'"
                .to_owned()
        });
    };
    if let (Some(stable), Some(new)) = (&canary.stable_service, &canary.canary_service)
        && stable == new
    {
        return Some("This rollout uses the same service for the stable and canary services, but two different services are required.".to_owned());
    }
    if canary.traffic_routing.is_none() && canary.scale_down_delay_seconds.is_some() {
        return Some(
            "Canary scaleDownDelaySeconds can only be used with traffic routing".to_owned(),
        );
    }
    for (index, step) in canary.steps().iter().enumerate() {
        if let Some(fault) = step_fault(step) {
            return Some(format!("spec.strategy.canary.steps[{index}]: {fault}"));
        }
    }
    if let Err(error) = router::needs(&snapshot.rollout, canary) {
        return Some(error.to_string());
    }
    for name in [&canary.stable_service, &canary.canary_service]
        .into_iter()
        .flatten()
    {
        if snapshot
            .object(&service::service_ref(&snapshot.rollout, name))
            .is_none()
        {
            return Some(format!("service \"{name}\" not found"));
        }
    }
    None
}

fn step_fault(step: &Step) -> Option<String> {
    const NONE: &str =
        "Step must have one of the following set: experiment, setWeight, setCanaryScale or pause";
    let main = [
        step.set_weight.is_some(),
        step.pause.is_some(),
        step.experiment.is_some(),
        step.analysis.is_some(),
    ];
    let count = main.iter().filter(|is_set| **is_set).count();
    if count > 1 || (count == 0 && step.set_canary_scale.is_none()) {
        return Some(NONE.to_owned());
    }
    if step.experiment.is_some() || step.analysis.is_some() {
        return Some(
            "experiment and inline analysis steps are not supported by this controller".to_owned(),
        );
    }
    if step
        .set_weight
        .is_some_and(|weight| !(0..=100).contains(&weight))
    {
        return Some("SetWeight needs to be between 0 and 100".to_owned());
    }
    let is_bad = step
        .pause
        .as_ref()
        .is_some_and(|pause| pause.seconds().is_err());
    is_bad.then(|| "Duration needs to be greater than 0".to_owned())
}

fn invalid(mut pass: Pass<'_>, fault: &str) -> Plan {
    let now = pass.now;
    let text = format!(
        "The Rollout \"{}\" is invalid: {fault}",
        pass.rollout().name()
    );
    condition::set(
        &mut pass.status,
        "InvalidSpec",
        ("True", "InvalidSpec", &text),
        now,
    );
    pass.status.insert("phase".into(), "Degraded".into());
    pass.status
        .insert("message".into(), format!("InvalidSpec: {text}").into());
    let generation = pass.rollout().generation().unwrap_or(0).to_string();
    pass.status
        .insert("observedGeneration".into(), generation.into());
    pass.look_at(now + jiff::SignedDuration::from_secs(INVALID_AGAIN_SECONDS));
    pass.into_plan()
}

/// The revision that a Rollout says it is at.
pub fn revision_of(rollout: &Object) -> i64 {
    rollout
        .annotation(REVISION)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
