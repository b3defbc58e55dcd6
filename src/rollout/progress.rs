//! The conditions of a Rollout: health, progress and its deadline, completion (upstream `rollout/sync.go`,
//! `utils/conditions/conditions.go`).

use jiff::Timestamp;
use serde_json::Value;

use super::{
    condition,
    pass::{Pass, is_filled},
    replica_set,
    status::number,
};

/// Judges what the counts of this pass mean.
pub fn judge(pass: &mut Pass<'_>) {
    condition::remove(&mut pass.status, "InvalidSpec");
    pausing(pass);
    let is_aborted = pass.is_aborted();
    let is_paused = is_filled(pass.before.get("pauseConditions")) || pass.spec.paused;
    let is_healthy = is_healthy(pass);
    let mut is_falling = false;
    if is_healthy && !is_paused {
        set(
            pass,
            "Healthy",
            "True",
            "RolloutHealthy",
            "Rollout is healthy",
        );
    } else if condition::find(&pass.before, "Healthy").is_some() {
        let text = "Rollout is not healthy";
        is_falling = set(pass, "Healthy", "False", "RolloutHealthy", text);
    }
    if is_aborted {
        aborted(pass);
    } else if is_healthy {
        let text = format!("ReplicaSet \"{}\" has successfully progressed.", name(pass));
        set(pass, "Progressing", "True", "NewReplicaSetAvailable", &text);
    } else if is_progressing(pass) || is_falling {
        progressing(pass, is_falling);
    } else {
        deadline(pass);
    }
    availability(pass);
    failures(pass);
    completion(pass);
}

fn set(pass: &mut Pass<'_>, kind: &str, state: &str, reason: &str, text: &str) -> bool {
    let now = pass.now;
    condition::set(&mut pass.status, kind, (state, reason, text), now)
}

fn name(pass: &Pass<'_>) -> String {
    let by_hash = || format!("{}-{}", pass.rollout().name(), pass.hash);
    pass.new_set
        .map_or_else(by_hash, |set| set.name().to_owned())
}

/// What a pause, its end, or a retry means, by the status as it was read.
fn pausing(pass: &mut Pass<'_>) {
    let is_paused = is_filled(pass.before.get("pauseConditions")) || pass.spec.paused;
    let reason = condition::reason(&pass.before, "Progressing");
    let (was_paused, was_aborted) = (reason == "RolloutPaused", reason == "RolloutAborted");
    let is_completed =
        !pass.text("stableRS").is_empty() && pass.text("stableRS") == pass.text("currentPodHash");
    if is_paused != was_paused && !was_aborted && !is_completed {
        if is_paused {
            set(
                pass,
                "Progressing",
                "Unknown",
                "RolloutPaused",
                "Rollout is paused",
            );
        } else {
            let text = "Rollout is resumed";
            set(pass, "Progressing", "Unknown", "RolloutResumed", text);
        }
    }
    if was_aborted && !pass.flag("abort") {
        let text = "Retrying Rollout after abort";
        set(pass, "Progressing", "Unknown", "RolloutRetry", text);
    }
    let shows = condition::find(&pass.before, "Paused")
        .is_some_and(|found| condition::text(found, "status") == "True");
    if is_paused != shows && !was_aborted {
        let state = if is_paused { "True" } else { "False" };
        set(pass, "Paused", state, "RolloutPaused", "Rollout is paused");
    }
}

/// Whether all pods are new ones, available, and stable.
fn is_healthy(pass: &Pass<'_>) -> bool {
    let (status, replicas) = (&pass.status, pass.spec.replicas());
    let total = pass.canary.steps().len();
    let index = status.get("currentStepIndex").and_then(Value::as_u64);
    let has_all_steps = total == 0 || index.is_none_or(|index| usize::try_from(index) == Ok(total));
    let generation = pass.rollout().generation().unwrap_or(0).to_string();
    is_completed(pass)
        && has_all_steps
        && number(status, "replicas") == replicas
        && number(status, "updatedReplicas") == replicas
        && number(status, "availableReplicas") == replicas
        && pass.text("observedGeneration") == generation
}

fn is_completed(pass: &Pass<'_>) -> bool {
    let text = |name: &str| {
        pass.status
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    !text("stableRS").is_empty() && text("stableRS") == text("currentPodHash")
}

fn aborted(pass: &mut Pass<'_>) {
    let mut text = format!("Rollout aborted update to revision {}", pass.revision());
    if let Some(why) = &pass.abort {
        text = format!("{text}: {why}");
    }
    if set(pass, "Progressing", "False", "RolloutAborted", &text) {
        pass.warn("RolloutAborted", text);
    }
}

/// Whether anything moved since the status was read.
fn is_progressing(pass: &Pass<'_>) -> bool {
    let (before, after) = (&pass.before, &pass.status);
    let old = |status| number(status, "replicas") - number(status, "updatedReplicas");
    let grows = |name| number(after, name) > number(before, name);
    let index = |status: &serde_json::Map<String, Value>| {
        status.get("currentStepIndex").and_then(Value::as_i64)
    };
    let text = |status: &serde_json::Map<String, Value>, name: &str| {
        let text = status.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let differs = |name| text(before, name) != text(after, name);
    number(after, "updatedReplicas") != number(before, "updatedReplicas")
        || old(after) < old(before)
        || grows("readyReplicas")
        || grows("availableReplicas")
        || differs("stableRS")
        || differs("currentStepHash")
        || matches!((index(before), index(after)), (Some(a), Some(b)) if a != b)
}

fn progressing(pass: &mut Pass<'_>, is_falling: bool) {
    let (reason, text) = if is_completed(pass) && is_falling {
        let text = "Rollout does not have minimum availability".to_owned();
        ("ReplicaSetNotAvailable", text)
    } else {
        let text = format!("ReplicaSet \"{}\" is progressing.", name(pass));
        ("ReplicaSetUpdated", text)
    };
    let now = pass.now;
    condition::renew(
        &mut pass.status,
        &pass.before,
        "Progressing",
        ("True", reason, &text),
        now,
    );
}

/// Judges the deadline of progress, which does not run at steps that wait by themselves.
fn deadline(pass: &mut Pass<'_>) {
    let waits = pass.step().is_some_and(|step| {
        step.pause.is_some() || step.analysis.is_some() || step.experiment.is_some()
    });
    let is_paused = condition::find(&pass.before, "Paused")
        .is_some_and(|found| condition::text(found, "status") == "True");
    let is_draining = pass.others.iter().any(|set| replica_set::has_deadline(set));
    if waits || is_paused || is_draining || !is_timed_out(pass) {
        return;
    }
    let text = format!("ReplicaSet \"{}\" has timed out progressing.", name(pass));
    let reason = "ProgressDeadlineExceeded";
    set(pass, "Progressing", "False", reason, &text);
    if pass.spec.progress_deadline_abort && !is_completed(pass) {
        pass.warn("RolloutAborted", text.clone());
        pass.abort = Some(text);
    }
}

fn is_timed_out(pass: &mut Pass<'_>) -> bool {
    let Some(found) = condition::find(&pass.status, "Progressing") else {
        return false;
    };
    match condition::text(found, "reason") {
        "RolloutAborted" | "RolloutPaused" => return false,
        "ProgressDeadlineExceeded" => return true,
        _ => {}
    }
    let since = condition::text(found, "lastUpdateTime").parse::<Timestamp>();
    let seconds = pass.spec.progress_deadline();
    if is_completed(pass) && has_all_pods(pass) {
        return false;
    }
    since.is_ok_and(|since| pass.is_after(since, seconds))
}

/// Whether nothing but the next pass is missing to health.
fn has_all_pods(pass: &Pass<'_>) -> bool {
    let replicas = pass.spec.replicas();
    number(&pass.status, "availableReplicas") == replicas
        && number(&pass.status, "replicas") == replicas
}

fn availability(pass: &mut Pass<'_>) {
    let (state, text) = if number(&pass.status, "availableReplicas") >= pass.spec.replicas() {
        ("True", "Rollout has minimum availability")
    } else {
        ("False", "Rollout does not have minimum availability")
    };
    set(pass, "Available", state, "AvailableReason", text);
}

/// Takes over why pods cannot be made: from the new ReplicaSet, or from another.
fn failures(pass: &mut Pass<'_>) {
    let sets = pass.new_set.into_iter().chain(pass.sets());
    let found = sets
        .filter_map(|set| set.at(&["status", "conditions"])?.as_array())
        .flatten()
        .find(|found| condition::text(found, "type") == "ReplicaFailure");
    let Some(found) = found.cloned() else {
        condition::remove(&mut pass.status, "ReplicaFailure");
        return;
    };
    let text = |name: &str| condition::text(&found, name).to_owned();
    let now = text("lastTransitionTime").parse().unwrap_or(pass.now);
    let (state, reason, message) = (text("status"), text("reason"), text("message"));
    let value = (state.as_str(), reason.as_str(), message.as_str());
    condition::set(&mut pass.status, "ReplicaFailure", value, now);
}

fn completion(pass: &mut Pass<'_>) {
    let reason = "RolloutCompleted";
    if is_completed(pass) {
        set(pass, "Completed", "True", reason, reason);
    } else if set(pass, "Completed", "False", reason, reason) {
        let (revision, hash) = (pass.revision(), pass.hash.clone());
        pass.event(
            "RolloutNotCompleted",
            format!("Rollout not completed, started update to revision {revision} ({hash})"),
        );
    }
}
