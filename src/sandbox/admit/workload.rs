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
    prepare: fn(&mut Object, Option<&Object>),
) -> Rules {
    Rules {
        group,
        plural,
        prepare,
        validate,
    }
}

/// The rules of Deployments.
pub const DEPLOYMENT: Rules = rules("apps", "deployments", |object, before| {
    if let Some(spec) = set::spec(object) {
        set::default(spec, "replicas", 1);
        set::default(spec, "revisionHistoryLimit", 10);
        set::default(spec, "progressDeadlineSeconds", 600);
        if let Some(strategy) = set::map(spec, "strategy") {
            set::default_text(strategy, "type", "RollingUpdate");
            if strategy.get("type") == Some(&"RollingUpdate".into())
                && let Some(rolling) = set::map(strategy, "rollingUpdate")
            {
                set::default(rolling, "maxSurge", "25%");
                set::default(rolling, "maxUnavailable", "25%");
            }
        }
    }
    finish(object, before, &[]);
});

/// The rules of ReplicaSets.
pub const REPLICA_SET: Rules = rules("apps", "replicasets", |object, before| {
    if let Some(spec) = set::spec(object) {
        set::default(spec, "replicas", 1);
    }
    finish(object, before, &["replicas"]);
});

/// The rules of ReplicationControllers.
pub const REPLICATION_CONTROLLER: Rules = rules("", "replicationcontrollers", |object, before| {
    let labels = object
        .at(&["spec", "template", "metadata", "labels"])
        .cloned();
    if let Some(spec) = set::spec(object) {
        set::default(spec, "replicas", 1);
        if let Some(labels) = labels {
            set::default(spec, "selector", labels);
        }
    }
    finish(object, before, &["replicas"]);
});

/// The rules of StatefulSets.
pub const STATEFUL_SET: Rules = rules("apps", "statefulsets", |object, before| {
    if let Some(spec) = set::spec(object) {
        set::default(spec, "replicas", 1);
        set::default(spec, "revisionHistoryLimit", 10);
        set::default_text(spec, "podManagementPolicy", "OrderedReady");
        if let Some(strategy) = set::map(spec, "updateStrategy") {
            if strategy.get("type").is_none_or(|kind| kind == "") {
                set::default(strategy, "rollingUpdate", json!({}));
            }
            set::default_text(strategy, "type", "RollingUpdate");
            if let Some(rolling) = strategy
                .get_mut("rollingUpdate")
                .and_then(Value::as_object_mut)
            {
                set::default(rolling, "partition", 0);
                set::default(rolling, "maxUnavailable", 1);
            }
        }
        if let Some(policy) = set::map(spec, "persistentVolumeClaimRetentionPolicy") {
            set::default_text(policy, "whenDeleted", "Retain");
            set::default_text(policy, "whenScaled", "Retain");
        }
    }
    finish(object, before, &["replicas", "availableReplicas"]);
});

/// The rules of DaemonSets.
pub const DAEMON_SET: Rules = rules("apps", "daemonsets", |object, before| {
    if let Some(spec) = set::spec(object) {
        set::default(spec, "revisionHistoryLimit", 10);
        if let Some(strategy) = set::map(spec, "updateStrategy") {
            set::default_text(strategy, "type", "RollingUpdate");
            if strategy.get("type") == Some(&"RollingUpdate".into())
                && let Some(rolling) = set::map(strategy, "rollingUpdate")
            {
                set::default(rolling, "maxUnavailable", 1);
                set::default(rolling, "maxSurge", 0);
            }
        }
    }
    let counts = [
        "currentNumberScheduled",
        "desiredNumberScheduled",
        "numberMisscheduled",
        "numberReady",
    ];
    finish(object, before, &counts);
});

/// What all have: a pod template, and a status that begins empty but for numbers that are always there.
fn finish(object: &mut Object, before: Option<&Object>, counts: &[&str]) {
    if let Some(template) = set::spec(object).and_then(|spec| set::map(spec, "template")) {
        set::map(template, "metadata");
        if let Some(spec) = set::map(template, "spec") {
            pod_spec::complete(spec);
        }
    }
    if before.is_none() {
        let status: serde_json::Map<String, Value> = counts
            .iter()
            .map(|count| ((*count).to_owned(), 0.into()))
            .collect();
        object.set(&["status"], Value::Object(status));
    }
}

fn validate(object: &Object, before: Option<&Object>) -> Vec<Cause> {
    let mut causes = Vec::new();
    for field in [
        "replicas",
        "minReadySeconds",
        "revisionHistoryLimit",
        "progressDeadlineSeconds",
    ] {
        if let Some(number) = object.at(&["spec", field]).and_then(Value::as_i64)
            && number < 0
        {
            causes.push(Cause::invalid(
                format!("spec.{field}"),
                &number.into(),
                "must be greater than or equal to 0",
            ));
        }
    }
    if object.kind() == "Deployment" {
        causes.extend(standstill(object));
    }
    selector(&mut causes, object);
    let spec = with_claims(object);
    causes.extend(pod_spec::validate(spec.as_ref(), "spec.template.spec"));
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
    let Some(selector) = object.at(&["spec", "selector"]) else {
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

/// Of a StatefulSet only these may change.
const STATEFUL_CHANGEABLE: [&str; 7] = [
    "minReadySeconds",
    "ordinals",
    "persistentVolumeClaimRetentionPolicy",
    "replicas",
    "revisionHistoryLimit",
    "template",
    "updateStrategy",
];

fn frozen_stateful(causes: &mut Vec<Cause>, object: &Object, before: &Object) {
    let fixed = |object: &Object| {
        let mut spec = object.at(&["spec"])?.as_object()?.clone();
        for field in STATEFUL_CHANGEABLE {
            spec.remove(field);
        }
        Some(spec)
    };
    if fixed(object) != fixed(before) {
        causes.push(Cause::forbidden(
            "spec",
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        ));
    }
}
