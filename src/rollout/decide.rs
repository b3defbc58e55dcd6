//! What a Rollout needs next: one pass, in the order of the original's `rollout/canary.go`.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    analysis, compose, condition, ephemeral, fault, history,
    pass::Pass,
    restart,
    revision::{self, First},
    router, scale, service, status, steps, traffic, workload,
};
use crate::{
    api::rollout::Spec,
    object::{Object, ObjectRef},
    plan::{Next, Plan},
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
    /// Whether what the Rollout asks for is not to be begun yet: everything else goes on with the current revision.
    pub is_held: bool,
    /// The ReplicaSets that it controls.
    pub replica_sets: Vec<Object>,
    /// The AnalysisRuns that it controls.
    pub runs: Vec<Object>,
    /// What [`needs`] asked for, as found, and whatever else stands where something was to be made.
    pub objects: BTreeMap<ObjectRef, Option<Object>>,
}

impl Snapshot {
    /// The template that the pods shall be made from.
    pub fn template(&self) -> Cow<'_, Value> {
        if let Some(template) = &self.effective_template {
            return Cow::Borrowed(template);
        }
        let template = match self.workload() {
            Some(found) => workload::template(found),
            None => self.rollout.at(&["spec", "template"]),
        };
        template.map_or_else(|| Cow::Owned(Value::Null), Cow::Borrowed)
    }

    /// Which pods are its own.
    pub fn selector(&self) -> Value {
        if let Some(found) = self.workload() {
            return workload::selector(found);
        }
        let selector = self.rollout.at(&["spec", "selector"]);
        selector.cloned().unwrap_or_default()
    }

    /// The object that holds the template instead of the Rollout.
    fn workload(&self) -> Option<&Object> {
        let target = workload::target(&self.rollout).ok()??;
        self.object(&target)
    }

    /// The selector of its pods as text, where pods are to be looked at before anything is decided.
    pub fn pods_needed(&self) -> Option<String> {
        if restart::wanted(&self.rollout).is_none() && !ephemeral::is_asked_for(&self.rollout) {
            return None;
        }
        Some(status::selector_text(&self.selector()))
    }

    /// The generation of the object that holds the template, empty where the Rollout does.
    pub fn workload_generation(&self) -> String {
        let generation = self.workload().map(|found| found.generation().unwrap_or(0));
        generation.map_or_else(String::new, |generation| generation.to_string())
    }

    /// An object, if it was found.
    pub fn object(&self, target: &ObjectRef) -> Option<&Object> {
        self.objects.get(target)?.as_ref()
    }
}

/// The objects besides its ReplicaSets and AnalysisRuns that a decision over the Rollout reads and that are not among
/// `found`; ask again after each look, until none is left.
pub fn needs(rollout: &Object, found: &compose::Found) -> Vec<ObjectRef> {
    let Ok(spec) = Spec::of(rollout) else {
        return Vec::new();
    };
    let canary = spec.strategy.canary.unwrap_or_default();
    let services = [&canary.stable_service, &canary.canary_service];
    let mut wanted: Vec<ObjectRef> = services
        .into_iter()
        .flatten()
        .filter(|name| !name.is_empty())
        .map(|name| service::service_ref(rollout, name))
        .collect();
    wanted.extend(router::needs(rollout, &canary).unwrap_or_default());
    wanted.extend(workload::target(rollout).ok().flatten());
    wanted.extend(compose::needs(rollout, found));
    wanted.retain(|target| !found.contains_key(target));
    wanted
}

/// Decides what is to be done now. The same snapshot and instant give the same plan; a wrong spec becomes a condition.
pub fn decide(snapshot: &Snapshot, now: Timestamp) -> Plan {
    let rollout = &snapshot.rollout;
    if rollout.at(&["metadata", "deletionTimestamp"]).is_some() {
        return Plan::default();
    }
    let (spec, fault) = match Spec::of(rollout) {
        Ok(spec) => {
            let fault = fault::first(snapshot, &spec);
            (spec, fault)
        }
        Err(error) => (Spec::default(), Some(error)),
    };
    let mut pass = Pass::new(snapshot, spec, now);
    if let Some(fault) = fault {
        return invalid(pass, &fault);
    }
    if pass.spec.replicas.is_none() {
        // Autoscalers need the field.
        let replicas = pass.spec.replicas();
        pass.patch(rollout, json!({"spec": {"replicas": replicas}}));
        return pass.into_effects();
    }
    match revision::sync(&mut pass) {
        First::Effects => return pass.into_effects(),
        // The generation counts as seen when the phase is that of the new revision, not before: whoever waits for both
        // must not take the old phase for the new one.
        First::Status => return pass.into_plan(),
        First::Nothing => {}
    }
    if scale::is_rescaled(&pass) && !pass.is_halted() {
        scale::scale(&mut pass);
        status::settle_scaled(&mut pass);
        return pass.into_plan();
    }
    canary(pass)
}

fn canary(mut pass: Pass<'_>) -> Plan {
    let is_held = pass.snapshot.is_held;
    if is_held && revision::is_begun(&pass) && !pass.flag("abort") {
        // The steps are others as well: where the current revision stands among them cannot be told.
        return Plan::default();
    }
    if !is_held && revision::is_begun(&pass) {
        revision::begin(&mut pass);
        status::settle(&mut pass);
        return pass.into_plan();
    }
    if pass.is_promoted() && pass.flag("abort") {
        pass.is_cleared = true;
    }
    if restart::restart(&mut pass) {
        return pass.into_effects();
    }
    history::forget(&mut pass);
    ephemeral::sync(&mut pass);
    service::point(&mut pass);
    let routed = traffic::route(&mut pass);
    if let Err(error) = routed {
        return stopped(pass, "TrafficRoutingError", error.to_string());
    }
    if let Err(error) = analysis::reconcile(&mut pass) {
        return stopped(pass, "AnalysisRunError", error.to_string());
    }
    if pass.pauses.is_empty() {
        scale::scale(&mut pass);
        if !pass.is_scaled {
            steps::pause(&mut pass);
        }
    }
    steps::advance(&mut pass);
    workload::scale_down(&mut pass);
    status::settle(&mut pass);
    pass.into_plan()
}

/// A pass that cannot go on: it says so, and is made again.
fn stopped(mut pass: Pass<'_>, reason: &str, text: String) -> Plan {
    pass.warn(reason, text);
    status::settle(&mut pass);
    Plan {
        next: Next::Backoff,
        ..pass.into_plan()
    }
}

fn invalid(mut pass: Pass<'_>, fault: &str) -> Plan {
    let (now, name) = (pass.now, pass.rollout().name());
    let text = format!("The Rollout \"{name}\" is invalid: {fault}");
    let value = ("True", "InvalidSpec", text.as_str());
    condition::set(&mut pass.status, "InvalidSpec", value, now);
    status::finish(&mut pass);
    pass.look_at(now + SignedDuration::from_secs(INVALID_AGAIN_SECONDS));
    pass.into_plan()
}

/// Says that the ReplicaSet of a new revision could not be made, and why.
pub fn refused(snapshot: &Snapshot, why: &str, now: Timestamp) -> Plan {
    let Ok(spec) = Spec::of(&snapshot.rollout) else {
        return Plan::default();
    };
    let mut pass = Pass::new(snapshot, spec, now);
    let name = revision::new_ref(&pass).name;
    let text = format!("Failed to create new replica set \"{name}\": {why}");
    let value = ("False", "ReplicaSetCreateError", text.as_str());
    if condition::set(&mut pass.status, "Progressing", value, now) {
        pass.warn("ReplicaSetCreateError", text);
    }
    status::finish(&mut pass);
    pass.into_plan()
}

#[cfg(test)]
mod tests;
