//! The phase that a Rollout shows: the controller's own, and what a client sees before it: mirrors
//! `utils/rollout/rolloututil.go`.

use jiff::Timestamp;
use serde_json::Value;

use crate::object::Object;

/// Annotation with the generation of the workload that a Rollout refers to.
const WORKLOAD_GENERATION: &str = "rollout.argoproj.io/workload-generation";

/// Phase and message, as a client shows them.
pub(super) fn phase(rollout: &Object) -> (String, String) {
    let progressing = |message: &str| ("Progressing".to_owned(), message.to_owned());
    let text = |name: &str| rollout.at(&["status", name]).and_then(Value::as_str);
    let observed = text("observedGeneration").and_then(|text| text.parse::<i64>().ok());
    if observed.is_some_and(|observed| observed < rollout.generation().unwrap_or(0)) {
        return progressing("waiting for rollout spec update to be observed");
    }
    let flag = |name: &str| rollout.at(&["status", name]).and_then(Value::as_bool) == Some(true);
    if flag("controllerPause") && pauses(rollout).is_empty() {
        return progressing("waiting for rollout to unpause");
    }
    let workload = |text: Option<&str>| text.and_then(|text| text.parse::<i64>().ok());
    let (asked, seen) = (
        workload(rollout.annotation(WORKLOAD_GENERATION)),
        workload(text("workloadObservedGeneration")),
    );
    if rollout.at(&["spec", "workloadRef"]).is_some()
        && asked.zip(seen).is_some_and(|(asked, seen)| asked != seen)
    {
        return progressing(
            "waiting for rollout spec update to be observed for the reference workload",
        );
    }
    match text("phase") {
        Some(phase) if !phase.is_empty() => (
            phase.to_owned(),
            text("message").unwrap_or_default().to_owned(),
        ),
        _ => {
            let (phase, message) = judged(rollout);
            (phase.to_owned(), message)
        }
    }
}

fn pauses(rollout: &Object) -> &[Value] {
    rollout
        .at(&["status", "pauseConditions"])
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The phase where no controller has written one: the first that holds.
fn judged(rollout: &Object) -> (&'static str, String) {
    let progressing = |message: &str| ("Progressing", message.to_owned());
    let at = |path: &[&str]| rollout.at(path);
    let status = |name: &str| {
        at(&["status", name])
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let conditions = at(&["status", "conditions"]).and_then(Value::as_array);
    for condition in conditions.into_iter().flatten() {
        let text = |name: &str| {
            condition
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let (reason, message) = (text("reason"), text("message"));
        if text("type") == "InvalidSpec" {
            return ("Degraded", format!("InvalidSpec: {message}"));
        }
        if matches!(reason, "RolloutAborted" | "ProgressDeadlineExceeded") {
            return ("Degraded", format!("{reason}: {message}"));
        }
    }
    if at(&["spec", "paused"]).and_then(Value::as_bool) == Some(true) {
        return ("Paused", "manually paused".to_owned());
    }
    if let Some(pause) = pauses(rollout).first() {
        let reason = pause
            .get("reason")
            .and_then(Value::as_str)
            .unwrap_or_default();
        return ("Paused", reason.to_owned());
    }
    let instant = |path: &[&str]| at(path)?.as_str()?.parse::<Timestamp>().ok();
    let asked = instant(&["spec", "restartAt"]);
    if asked.is_some() && asked != instant(&["status", "restartedAt"]) {
        return progressing("rollout is restarting");
    }
    let count = |name: &str| at(&["status", name]).and_then(Value::as_i64).unwrap_or(0);
    let desired = at(&["spec", "replicas"])
        .and_then(Value::as_i64)
        .unwrap_or(1);
    if count("updatedReplicas") < desired {
        return progressing("more replicas need to be updated");
    }
    if count("availableReplicas") < count("updatedReplicas") {
        return progressing("updated replicas are still becoming available");
    }
    let (stable, current) = (status("stableRS"), status("currentPodHash"));
    let is_promoted = !stable.is_empty() && stable == current;
    if let Some(strategy) = at(&["spec", "strategy", "blueGreen"]) {
        let green = |name: &str| at(&["status", "blueGreen", name]);
        let active = green("activeSelector")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if active.is_empty() || active != current {
            return progressing("active service cutover pending");
        }
        if !is_promoted {
            let phase = green("postPromotionAnalysisRunStatus").and_then(|run| run.get("status"));
            let is_over = phase
                .and_then(Value::as_str)
                .is_some_and(|phase| !matches!(phase, "" | "Pending" | "Running"));
            if strategy.get("postPromotionAnalysis").is_some() && !is_over {
                return progressing("waiting for analysis to complete");
            }
            return progressing("waiting for post-promotion verification to complete");
        }
    } else if let Some(strategy) = at(&["spec", "strategy", "canary"]) {
        let is_routed = strategy.get("trafficRouting").is_some();
        if !is_routed && count("replicas") > count("updatedReplicas") {
            return progressing("old replicas are pending termination");
        }
        if !is_promoted {
            return progressing("waiting for all steps to complete");
        }
    }
    ("Healthy", String::new())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(spec: Value, status: Value) -> String {
        let rollout = Object::from_value(json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
            "metadata": {"name": "a", "generation": 2}, "spec": spec, "status": status,
        }))
        .unwrap();
        let (phase, message) = phase(&rollout);
        format!("{phase} {message}").trim_end().to_owned()
    }

    #[test]
    fn a_client_says_what_the_controller_has_not_seen() {
        let table = [
            (
                json!({"observedGeneration": "1", "phase": "Healthy"}),
                "Progressing waiting for rollout spec update to be observed",
            ),
            (
                json!({"observedGeneration": "2", "phase": "Healthy"}),
                "Healthy",
            ),
            (
                json!({"observedGeneration": "6f8cc56547", "phase": "Healthy"}),
                "Healthy",
            ),
            (
                json!({"controllerPause": true, "phase": "Paused", "message": "CanaryPauseStep"}),
                "Progressing waiting for rollout to unpause",
            ),
            (
                json!({"controllerPause": true, "pauseConditions": [{"reason": "CanaryPauseStep"}],
                "phase": "Paused", "message": "CanaryPauseStep"}),
                "Paused CanaryPauseStep",
            ),
        ];
        for (status, said) in table {
            assert_eq!(shown(json!({}), status), said);
        }
    }

    #[test]
    fn a_phase_is_judged_where_no_controller_has_written_one() {
        let canary = json!({"replicas": 2, "strategy": {"canary": {}}});
        let green =
            json!({"replicas": 1, "strategy": {"blueGreen": {"postPromotionAnalysis": {}}}});
        let table = [
            (
                &canary,
                json!({}),
                "Progressing more replicas need to be updated",
            ),
            (
                &canary,
                json!({"updatedReplicas": 2, "availableReplicas": 1}),
                "Progressing updated replicas are still becoming available",
            ),
            (
                &canary,
                json!({"updatedReplicas": 2, "availableReplicas": 2, "replicas": 3}),
                "Progressing old replicas are pending termination",
            ),
            (
                &canary,
                json!({"updatedReplicas": 2, "availableReplicas": 2, "replicas": 2}),
                "Progressing waiting for all steps to complete",
            ),
            (
                &canary,
                json!({"updatedReplicas": 2, "availableReplicas": 2, "replicas": 2,
                "stableRS": "a", "currentPodHash": "a"}),
                "Healthy",
            ),
            (
                &canary,
                json!({"conditions": [{"type": "Progressing", "reason": "RolloutAborted", "message": "m"}]}),
                "Degraded RolloutAborted: m",
            ),
            (
                &canary,
                json!({"conditions": [{"type": "InvalidSpec", "reason": "InvalidSpec", "message": "m"}]}),
                "Degraded InvalidSpec: m",
            ),
            (
                &green,
                json!({"updatedReplicas": 1, "availableReplicas": 1}),
                "Progressing active service cutover pending",
            ),
            (
                &green,
                json!({"updatedReplicas": 1, "availableReplicas": 1, "currentPodHash": "a",
                "blueGreen": {"activeSelector": "a"}}),
                "Progressing waiting for analysis to complete",
            ),
            (
                &green,
                json!({"updatedReplicas": 1, "availableReplicas": 1, "currentPodHash": "a",
                "blueGreen": {"activeSelector": "a", "postPromotionAnalysisRunStatus": {"status": "Successful"}}}),
                "Progressing waiting for post-promotion verification to complete",
            ),
        ];
        for (spec, status, said) in table {
            assert_eq!(shown(spec.clone(), status), said);
        }
        assert_eq!(
            shown(json!({"paused": true}), json!({})),
            "Paused manually paused"
        );
    }
}
