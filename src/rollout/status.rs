//! Counts and phase of a Rollout (upstream `rollout/sync.go`, `utils/rollout/rolloututil.go`).

use serde_json::{Map, Value};

use super::{condition, pass::Pass, progress, replica_set};

/// Counts the pods, judges progress, and says the phase.
pub fn settle(pass: &mut Pass<'_>) {
    counts(pass);
    let (hash, step_hash) = (pass.hash.clone(), pass.step_hash.clone());
    pass.put("currentPodHash", hash);
    pass.put("currentStepHash", step_hash);
    progress::judge(pass);
    pass.settle_pauses();
    finish(pass);
}

/// The counts that autoscalers read, of a pass that only scales.
pub fn settle_scaled(pass: &mut Pass<'_>) {
    for (name, field) in [
        ("availableReplicas", "availableReplicas"),
        ("HPAReplicas", "replicas"),
    ] {
        put_sum(pass, name, field);
    }
    pass.settle_pauses();
    finish(pass);
}

/// The end of every pass that writes a status: phase, and which generation was seen.
pub fn finish(pass: &mut Pass<'_>) {
    let (phase, message) = phase(pass);
    pass.put("phase", phase);
    put_text(pass, "message", &message);
    if pass.snapshot.is_held {
        // Who waits for a generation waits for what it asks for.
        return;
    }
    let generation = pass.rollout().generation().unwrap_or(0).to_string();
    pass.put("observedGeneration", generation);
    let workload = pass.snapshot.workload_generation();
    put_text(pass, "workloadObservedGeneration", &workload);
}

fn put_text(pass: &mut Pass<'_>, name: &str, text: &str) {
    if text.is_empty() {
        pass.status.remove(name);
    } else {
        pass.put(name, text);
    }
}

/// The counts of pods.
fn counts(pass: &mut Pass<'_>) {
    for (name, field) in [
        ("replicas", "replicas"),
        ("readyReplicas", "readyReplicas"),
        ("availableReplicas", "availableReplicas"),
        ("HPAReplicas", "replicas"),
    ] {
        put_sum(pass, name, field);
    }
    let new = pass.new_set;
    let updated = new.map_or(0, |set| replica_set::count(set, &["status", "replicas"]));
    put_count(pass, "updatedReplicas", updated);
    let selector = selector_text(&pass.snapshot.selector());
    pass.put("selector", selector);
}

fn put_sum(pass: &mut Pass<'_>, name: &str, field: &str) {
    let sum = pass
        .sets()
        .map(|set| replica_set::count(set, &["status", field]))
        .sum();
    put_count(pass, name, sum);
}

/// A count; none is not written, as Go leaves it out.
fn put_count(pass: &mut Pass<'_>, name: &str, count: i64) {
    if count == 0 {
        pass.status.remove(name);
    } else {
        pass.put(name, count);
    }
}

/// A selector as `kubectl` takes it.
pub fn selector_text(selector: &Value) -> String {
    let labels = selector.get("matchLabels").and_then(Value::as_object);
    let mut parts: Vec<String> = labels
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect();
    let expressions = selector.get("matchExpressions").and_then(Value::as_array);
    for expression in expressions.into_iter().flatten() {
        let key = condition::text(expression, "key");
        let values = expression.get("values").and_then(Value::as_array);
        let values: Vec<&str> = values
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let values = values.join(",");
        parts.push(match condition::text(expression, "operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            _ => format!("!{key}"),
        });
    }
    parts.join(",")
}

/// A count of a status.
pub fn number(status: &Map<String, Value>, name: &str) -> i64 {
    status.get(name).and_then(Value::as_i64).unwrap_or(0)
}

/// The phase and its message: the first that holds.
fn phase(pass: &Pass<'_>) -> (&'static str, String) {
    let status = &pass.status;
    let conditions = status.get("conditions").and_then(Value::as_array);
    for found in conditions.into_iter().flatten() {
        let text = condition::text(found, "message");
        if condition::text(found, "type") == "InvalidSpec" {
            return ("Degraded", format!("InvalidSpec: {text}"));
        }
        let reason = condition::text(found, "reason");
        if matches!(reason, "RolloutAborted" | "ProgressDeadlineExceeded") {
            return ("Degraded", format!("{reason}: {text}"));
        }
    }
    if pass.spec.paused {
        return ("Paused", "manually paused".to_owned());
    }
    let pauses = status.get("pauseConditions");
    if let Some(first) = pauses.and_then(|pauses| pauses.get(0)) {
        return ("Paused", condition::text(first, "reason").to_owned());
    }
    let stable = status.get("stableRS").and_then(Value::as_str);
    let current = status.get("currentPodHash").and_then(Value::as_str);
    let is_promoted = stable.is_some_and(|stable| !stable.is_empty()) && stable == current;
    let updated = number(status, "updatedReplicas");
    let message = if is_restarting(pass) {
        "rollout is restarting"
    } else if updated < pass.spec.replicas() {
        "more replicas need to be updated"
    } else if number(status, "availableReplicas") < updated {
        "updated replicas are still becoming available"
    } else if !pass.is_routed() && number(status, "replicas") > updated {
        "old replicas are pending termination"
    } else if !is_promoted {
        "waiting for all steps to complete"
    } else {
        return ("Healthy", String::new());
    };
    ("Progressing", message.to_owned())
}

/// Whether pods made before the wanted instant are still to be replaced.
fn is_restarting(pass: &Pass<'_>) -> bool {
    let Some(wanted) = &pass.spec.restart_at else {
        return false;
    };
    let done = pass.status.get("restartedAt").and_then(Value::as_str);
    let instant = |text: &str| text.parse::<jiff::Timestamp>().ok();
    done.is_none_or(|done| instant(done) != instant(wanted))
}
