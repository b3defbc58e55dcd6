//! The counts and the availability in a Deployment's status.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{decide::Pass, replica_sets, strategy};
use crate::{
    object::Object,
    workload::{condition, field},
};

/// The conditions of a Deployment while a pass changes them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Conditions(pub(super) Vec<Value>);

impl Conditions {
    pub(super) fn read(deployment: &Object) -> Self {
        Self(field::list(deployment, &["status", "conditions"]).to_vec())
    }

    pub(super) fn set(
        &mut self,
        kind: &str,
        status: &str,
        reason: &str,
        message: &str,
        now: Timestamp,
    ) {
        condition::set(&mut self.0, make(kind, status, reason, message, now));
    }
}

/// A condition that begins now.
pub(super) fn make(
    kind: &str,
    status: &str,
    reason: &str,
    message: &str,
    now: Timestamp,
) -> Map<String, Value> {
    let now = field::stamp(now);
    [
        ("type", kind),
        ("status", status),
        ("lastUpdateTime", &now),
        ("lastTransitionTime", &now),
        ("reason", reason),
        ("message", message),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.into()))
    .collect()
}

/// Counts pods and judges availability (`calculateStatus`).
pub(super) fn count(pass: &mut Pass, now: Timestamp) -> Value {
    let available = replica_sets::counted(pass.all(), "availableReplicas");
    let wanted = replica_sets::wanted(pass.all());
    let mut status = Map::new();
    let mut put = |name: &str, value: i64| {
        if value != 0 {
            status.insert(name.to_owned(), value.into());
        }
    };
    put(
        "observedGeneration",
        pass.deployment.generation().unwrap_or(0),
    );
    put("replicas", replica_sets::counted(pass.all(), "replicas"));
    put(
        "updatedReplicas",
        replica_sets::counted(&pass.new, "replicas"),
    );
    put(
        "readyReplicas",
        replica_sets::counted(pass.all(), "readyReplicas"),
    );
    put("availableReplicas", available);
    put("unavailableReplicas", (wanted - available).max(0));
    if let Some(count) = pass.deployment.at(&["status", "collisionCount"]) {
        status.insert("collisionCount".into(), count.clone());
    }
    let terminating = replica_sets::counted(pass.all(), "terminatingReplicas");
    status.insert("terminatingReplicas".into(), terminating.into());
    let least = strategy::replicas(&pass.deployment) - strategy::max_unavailable(&pass.deployment);
    let (truth, reason, message) = if available >= least {
        (
            "True",
            "MinimumReplicasAvailable",
            "Deployment has minimum availability.",
        )
    } else {
        (
            "False",
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
        )
    };
    pass.conditions
        .set("Available", truth, reason, message, now);
    status.insert("conditions".into(), pass.conditions.0.clone().into());
    Value::Object(status)
}

/// One count of a status.
pub(super) fn of(status: &Value, count: &str) -> i64 {
    status.get(count).and_then(Value::as_i64).unwrap_or(0)
}

/// Whether all wanted pods are updated and available (`DeploymentComplete`).
pub(super) fn is_complete(deployment: &Object, status: &Value) -> bool {
    let wanted = strategy::replicas(deployment);
    ["updatedReplicas", "replicas", "availableReplicas"]
        .iter()
        .all(|count| of(status, count) == wanted)
        && of(status, "observedGeneration") >= deployment.generation().unwrap_or(0)
}

/// Whether the status that was read said so.
pub(super) fn was_complete(pass: &Pass) -> bool {
    let status = pass.deployment.at(&["status"]).unwrap_or(&Value::Null);
    is_complete(&pass.deployment, status)
}

/// Whether a status differs from the one that was read in more than absent and empty fields.
pub(super) fn is_changed(deployment: &Object, status: &Value) -> bool {
    let significant = |status: Option<&Value>| -> Value {
        status
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter(|(name, value)| {
                !value.is_null()
                    && (name.as_str() == "terminatingReplicas" || **value != json!(0))
                    && **value != json!([])
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    significant(deployment.at(&["status"])) != significant(Some(status))
}
