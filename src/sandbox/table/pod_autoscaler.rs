//! How HorizontalPodAutoscalers are shown; they are kept in version v2.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, int, list, scalar, text},
    column::{AGE, NAME, Printer, text as column},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("autoscaling", "HorizontalPodAutoscaler"),
    columns: &[
        NAME,
        column("Reference", "What it scales."),
        column("Targets", "Metrics seen and wanted."),
        column("MinPods", "The least number of pods."),
        column("MaxPods", "The greatest number of pods."),
        column("Replicas", "Pods seen."),
        AGE,
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    let target = |name: &str| text(object, &format!("spec.scaleTargetRef.{name}")).to_owned();
    vec![
        object.name().into(),
        format!("{}/{}", target("kind"), target("name")).into(),
        metrics(object).into(),
        scalar(object, "spec.minReplicas")
            .unwrap_or_else(|| "<unset>".to_owned())
            .into(),
        int(object, "spec.maxReplicas").into(),
        int(object, "status.currentReplicas").into(),
        age(object, now).into(),
    ]
}

/// How many metrics are named before the others are counted.
const MOST_METRICS: usize = 2;

fn metrics(object: &Object) -> String {
    let seen = list(object, "status.currentMetrics");
    let all: Vec<String> = list(object, "spec.metrics")
        .iter()
        .enumerate()
        .map(|(at, metric)| one(metric, seen.get(at)))
        .collect();
    let shown: Vec<&str> = all.iter().take(MOST_METRICS).map(String::as_str).collect();
    let shown = shown.join(", ");
    match all.len() {
        0 => "<none>".to_owned(),
        count if count > MOST_METRICS => format!("{shown} + {} more...", count - MOST_METRICS),
        _ => shown,
    }
}

fn one(metric: &Value, seen: Option<&Value>) -> String {
    let source = match text(metric, "type") {
        "External" => "external",
        "Pods" => "pods",
        "Object" => "object",
        "Resource" => "resource",
        "ContainerResource" => "containerResource",
        _ => return "<unknown type>".to_owned(),
    };
    let wanted = |field: &str| scalar(metric, &format!("{source}.target.{field}"));
    let current =
        |field: &str| seen.and_then(|seen| scalar(seen, &format!("{source}.current.{field}")));
    let unknown = || "<unknown>".to_owned();
    let average = wanted("averageValue");
    let percent = |value: Option<String>| value.map(|value| format!("{value}%"));
    match (source, average) {
        ("external" | "object", Some(average)) => {
            let current = current("averageValue").unwrap_or_else(unknown);
            format!("{current}/{average} (avg)")
        }
        ("external" | "object", None) => format!(
            "{}/{}",
            current("value").unwrap_or_else(unknown),
            wanted("value").unwrap_or_default()
        ),
        ("pods", average) => format!(
            "{}/{}",
            current("averageValue").unwrap_or_else(unknown),
            average.unwrap_or_default()
        ),
        (_, Some(average)) => format!(
            "{}: {}/{average}",
            text(metric, &format!("{source}.name")),
            current("averageValue").unwrap_or_else(unknown)
        ),
        (_, None) => format!(
            "{}: {}/{}",
            text(metric, &format!("{source}.name")),
            percent(current("averageUtilization")).unwrap_or_else(unknown),
            percent(wanted("averageUtilization")).unwrap_or_else(|| "<auto>".to_owned())
        ),
    }
}
