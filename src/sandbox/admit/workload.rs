//! Deployments, ReplicaSets, StatefulSets, DaemonSets and ReplicationControllers.

use serde_json::{Value, json};

use super::{Rules, pod_spec, set};
use crate::{
    object::{Object, selector::LabelSelector},
    sandbox::error::Cause,
};

const fn rules(
    group: &'static str,
    plural: &'static str,
    fill: fn(&mut Object),
    prepare: fn(&mut Object, Option<&Object>),
) -> Rules {
    Rules {
        group,
        plural,
        fill,
        prepare,
        validate,
    }
}

/// The rules of Deployments.
pub const DEPLOYMENT: Rules = rules("apps", "deployments", |_| {}, |_, _| {});
/// The rules of ReplicaSets.
pub const REPLICA_SET: Rules = rules("apps", "replicasets", |_| {}, |_, _| {});
/// The rules of ReplicationControllers.
pub const REPLICATION_CONTROLLER: Rules =
    rules("", "replicationcontrollers", take_labels, |_, _| {});
/// The rules of StatefulSets.
pub const STATEFUL_SET: Rules = rules("apps", "statefulsets", name_claims, |_, _| {});
/// The rules of DaemonSets.
pub const DAEMON_SET: Rules = rules("apps", "daemonsets", show_count, count_templates);

/// The labels of the template are the selector and the labels, where those are not given.
fn take_labels(object: &mut Object) {
    let labels = object
        .at(&["spec", "template", "metadata", "labels"])
        .cloned();
    let Some(labels) = labels else {
        return;
    };
    for path in [["spec", "selector"], ["metadata", "labels"]] {
        let is_empty = object
            .at(&path)
            .and_then(Value::as_object)
            .is_none_or(serde_json::Map::is_empty);
        if is_empty {
            object.set(&path, labels.clone());
        }
    }
}

/// Templates of claims tell their kind (`pkg/apis/apps/v1/conversion.go`).
fn name_claims(object: &mut Object) {
    if let Some(spec) = set::spec(object) {
        for claim in set::maps(spec, "volumeClaimTemplates") {
            claim.insert("apiVersion".to_owned(), "v1".into());
            claim.insert("kind".to_owned(), "PersistentVolumeClaim".into());
        }
    }
}

/// Annotation that counts the templates that a DaemonSet has had.
const TEMPLATES: &str = "deprecated.daemonset.template.generation";

/// The count is always shown.
fn show_count(object: &mut Object) {
    if object.annotation(TEMPLATES).is_none() {
        object.set(&["metadata", "annotations", TEMPLATES], "0".into());
    }
}

fn count_templates(object: &mut Object, before: Option<&Object>) {
    let template = ["spec", "template"];
    let count = match before {
        None => 1,
        Some(before) => {
            let count: i64 = before
                .annotation(TEMPLATES)
                .and_then(|text| text.parse().ok())
                .unwrap_or_default();
            count + i64::from(before.at(&template) != object.at(&template))
        }
    };
    let path = ["metadata", "annotations", TEMPLATES];
    object.set(&path, count.to_string().into());
}

fn validate(object: &Object, before: Option<&Object>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let late: &[&str] = &[
        "minReadySeconds",
        "revisionHistoryLimit",
        "progressDeadlineSeconds",
    ];
    causes.extend(negative(object, &["replicas"]));
    let is_deployment = object.kind() == "Deployment";
    if !is_deployment {
        causes.extend(negative(object, late));
    }
    if object.kind() == "Deployment" {
        causes.extend(standstill(object));
    }
    selector(&mut causes, object);
    let spec = with_claims(object);
    causes.extend(pod_spec::validate(spec.as_ref(), "spec.template.spec"));
    if is_deployment {
        causes.extend(negative(object, late));
    }
    let policy = object.at(&["spec", "template", "spec", "restartPolicy"]);
    if let Some(policy) = policy
        && policy != "Always"
    {
        causes.push(Cause::unsupported(
            "spec.template.spec.restartPolicy",
            policy,
            &["Always"],
        ));
    }
    if let Some(before) = before {
        match object.kind() {
            "StatefulSet" => frozen_stateful(&mut causes, object, before),
            "ReplicationController" => {}
            _ => {
                if object.at(&["spec", "selector"]) != before.at(&["spec", "selector"]) {
                    let value = object
                        .at(&["spec", "selector"])
                        .cloned()
                        .unwrap_or_default();
                    causes.push(Cause::invalid(
                        "spec.selector",
                        &value,
                        "field is immutable",
                    ));
                }
            }
        }
    }
    if object.at(&["spec", "strategy", "type"]) == Some(&"Recreate".into())
        && object.at(&["spec", "strategy", "rollingUpdate"]).is_some()
    {
        let why = "may not be specified when strategy `type` is 'Recreate'";
        causes.push(Cause::forbidden("spec.strategy.rollingUpdate", why));
    }
    causes
}

/// Numbers of the specification that are less than nothing.
fn negative(object: &Object, fields: &[&str]) -> Vec<Cause> {
    let number = |field: &str| object.at(&["spec", field]).and_then(Value::as_i64);
    fields
        .iter()
        .filter_map(|field| Some((*field, number(field).filter(|number| *number < 0)?)))
        .map(|(field, number)| {
            Cause::invalid(
                format!("spec.{field}"),
                &number.into(),
                "must be greater than or equal to 0",
            )
        })
        .collect()
}

/// The pod spec with a volume for each claim template, for containers may mount those too.
fn with_claims(object: &Object) -> Option<Value> {
    let mut spec = object.at(&["spec", "template", "spec"])?.clone();
    let templates = object
        .at(&["spec", "volumeClaimTemplates"])
        .and_then(Value::as_array);
    if let (Some(templates), Some(map)) = (templates, spec.as_object_mut()) {
        let claims = templates.iter().filter_map(|template| {
            let name = template.get("metadata")?.get("name")?;
            Some(json!({"name": name, "persistentVolumeClaim": {"claimName": name}}))
        });
        let volumes = map.entry("volumes").or_insert_with(|| json!([]));
        if volumes.is_null() {
            *volumes = json!([]);
        }
        if let Some(volumes) = volumes.as_array_mut() {
            for claim in claims {
                if !volumes
                    .iter()
                    .any(|volume| volume.get("name") == claim.get("name"))
                {
                    volumes.push(claim);
                }
            }
        }
    }
    Some(spec)
}

/// A rollout that may neither add nor take away never moves (`ValidateRollingUpdateDeployment`).
fn standstill(object: &Object) -> Option<Cause> {
    let rolling = ["spec", "strategy", "rollingUpdate"];
    let rolling = object.at(&rolling)?;
    let is_nothing = |field: &str| matches!(&rolling[field], value if value == 0 || value == "0%");
    (is_nothing("maxSurge") && is_nothing("maxUnavailable")).then(|| {
        Cause::invalid(
            "spec.strategy.rollingUpdate.maxUnavailable",
            &0.into(),
            "may not be 0 when `maxSurge` is 0",
        )
    })
}

fn selector(causes: &mut Vec<Cause>, object: &Object) {
    let kind = object.kind().to_lowercase();
    let labels = object.at(&["spec", "template", "metadata", "labels"]);
    let selector = object.at(&["spec", "selector"]);
    let Some(selector) = selector.filter(|selector| !selector.is_null()) else {
        causes.push(Cause::required("spec.selector", ""));
        if kind == "deployment" {
            // No selector selects nothing, the template included.
            causes.push(mismatch(labels));
        }
        return;
    };
    let read = if kind == "replicationcontroller" {
        LabelSelector::from_value(&json!({ "matchLabels": selector }))
    } else {
        LabelSelector::from_value(selector)
    };
    let Ok(read) = read else {
        causes.push(Cause::invalid(
            "spec.selector",
            selector,
            "invalid label selector",
        ));
        return;
    };
    if read.is_everything() {
        causes.push(Cause::invalid(
            "spec.selector",
            selector,
            &format!("empty selector is invalid for {kind}"),
        ));
        return;
    }
    let texts = labels
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
        .collect();
    if !read.matches(&texts) {
        causes.push(mismatch(labels));
    }
}

fn mismatch(labels: Option<&Value>) -> Cause {
    Cause::invalid(
        "spec.template.metadata.labels",
        &labels.cloned().unwrap_or(Value::Null),
        "`selector` does not match template `labels`",
    )
}

/// What a StatefulSet is made with for good.
const STATEFUL_FIXED: [&str; 4] = [
    "selector",
    "volumeClaimTemplates",
    "serviceName",
    "podManagementPolicy",
];

fn frozen_stateful(causes: &mut Vec<Cause>, object: &Object, before: &Object) {
    for field in STATEFUL_FIXED {
        let value = |object: &Object| object.at(&["spec", field]).cloned().unwrap_or_default();
        if value(object) != value(before) {
            causes.push(Cause::invalid(
                format!("spec.{field}"),
                &value(object),
                "field is immutable",
            ));
        }
    }
}

/// Counts of a status by kind; those marked may not be more than `replicas`.
const COUNTS: [(&str, &[(&str, bool)]); 3] = [
    (
        "Deployment",
        &[
            ("observedGeneration", false),
            ("replicas", false),
            ("updatedReplicas", true),
            ("readyReplicas", true),
            ("availableReplicas", true),
            ("unavailableReplicas", false),
            ("terminatingReplicas", false),
            ("collisionCount", false),
        ],
    ),
    (
        "ReplicaSet",
        &[
            ("replicas", false),
            ("fullyLabeledReplicas", true),
            ("readyReplicas", true),
            ("availableReplicas", true),
            ("terminatingReplicas", false),
            ("observedGeneration", false),
        ],
    ),
    (
        "StatefulSet",
        &[
            ("replicas", false),
            ("readyReplicas", true),
            ("currentReplicas", true),
            ("updatedReplicas", true),
            ("availableReplicas", true),
        ],
    ),
];

/// What is wrong with a status that is written (`ValidateDeploymentStatus` and its like).
pub fn validate_status(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    let Some((_, counts)) = COUNTS.iter().find(|(kind, _)| *kind == object.kind()) else {
        return causes;
    };
    let count = |field: &str| {
        let value = object.at(&["status", field]);
        value.and_then(Value::as_i64).unwrap_or_default()
    };
    let mut wrong = |field: &str, detail: &str| {
        let path = format!("status.{field}");
        causes.push(Cause::invalid(path, &count(field).into(), detail));
    };
    for (field, _) in *counts {
        if count(field) < 0 {
            wrong(field, "must be greater than or equal to 0");
        }
    }
    for (field, _) in counts.iter().filter(|(_, is_part)| *is_part) {
        if count(field) > count("replicas") {
            wrong(field, "cannot be greater than status.replicas");
        }
    }
    if count("availableReplicas") > count("readyReplicas") {
        let detail = match object.kind() {
            "StatefulSet" => "cannot be greater than status.readyReplicas",
            _ => "cannot be greater than readyReplicas",
        };
        wrong("availableReplicas", detail);
    }
    causes
}
