//! Going from step to step: pausing, completing, promoting (upstream `rollout/canary.go`, `pause.go`).

use serde_json::Value;

use super::{
    analysis, canary,
    pass::{PAUSE_OF_STEP, Pass, is_filled},
    replica_set, revision,
};
use crate::{
    api::{analysis::Phase, rollout::Step},
    object::Object,
};

/// Pauses at a step that asks for it, and looks again when its time is over.
pub fn pause(pass: &mut Pass<'_>) {
    if pass.spec.paused || pass.flag("promoteFull") {
        return;
    }
    let Some(pause) = pass.step().and_then(|step| step.pause.clone()) else {
        return;
    };
    let since = match pass.pause(PAUSE_OF_STEP) {
        Some(since) => since,
        None if is_resumed(pass) => return,
        None => {
            pass.pauses.push(PAUSE_OF_STEP);
            jiff::Timestamp::from_second(pass.now.as_second()).unwrap_or(pass.now)
        }
    };
    if let Ok(Some(seconds)) = pause.seconds() {
        pass.is_after(since, seconds);
    }
}

/// Completes the current step, or promotes, or goes back to the first step after an abort.
pub fn advance(pass: &mut Pass<'_>) {
    let total = pass.canary.steps().len();
    let mut index = pass.index();
    if pass.flag("promoteFull") || revision::is_within_window(pass) {
        pass.is_cleared = true;
        index = index.map(|_| total);
    }
    if let Some(why) = promotion(pass, index) {
        return promote(pass, &why);
    }
    if pass.is_aborted() {
        let index = if pass.is_promoted() { total } else { 0 };
        return put_index(pass, (total > 0).then_some(index));
    }
    if let Some(at) = index
        && let Some(step) = pass.canary.steps().get(at).cloned()
        && is_complete(pass, &step)
    {
        index = Some(at + 1);
        pass.put_canary("currentStepAnalysisRunStatus", None);
        let text = format!(
            "Rollout step {}/{total} completed ({})",
            at + 1,
            named(&step)
        );
        pass.event("RolloutStepCompleted", text);
        pass.is_pause_over = true;
    }
    put_index(pass, index);
}

fn put_index(pass: &mut Pass<'_>, index: Option<usize>) {
    match index {
        Some(index) => pass.put("currentStepIndex", index),
        None => {
            pass.status.remove("currentStepIndex");
        }
    }
}

/// Why the new ReplicaSet is to be the stable one now.
fn promotion(pass: &Pass<'_>, index: Option<usize>) -> Option<String> {
    if pass.stable_set.is_none() {
        return Some("Initial deploy".to_owned());
    }
    if pass.is_aborted() {
        return None;
    }
    let (new, replicas) = (pass.new_set?, pass.spec.replicas());
    let pods = replica_set::pods(new);
    if pods.available < replicas && !canary::is_reached(&pass.canary, Some(pods), replicas) {
        return None;
    }
    if pass.flag("promoteFull") {
        return Some("Full promotion requested".to_owned());
    }
    if revision::is_within_window(pass) {
        return Some("Rollback within window".to_owned());
    }
    let total = pass.canary.steps().len();
    index
        .is_none_or(|index| index == total)
        .then(|| format!("Completed all {total} canary steps"))
}

fn promote(pass: &mut Pass<'_>, why: &str) {
    pass.is_cleared = true;
    pass.status.remove("promoteFull");
    let total = pass.canary.steps().len();
    put_index(pass, (total > 0).then_some(total));
    if pass.text("stableRS") == pass.hash {
        return;
    }
    let (revision, hash) = (pass.revision(), pass.hash.clone());
    pass.put("stableRS", hash.clone());
    let text = format!("Rollout completed update to revision {revision} ({hash}): {why}");
    pass.event("RolloutCompleted", text);
}

fn is_complete(pass: &mut Pass<'_>, step: &Step) -> bool {
    if pass.spec.paused {
        return false;
    }
    if let Some(pause) = &step.pause {
        let Some(since) = pass.pause(PAUSE_OF_STEP) else {
            return is_resumed(pass);
        };
        return match pause.seconds() {
            Ok(Some(seconds)) => pass.is_after(since, seconds),
            _ => false,
        };
    }
    if step.set_canary_scale.is_some() || step.set_weight.is_some() {
        return !pass.is_scaled && pass.is_step_reached();
    }
    let run = pass.step_run();
    step.analysis.is_some()
        && run.is_some_and(|run| analysis::phase(run) == Some(Phase::Successful))
}

/// Whether a user has taken the pause away: only the word is left that it was ours.
fn is_resumed(pass: &Pass<'_>) -> bool {
    pass.flag("controllerPause") && !is_filled(pass.before.get("pauseConditions"))
}

impl<'a> Pass<'a> {
    /// The run of the current step.
    fn step_run(&self) -> Option<&'a Object> {
        let runs = analysis::Runs::of(self);
        runs.step
    }
}

/// A step as events name it.
pub fn named(step: &Step) -> String {
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
    if step.experiment.is_some() {
        return "experiment".to_owned();
    }
    if step.analysis.is_some() {
        return "analysis".to_owned();
    }
    if let Some(scale) = &step.set_canary_scale {
        return match (scale.weight, scale.match_traffic_weight, scale.replicas) {
            (Some(weight), ..) => format!("setCanaryScale{{weight: {weight}}}"),
            (None, true, _) => "setCanaryScale{matchTrafficWeight: true}".to_owned(),
            (None, false, Some(replicas)) => format!("setCanaryScale{{replicas: {replicas}}}"),
            (None, false, None) => "invalid".to_owned(),
        };
    }
    "invalid".to_owned()
}
