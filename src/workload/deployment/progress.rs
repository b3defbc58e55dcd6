//! Whether a Deployment gets on: the condition `Progressing`, and when its deadline is to be looked at.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{decide::Pass, replica_sets::ReplicaSet, status};
use crate::{
    object::Object,
    plan::Next,
    workload::{condition, field},
};

const PROGRESSING: &str = "Progressing";
const REPLICA_FAILURE: &str = "ReplicaFailure";
const AVAILABLE_REASON: &str = "NewReplicaSetAvailable";
const TIMED_OUT: &str = "ProgressDeadlineExceeded";
const PAUSED: &str = "DeploymentPaused";

/// Seconds without progress that are taken where nobody says.
const DEADLINE: i64 = 600;

fn deadline(deployment: &Object) -> Option<SignedDuration> {
    let seconds = field::int(deployment, &["spec", "progressDeadlineSeconds"], DEADLINE);
    (seconds != i64::from(i32::MAX)).then(|| SignedDuration::from_secs(seconds))
}

/// Notes that the Deployment was paused or resumed, so that no deadline runs meanwhile.
pub(super) fn note_pause(pass: &mut Pass, now: Timestamp) {
    if deadline(&pass.deployment).is_none() {
        return;
    }
    let reason = condition::find(&pass.conditions.0, PROGRESSING)
        .map(|current| condition::field(current, "reason"));
    if reason == Some(TIMED_OUT) {
        return;
    }
    let was_paused = reason == Some(PAUSED);
    let (reason, message) = match (
        field::is_true(&pass.deployment, &["spec", "paused"]),
        was_paused,
    ) {
        (true, false) => (PAUSED, "Deployment is paused"),
        (false, true) => ("DeploymentResumed", "Deployment is resumed"),
        _ => return,
    };
    pass.conditions
        .set(PROGRESSING, "Unknown", reason, message, now);
}

/// Notes a ReplicaSet that was there before anybody watched progress.
pub(super) fn note_found(pass: &mut Pass, name: &str, now: Timestamp) {
    if deadline(&pass.deployment).is_some()
        && condition::find(&pass.conditions.0, PROGRESSING).is_none()
    {
        let message = format!("Found new replica set \"{name}\"");
        pass.conditions
            .set(PROGRESSING, "True", "FoundNewReplicaSet", &message, now);
    }
}

/// Notes a ReplicaSet that is made in this pass.
pub(super) fn note_created(pass: &mut Pass, name: &str, now: Timestamp) {
    if deadline(&pass.deployment).is_some() {
        let message = format!("Created new replica set \"{name}\"");
        pass.conditions
            .set(PROGRESSING, "True", "NewReplicaSetCreated", &message, now);
    }
}

/// Judges the progress since the status that was read (`syncRolloutStatus`).
pub(super) fn estimate(pass: &mut Pass, mut new: Value, now: Timestamp) -> Value {
    let current = condition::find(&pass.conditions.0, PROGRESSING).cloned();
    let limit = deadline(&pass.deployment);
    if limit.is_none() {
        condition::remove(&mut pass.conditions.0, PROGRESSING);
    }
    let is_done = status::of(&new, "replicas") == status::of(&new, "updatedReplicas")
        && current
            .as_ref()
            .is_some_and(|current| condition::field(current, "reason") == AVAILABLE_REASON);
    if let Some(limit) = limit
        && !is_done
    {
        let subject = match &pass.new {
            Some(new) => format!("ReplicaSet \"{}\"", new.name()),
            None => format!("Deployment \"{}\"", pass.deployment.name()),
        };
        if status::is_complete(&pass.deployment, &new) {
            let message = format!("{subject} has successfully progressed.");
            pass.conditions
                .set(PROGRESSING, "True", AVAILABLE_REASON, &message, now);
        } else if has_progressed(&pass.deployment, &new) {
            let message = format!("{subject} is progressing.");
            let mut renewed = status::make(PROGRESSING, "True", "ReplicaSetUpdated", &message, now);
            if let Some(current) = current
                && condition::field(&current, "status") == "True"
                && let Some(time) = current.get("lastTransitionTime")
            {
                renewed.insert("lastTransitionTime".into(), time.clone());
            }
            condition::remove(&mut pass.conditions.0, PROGRESSING);
            pass.conditions.0.push(Value::Object(renewed));
        } else if current.is_some_and(|current| is_overdue(&current, limit, now)) {
            let message = format!("{subject} has timed out progressing.");
            pass.conditions
                .set(PROGRESSING, "False", TIMED_OUT, &message, now);
        }
    }
    take_over_failure(pass);
    if let Some(map) = new.as_object_mut() {
        map.insert("conditions".into(), pass.conditions.0.clone().into());
    }
    new
}

fn has_progressed(deployment: &Object, new: &Value) -> bool {
    let old = deployment.at(&["status"]).unwrap_or(&Value::Null);
    let outdated = |s: &Value| status::of(s, "replicas") - status::of(s, "updatedReplicas");
    let grew = |count: &str| status::of(new, count) > status::of(old, count);
    grew("updatedReplicas")
        || outdated(new) < outdated(old)
        || grew("readyReplicas")
        || grew("availableReplicas")
}

fn is_overdue(current: &Value, limit: SignedDuration, now: Timestamp) -> bool {
    match condition::field(current, "reason") {
        AVAILABLE_REASON => false,
        TIMED_OUT => true,
        _ => due(current, limit).is_some_and(|due| due < now),
    }
}

fn due(current: &Value, limit: SignedDuration) -> Option<Timestamp> {
    let since: Timestamp = condition::field(current, "lastUpdateTime").parse().ok()?;
    since.checked_add(limit).ok()
}

/// Moves the failure of a ReplicaSet up, that of the new one first (`getReplicaFailures`).
fn take_over_failure(pass: &mut Pass) {
    let failure = |set: &ReplicaSet| {
        let conditions = field::list(&set.object, &["status", "conditions"]);
        condition::find(conditions, REPLICA_FAILURE).cloned()
    };
    let found = pass
        .new
        .as_ref()
        .and_then(failure)
        .or_else(|| pass.all().find_map(failure));
    match found {
        Some(Value::Object(mut found)) => {
            if let Some(time) = found.get("lastTransitionTime").cloned() {
                found.insert("lastUpdateTime".into(), time);
            }
            condition::set(&mut pass.conditions.0, found);
        }
        _ => condition::remove(&mut pass.conditions.0, REPLICA_FAILURE),
    }
}

/// When the deadline is to be looked at (`requeueStuckDeployment`).
pub(super) fn next(pass: &Pass, status: &Value, now: Timestamp) -> Next {
    let Some(limit) = deadline(&pass.deployment) else {
        return Next::AwaitChange;
    };
    let Some(current) = condition::find(&pass.conditions.0, PROGRESSING) else {
        return Next::AwaitChange;
    };
    if status::is_complete(&pass.deployment, status)
        || field::is_true(&pass.deployment, &["spec", "paused"])
        || matches!(
            condition::field(current, "reason"),
            TIMED_OUT | AVAILABLE_REASON
        )
    {
        return Next::AwaitChange;
    }
    // A second more, so that whole-second stamps never make it too early.
    let at = due(current, limit).and_then(|due| due.checked_add(SignedDuration::from_secs(1)).ok());
    match at {
        Some(at) if at > now => Next::At(at),
        _ => Next::AwaitChange,
    }
}
