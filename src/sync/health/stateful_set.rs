//! Health of a StatefulSet.

use serde_json::Value;

use super::health::{Health, is_observed, number, text};
use crate::object::Object;

pub(super) fn health(object: &Object) -> Option<Health> {
    if number(object, &["status", "observedGeneration"]) == 0 || !is_observed(object) {
        return Some(Health::progressing(
            "Waiting for statefulset spec update to be observed...",
        ));
    }
    let wanted = object.at(&["spec", "replicas"]).and_then(Value::as_i64);
    let ready = number(object, &["status", "readyReplicas"]);
    if let Some(wanted) = wanted.filter(|wanted| ready < *wanted) {
        let left = wanted - ready;
        return Some(Health::progressing(format!(
            "Waiting for {left} pods to be ready..."
        )));
    }
    let kind = text(object, &["spec", "updateStrategy", "type"]);
    let rolling = object
        .at(&["spec", "updateStrategy", "rollingUpdate"])
        .filter(|rolling| !rolling.is_null());
    let updated = number(object, &["status", "updatedReplicas"]);
    if let ("RollingUpdate", Some(rolling)) = (kind, rolling) {
        let partition = rolling.get("partition").and_then(Value::as_i64);
        if let Some((wanted, partition)) = wanted.zip(partition)
            && updated < wanted - partition
        {
            let left = wanted - partition;
            return Some(Health::progressing(format!(
                "Waiting for partitioned roll out to finish: {updated} out of {left} new pods have been updated..."
            )));
        }
        return Some(Health::healthy(format!(
            "partitioned roll out complete: {updated} new pods have been updated..."
        )));
    }
    if kind == "OnDelete" {
        let ready = number(object, &["status", "readyReplicas"]);
        return Some(Health::healthy(format!(
            "statefulset has {ready} ready pods"
        )));
    }
    let newest = text(object, &["status", "updateRevision"]);
    let current = text(object, &["status", "currentRevision"]);
    if newest != current {
        return Some(Health::progressing(format!(
            "waiting for statefulset rolling update to complete {updated} pods at revision {newest}..."
        )));
    }
    let replicas = number(object, &["status", "currentReplicas"]);
    Some(Health::healthy(format!(
        "statefulset rolling update complete {replicas} pods at revision {current}..."
    )))
}
