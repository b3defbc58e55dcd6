//! Counts, conditions and phase of a Rollout.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    condition,
    pass::{Pass, instant_after},
    replica_set,
};

/// Counts the pods, judges progress, and says the phase.
pub fn settle(pass: &mut Pass<'_>) {
    counts(pass);
    conditions(pass);
    let (phase, message) = phase(pass);
    pass.status.insert("phase".into(), phase.into());
    if message.is_empty() {
        pass.status.remove("message");
    } else {
        pass.status.insert("message".into(), message.into());
    }
    let generation = pass.rollout().generation().unwrap_or(0).to_string();
    pass.status
        .insert("observedGeneration".into(), generation.into());
}

fn counts(pass: &mut Pass<'_>) {
    let sum = |path: &str| -> i64 {
        pass.snapshot
            .replica_sets
            .iter()
            .map(|set| replica_set::count(set, &["status", path]))
            .sum()
    };
    let updated = pass
        .new_set
        .map_or(0, |set| replica_set::count(set, &["status", "replicas"]));
    let selector = pass
        .spec
        .selector
        .as_ref()
        .and_then(|selector| selector.get("matchLabels")?.as_object().cloned());
    let selector: Vec<String> = selector
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect();
    let all = [
        ("replicas", sum("replicas")),
        ("readyReplicas", sum("readyReplicas")),
        ("availableReplicas", sum("availableReplicas")),
        ("updatedReplicas", updated),
        ("HPAReplicas", sum("replicas")),
    ];
    for (name, count) in all {
        pass.status.insert(name.into(), count.into());
    }
    pass.status
        .insert("selector".into(), selector.join(",").into());
}

fn number(pass: &Pass<'_>, name: &str) -> i64 {
    pass.status.get(name).and_then(Value::as_i64).unwrap_or(0)
}

fn conditions(pass: &mut Pass<'_>) {
    let (now, replicas) = (pass.now, pass.spec.replicas());
    condition::remove(&mut pass.status, "InvalidSpec");
    let is_available = number(pass, "availableReplicas") >= replicas;
    let (state, text) = if is_available {
        ("True", "Rollout has minimum availability")
    } else {
        ("False", "Rollout does not have minimum availability")
    };
    condition::set(
        &mut pass.status,
        "Available",
        (state, "AvailableReason", text),
        now,
    );
    let is_paused = pass.status.get("pauseConditions").is_some() || pass.spec.paused;
    let (state, text) = if is_paused {
        ("True", "Rollout is paused")
    } else {
        ("False", "Rollout is not paused")
    };
    if is_paused || condition::find(&pass.status, "Paused").is_some() {
        condition::set(
            &mut pass.status,
            "Paused",
            (state, "RolloutPaused", text),
            now,
        );
    }
    let is_complete = pass.text("stableRS") == pass.hash;
    let (state, text) = if is_complete {
        ("True", "RolloutCompleted")
    } else {
        ("False", "RolloutCompleted")
    };
    condition::set(
        &mut pass.status,
        "Completed",
        (state, "RolloutCompleted", text),
        now,
    );
    let is_whole = number(pass, "updatedReplicas") == replicas
        && number(pass, "availableReplicas") >= replicas;
    let is_healthy = is_complete && is_whole && number(pass, "replicas") == replicas;
    let state = if is_healthy { "True" } else { "False" };
    let text = if is_healthy {
        "Rollout is healthy"
    } else {
        "Rollout is not healthy"
    };
    condition::set(
        &mut pass.status,
        "Healthy",
        (state, "RolloutHealthy", text),
        now,
    );
    progressing(pass, is_paused, is_complete && is_whole);
}

fn progressing(pass: &mut Pass<'_>, is_paused: bool, is_done: bool) {
    let now = pass.now;
    let name = pass.new_set.map_or_else(
        || format!("{}-{}", pass.rollout().name(), pass.hash),
        |set| set.name().to_owned(),
    );
    if pass.is_aborted() {
        if condition::reason(&pass.status, "Progressing") != "RolloutAborted" {
            let revision = pass.new_set.map_or(0, replica_set::revision);
            let text = format!("Rollout aborted update to revision {revision}");
            condition::set(
                &mut pass.status,
                "Progressing",
                ("False", "RolloutAborted", &text),
                now,
            );
            pass.warn("RolloutAborted", text);
        }
        return;
    }
    let moved = [
        "replicas",
        "readyReplicas",
        "availableReplicas",
        "updatedReplicas",
        "currentStepIndex",
        "currentStepHash",
        "stableRS",
    ]
    .iter()
    .any(|name| pass.status.get(*name) != pass.before.get(*name));
    let reason = condition::reason(&pass.status, "Progressing").to_owned();
    if reason == "RolloutAborted" {
        condition::set(
            &mut pass.status,
            "Progressing",
            ("Unknown", "RolloutRetry", "Retrying Rollout"),
            now,
        );
    } else if is_paused {
        condition::set(
            &mut pass.status,
            "Progressing",
            ("Unknown", "RolloutPaused", "Rollout is paused"),
            now,
        );
    } else if is_done {
        let text = format!("ReplicaSet \"{name}\" has successfully progressed.");
        condition::set(
            &mut pass.status,
            "Progressing",
            ("True", "NewReplicaSetAvailable", &text),
            now,
        );
    } else if reason == "RolloutPaused" {
        condition::set(
            &mut pass.status,
            "Progressing",
            ("Unknown", "RolloutResumed", "Rollout is resumed"),
            now,
        );
    } else if moved
        && !matches!(
            reason.as_str(),
            "NewReplicaSetCreated" | "FoundNewReplicaSet"
        )
        || reason.is_empty()
    {
        let text = format!("ReplicaSet \"{name}\" is progressing.");
        condition::set(
            &mut pass.status,
            "Progressing",
            ("True", "ReplicaSetUpdated", &text),
            now,
        );
    } else {
        deadline(pass, &name, moved);
    }
    if moved {
        condition::touch(&mut pass.status, "Progressing", now);
    }
}

/// Judges the deadline of progress, which does not run at steps that wait by themselves.
fn deadline(pass: &mut Pass<'_>, name: &str, moved: bool) {
    let waits = pass.step().is_some_and(|step| {
        step.pause.is_some() || step.analysis.is_some() || step.experiment.is_some()
    });
    let is_done = pass.text("stableRS") == pass.hash
        && number(pass, "updatedReplicas") == pass.spec.replicas();
    if moved || waits || is_done {
        return;
    }
    let since = condition::find(&pass.status, "Progressing")
        .map(|found| condition::text(found, "lastUpdateTime"));
    let Some(since) = since.and_then(|text| text.parse::<Timestamp>().ok()) else {
        return;
    };
    let seconds = pass.spec.progress_deadline();
    #[expect(clippy::cast_precision_loss, reason = "deadlines are short")]
    let Some(at) = instant_after(since, seconds as f64) else {
        return;
    };
    if pass.now < at {
        pass.look_at(at);
        return;
    }
    let (now, text) = (
        pass.now,
        format!("ReplicaSet \"{name}\" has timed out progressing."),
    );
    condition::set(
        &mut pass.status,
        "Progressing",
        ("False", "ProgressDeadlineExceeded", &text),
        now,
    );
    if pass.spec.progress_deadline_abort && !pass.is_promoted() {
        super::decide::abort(pass, &text);
    }
}

/// The phase and its message: the first that holds.
fn phase(pass: &Pass<'_>) -> (&'static str, String) {
    if let Some(found) = condition::find(&pass.status, "Progressing") {
        let (reason, text) = (
            condition::text(found, "reason"),
            condition::text(found, "message"),
        );
        if matches!(reason, "RolloutAborted" | "ProgressDeadlineExceeded") {
            return ("Degraded", format!("{reason}: {text}"));
        }
    }
    if pass.spec.paused {
        return ("Paused", "manually paused".to_owned());
    }
    let pause = pass
        .status
        .get("pauseConditions")
        .and_then(|pauses| pauses.get(0)?.get("reason")?.as_str());
    if let Some(reason) = pause {
        return ("Paused", reason.to_owned());
    }
    let (replicas, updated) = (pass.spec.replicas(), number(pass, "updatedReplicas"));
    let available = pass
        .new_set
        .map_or(0, |set| replica_set::pods(set).available);
    let all = number(pass, "replicas");
    if updated < replicas {
        return ("Progressing", "more replicas need to be updated".to_owned());
    }
    if available < updated {
        return (
            "Progressing",
            "updated replicas are still becoming available".to_owned(),
        );
    }
    if !pass.is_routed() && updated < all {
        return (
            "Progressing",
            "old replicas are pending termination".to_owned(),
        );
    }
    if pass.text("stableRS") != pass.hash {
        return (
            "Progressing",
            "waiting for all steps to complete".to_owned(),
        );
    }
    ("Healthy", String::new())
}
