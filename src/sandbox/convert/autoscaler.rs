//! Autoscalers: version 1 knows the use of CPU only, and carries all else in annotations
//! (`pkg/apis/autoscaling/v1/conversion.go`).

use serde_json::{Map, Value, json};

use crate::object::Object;

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const CURRENT: &str = "autoscaling.alpha.kubernetes.io/current-metrics";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";

/// Metrics of the specification, or those seen: where they stand, what holds the amounts, what
/// their names begin with in version 1, and where the use of CPU stands there.
struct Side {
    part: &'static str,
    list: &'static str,
    amounts: &'static str,
    prefix: &'static str,
    cpu: &'static str,
    annotation: &'static str,
}

const SIDES: [Side; 2] = [
    Side {
        part: "spec",
        list: "metrics",
        amounts: "target",
        prefix: "target",
        cpu: "targetCPUUtilizationPercentage",
        annotation: METRICS,
    },
    Side {
        part: "status",
        list: "currentMetrics",
        amounts: "current",
        prefix: "current",
        cpu: "currentCPUUtilizationPercentage",
        annotation: CURRENT,
    },
];

/// What version 1 keeps in an annotation and version 2 in a field.
const FIELDS: [(&str, [&str; 2]); 2] = [
    (BEHAVIOR, ["spec", "behavior"]),
    (CONDITIONS, ["status", "conditions"]),
];

pub(super) fn to_v1(object: &mut Object) {
    for side in &SIDES {
        let Some(Value::Array(metrics)) = object.remove(&[side.part, side.list]) else {
            continue;
        };
        let mut others = Vec::new();
        for metric in metrics {
            let use_of_cpu = (metric.pointer("/resource/name") == Some(&"cpu".into()))
                .then(|| metric.pointer(&format!("/resource/{}/averageUtilization", side.amounts)))
                .flatten();
            match use_of_cpu {
                Some(percent) => object.set(&[side.part, side.cpu], percent.clone()),
                None => others.push(flat(&metric, side)),
            }
        }
        if !others.is_empty() {
            annotate(object, side.annotation, &Value::Array(others));
        }
    }
    for (annotation, path) in FIELDS {
        match object.remove(&path) {
            Some(value) if annotation == BEHAVIOR => {
                let path = ["metadata", "annotations", annotation];
                object.set(&path, shown_behavior(&value).into());
            }
            Some(value) => annotate(object, annotation, &value),
            None => {}
        }
    }
}

/// Behaviour as Go shows its own form of it, fields in the order of its structs.
fn shown_behavior(behavior: &Value) -> String {
    let shown = |value: &Value, fields: &[&str]| -> String {
        let fields: Vec<String> = fields
            .iter()
            .map(|field| format!("{:?}:{}", go_name(field), value[*field]))
            .collect();
        format!("{{{}}}", fields.join(","))
    };
    let rules = |name: &str| {
        let rules = &behavior[name];
        if rules.is_null() {
            return "null".to_owned();
        }
        let policies: Vec<String> = rules["policies"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|policy| shown(policy, &["type", "value", "periodSeconds"]))
            .collect();
        let policies = match rules["policies"] {
            Value::Null => "null".to_owned(),
            _ => format!("[{}]", policies.join(",")),
        };
        format!(
            r#"{{"StabilizationWindowSeconds":{},"SelectPolicy":{},"Policies":{policies},"Tolerance":{}}}"#,
            rules["stabilizationWindowSeconds"], rules["selectPolicy"], rules["tolerance"]
        )
    };
    format!(
        r#"{{"ScaleUp":{},"ScaleDown":{}}}"#,
        rules("scaleUp"),
        rules("scaleDown")
    )
}

fn go_name(field: &str) -> String {
    let mut letters = field.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

/// The reverse of [`shown_behavior`]; Go reads names in any case.
fn read_behavior(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| {
                let mut letters = name.chars();
                let first = letters.next().map(|letter| letter.to_ascii_lowercase());
                let name = format!("{}{}", first.unwrap_or_default(), letters.as_str());
                (name, read_behavior(value))
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(read_behavior).collect(),
        other => other,
    }
}

pub(super) fn to_v2(object: &mut Object) {
    for side in &SIDES {
        let mut metrics: Vec<Value> = match take(object, side.annotation) {
            Some(Value::Array(list)) => list.iter().map(|metric| deep(metric, side)).collect(),
            _ => Vec::new(),
        };
        if let Some(percent) = object.remove(&[side.part, side.cpu]) {
            let mut amounts = json!({"averageUtilization": percent});
            if let (Some(amounts), "target") = (amounts.as_object_mut(), side.amounts) {
                amounts.insert("type".to_owned(), "Utilization".into());
            }
            let mut resource = Map::from_iter([("name".to_owned(), "cpu".into())]);
            resource.insert(side.amounts.to_owned(), amounts);
            metrics.push(json!({"type": "Resource", "resource": resource}));
        }
        if !metrics.is_empty() {
            object.set(&[side.part, side.list], metrics.into());
        }
    }
    for (annotation, path) in FIELDS {
        if let Some(value) = take(object, annotation) {
            object.set(&path, read_behavior(value));
        }
    }
}

fn annotate(object: &mut Object, name: &str, value: &Value) {
    object.set(&["metadata", "annotations", name], value.to_string().into());
}

/// Takes an annotation that holds JSON; an empty map of annotations goes with it.
fn take(object: &mut Object, name: &str) -> Option<Value> {
    let value = serde_json::from_str(object.annotation(name)?).ok()?;
    object.remove(&["metadata", "annotations", name]);
    if object.at(&["metadata", "annotations"]) == Some(&json!({})) {
        object.remove(&["metadata", "annotations"]);
    }
    Some(value)
}

/// The field of a metric that says all but its type, such as `containerResource`.
fn source(metric: &Value) -> Option<(&String, &Map<String, Value>)> {
    let (name, source) = metric
        .as_object()?
        .iter()
        .find(|(name, _)| *name != "type")?;
    Some((name, source.as_object()?))
}

/// The name of an amount in version 1: `targetAverageValue`; an object's average is `averageValue`.
fn amount_name(side: &Side, source: &str, name: &str) -> String {
    if source == "object" && name == "averageValue" {
        return name.to_owned();
    }
    let mut letters = name.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    let rest = letters.as_str();
    format!("{}{}{rest}", side.prefix, first.unwrap_or_default())
}

const AMOUNTS: [&str; 3] = ["averageUtilization", "averageValue", "value"];

/// A metric as version 1 writes it into its annotation: one level of fields.
fn flat(metric: &Value, side: &Side) -> Value {
    let Some((name, deep)) = source(metric) else {
        return metric.clone();
    };
    let mut flat = Map::new();
    for (field, value) in deep {
        match field.as_str() {
            "metric" => {
                let selector = if name == "external" {
                    "metricSelector"
                } else {
                    "selector"
                };
                for (from, to) in [("name", "metricName"), ("selector", selector)] {
                    if let Some(value) = value.get(from) {
                        flat.insert(to.to_owned(), value.clone());
                    }
                }
            }
            "describedObject" => {
                flat.insert("target".to_owned(), value.clone());
            }
            field if field == side.amounts => {
                for amount in AMOUNTS {
                    if let Some(value) = value.get(amount) {
                        flat.insert(amount_name(side, name, amount), value.clone());
                    }
                }
            }
            other => {
                flat.insert(other.to_owned(), value.clone());
            }
        }
    }
    let mut result = Map::new();
    if let Some(kind) = metric.get("type") {
        result.insert("type".to_owned(), kind.clone());
    }
    result.insert(name.clone(), flat.into());
    Value::Object(result)
}

/// The reverse of [`flat`].
fn deep(metric: &Value, side: &Side) -> Value {
    let Some((name, flat)) = source(metric) else {
        return metric.clone();
    };
    let (mut deep, mut named, mut amounts) = (Map::new(), Map::new(), Map::new());
    for (field, value) in flat {
        let amount = AMOUNTS
            .iter()
            .find(|amount| amount_name(side, name, amount) == *field);
        if let Some(amount) = amount {
            amounts.insert((*amount).to_owned(), value.clone());
            continue;
        }
        match field.as_str() {
            "metricName" => named.insert("name".to_owned(), value.clone()),
            "selector" | "metricSelector" => named.insert("selector".to_owned(), value.clone()),
            "target" => deep.insert("describedObject".to_owned(), value.clone()),
            other => deep.insert(other.to_owned(), value.clone()),
        };
    }
    if side.amounts == "target" {
        let kind = if amounts.contains_key("averageUtilization") {
            "Utilization"
        } else if amounts.contains_key("averageValue") {
            "AverageValue"
        } else {
            "Value"
        };
        amounts.insert("type".to_owned(), kind.into());
    }
    if !named.is_empty() {
        deep.insert("metric".to_owned(), named.into());
    }
    deep.insert(side.amounts.to_owned(), amounts.into());
    let mut result = Map::new();
    if let Some(kind) = metric.get("type") {
        result.insert("type".to_owned(), kind.clone());
    }
    result.insert(name.clone(), deep.into());
    Value::Object(result)
}
