//! What an absent field of a type is taken as: plain values in `defaults.txt`, the rest here, a function a type
//! (`pkg/apis/*/*/defaults.go`).

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Map, Value, json};

const TABLE: &str = include_str!("defaults.txt");

/// Fields and values by type.
static PLAIN: LazyLock<BTreeMap<&str, Vec<(&str, Value)>>> = LazyLock::new(|| {
    let mut table: BTreeMap<&str, Vec<(&str, Value)>> = BTreeMap::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.splitn(3, ' ');
        if let (Some(name), Some(field), Some(json)) = (words.next(), words.next(), words.next())
            && let Ok(value) = serde_json::from_str(json)
        {
            table.entry(name).or_default().push((field, value));
        }
    }
    table
});

/// Sets what a struct leaves out by what else it holds.
type Rule = fn(&mut Map<String, Value>);

/// What depends on other fields.
const DEPENDENT: &[(&str, Rule)] = &[
    ("apps/v1.DaemonSetUpdateStrategy", daemon_set_strategy),
    ("apps/v1.DeploymentStrategy", deployment_strategy),
    ("apps/v1.StatefulSetUpdateStrategy", stateful_set_strategy),
    ("autoscaling/v1.HorizontalPodAutoscaler", use_of_cpu),
    ("autoscaling/v2.HorizontalPodAutoscalerSpec", metrics),
    ("batch/v1.Job", job),
    ("core/v1.Container", pull_policy),
    ("core/v1.EphemeralContainerCommon", pull_policy),
    ("core/v1.LimitRangeItem", limits),
    ("core/v1.PodSpec", service_account),
    ("core/v1.PodStatus", pod_addresses),
    ("core/v1.Volume", volume),
    ("networking/v1.NetworkPolicySpec", policy_types),
    ("rbac/v1.Subject", subject_group),
];

/// Sets what a struct of a type leaves out.
pub(super) fn set(name: &str, map: &mut Map<String, Value>) {
    for (field, value) in PLAIN.get(name).into_iter().flatten() {
        if is_absent(map, field) {
            map.insert((*field).to_owned(), value.clone());
        }
    }
    if let Some((_, set)) = DEPENDENT.iter().find(|(row, _)| *row == name) {
        set(map);
    }
}

fn is_absent(map: &Map<String, Value>, field: &str) -> bool {
    map.get(field)
        .is_none_or(|value| value.is_null() || value == "")
}

fn default(map: &mut Map<String, Value>, field: &str, value: impl Into<Value>) {
    if is_absent(map, field) {
        map.insert(field.to_owned(), value.into());
    }
}

fn text<'a>(map: &'a Map<String, Value>, field: &str) -> &'a str {
    map.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A map in a field, made if it is absent.
fn inner<'a>(map: &'a mut Map<String, Value>, field: &str) -> Option<&'a mut Map<String, Value>> {
    default(map, field, json!({}));
    map.get_mut(field)?.as_object_mut()
}

fn daemon_set_strategy(strategy: &mut Map<String, Value>) {
    if text(strategy, "type") == "RollingUpdate"
        && let Some(rolling) = inner(strategy, "rollingUpdate")
    {
        default(rolling, "maxUnavailable", 1);
        default(rolling, "maxSurge", 0);
    }
}

fn deployment_strategy(strategy: &mut Map<String, Value>) {
    if text(strategy, "type") == "RollingUpdate"
        && let Some(rolling) = inner(strategy, "rollingUpdate")
    {
        default(rolling, "maxUnavailable", "25%");
        default(rolling, "maxSurge", "25%");
    }
}

/// A strategy that is not named has its parameters, one that is named need not.
fn stateful_set_strategy(strategy: &mut Map<String, Value>) {
    if is_absent(strategy, "type") {
        default(strategy, "type", "RollingUpdate");
        default(strategy, "rollingUpdate", json!({}));
    }
    if text(strategy, "type") == "RollingUpdate"
        && let Some(Value::Object(rolling)) = strategy.get_mut("rollingUpdate")
    {
        default(rolling, "partition", 0);
        default(rolling, "maxUnavailable", 1);
    }
}

/// Without any metric the use of CPU counts; in the first version others stand in an annotation.
fn use_of_cpu(object: &mut Map<String, Value>) {
    let annotations = object
        .get("metadata")
        .and_then(|metadata| metadata.get("annotations"));
    let has_others =
        annotations.is_some_and(|it| it.get("autoscaling.alpha.kubernetes.io/metrics").is_some());
    if !has_others && let Some(spec) = inner(object, "spec") {
        default(spec, "targetCPUUtilizationPercentage", USE_OF_CPU);
    }
}

/// Percents of the CPU that is asked for.
const USE_OF_CPU: i32 = 80;

fn metrics(spec: &mut Map<String, Value>) {
    let has_metrics = spec
        .get("metrics")
        .and_then(Value::as_array)
        .is_some_and(|metrics| !metrics.is_empty());
    if !has_metrics {
        let target = json!({"type": "Utilization", "averageUtilization": USE_OF_CPU});
        let resource = json!({"name": "cpu", "target": target});
        spec.insert(
            "metrics".to_owned(),
            json!([{"type": "Resource", "resource": resource}]),
        );
    }
    let Some(Value::Object(behavior)) = spec.get_mut("behavior") else {
        return;
    };
    if let Some(up) = inner(behavior, "scaleUp") {
        default(up, "stabilizationWindowSeconds", 0);
        default(up, "selectPolicy", "Max");
        let policies = json!([
            {"type": "Pods", "value": 4, "periodSeconds": 15},
            {"type": "Percent", "value": 100, "periodSeconds": 15},
        ]);
        default(up, "policies", policies);
    }
    if let Some(down) = inner(behavior, "scaleDown") {
        default(down, "selectPolicy", "Max");
        let policies = json!([{"type": "Percent", "value": 100, "periodSeconds": 15}]);
        default(down, "policies", policies);
    }
}

/// Of a Job, not of a template of Jobs.
fn job(job: &mut Map<String, Value>) {
    let Some(spec) = inner(job, "spec") else {
        return;
    };
    if is_absent(spec, "completions") && is_absent(spec, "parallelism") {
        default(spec, "completions", 1);
    }
    default(spec, "parallelism", 1);
    let retries = if is_absent(spec, "backoffLimitPerIndex") {
        6
    } else {
        i32::MAX
    };
    default(spec, "backoffLimit", retries);
    let replacement = if is_absent(spec, "podFailurePolicy") {
        "TerminatingOrFailed"
    } else {
        "Failed"
    };
    default(spec, "podReplacementPolicy", replacement);
    default(spec, "completionMode", "NonIndexed");
    default(spec, "suspend", false);
    default(spec, "manualSelector", false);
}

fn pull_policy(container: &mut Map<String, Value>) {
    let policy = if is_latest(text(container, "image")) {
        "Always"
    } else {
        "IfNotPresent"
    };
    default(container, "imagePullPolicy", policy);
}

/// Whether an image reference means the newest one: tag `latest`, or neither tag nor digest.
fn is_latest(image: &str) -> bool {
    let (name, has_digest) = match image.split_once('@') {
        Some((name, _)) => (name, true),
        None => (image, false),
    };
    let last = name.rsplit('/').next().unwrap_or_default();
    match last.split_once(':') {
        Some((_, tag)) => tag == "latest",
        None => !has_digest,
    }
}

/// A limit of containers is their default, a default limit their default request.
fn limits(item: &mut Map<String, Value>) {
    if text(item, "type") != "Container" {
        return;
    }
    for (from, to) in [
        ("max", "default"),
        ("default", "defaultRequest"),
        ("min", "defaultRequest"),
    ] {
        let Some(Value::Object(amounts)) = item.get(from).cloned() else {
            continue;
        };
        if let Some(target) = inner(item, to) {
            for (name, amount) in amounts {
                target.entry(name).or_insert(amount);
            }
        }
    }
}

/// The account has an older name too.
fn service_account(spec: &mut Map<String, Value>) {
    let account = [
        text(spec, "serviceAccountName"),
        text(spec, "serviceAccount"),
    ]
    .into_iter()
    .find(|account| !account.is_empty())
    .map(str::to_owned);
    if let Some(account) = account {
        spec.insert("serviceAccountName".to_owned(), account.as_str().into());
        spec.insert("serviceAccount".to_owned(), account.into());
    }
}

/// The one address and the list say the same; the former wins.
fn pod_addresses(status: &mut Map<String, Value>) {
    let one = text(status, "podIP").to_owned();
    let first = status
        .get("podIPs")
        .and_then(|list| list.get(0)?.get("ip")?.as_str())
        .map(str::to_owned);
    match first {
        Some(first) if one.is_empty() => {
            status.insert("podIP".to_owned(), first.into());
        }
        Some(first) if first == one => {}
        _ if one.is_empty() => {}
        _ => {
            status.insert("podIPs".to_owned(), json!([{ "ip": one }]));
        }
    }
}

fn volume(volume: &mut Map<String, Value>) {
    let has_source = volume
        .iter()
        .any(|(field, value)| field != "name" && !value.is_null());
    if !has_source {
        volume.insert("emptyDir".to_owned(), json!({}));
    }
    if let Some(Value::Object(image)) = volume.get_mut("image") {
        let policy = if is_latest(text(image, "reference")) {
            "Always"
        } else {
            "IfNotPresent"
        };
        default(image, "pullPolicy", policy);
    }
}

fn policy_types(spec: &mut Map<String, Value>) {
    let has_any = |field: &str| {
        spec.get(field)
            .and_then(Value::as_array)
            .is_some_and(|list| !list.is_empty())
    };
    if has_any("policyTypes") {
        return;
    }
    let types = if has_any("egress") {
        json!(["Ingress", "Egress"])
    } else {
        json!(["Ingress"])
    };
    spec.insert("policyTypes".to_owned(), types);
}

fn subject_group(subject: &mut Map<String, Value>) {
    if matches!(text(subject, "kind"), "User" | "Group") {
        default(subject, "apiGroup", "rbac.authorization.k8s.io");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::protobuf::table;

    #[test]
    fn every_row_names_a_field_of_a_type() {
        let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(
            PLAIN.values().map(Vec::len).sum::<usize>(),
            rows.count(),
            "a row that cannot be read"
        );
        for (name, fields) in &*PLAIN {
            let message = table::named(name).unwrap_or_else(|| panic!("no type {name}"));
            for (field, _) in fields {
                let is_there = message.fields.iter().any(|known| known.name == *field);
                assert!(is_there, "{name} has no {field}");
            }
        }
        for (name, _) in DEPENDENT {
            assert!(table::named(name).is_some(), "no type {name}");
        }
    }

    #[test]
    fn the_newest_image_is_always_pulled() {
        for (image, expected) in [
            ("nginx", true),
            ("nginx:latest", true),
            ("host:5000/nginx", true),
            ("nginx:1.25", false),
            ("nginx@sha256:ab", false),
        ] {
            assert_eq!(is_latest(image), expected, "{image}");
        }
    }
}
