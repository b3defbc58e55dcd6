//! The scale subresource.

use serde_json::{Value, json};

use crate::{object::Object, sandbox::registry::ScalePaths};

fn split(path: &str) -> Vec<&str> {
    path.trim_start_matches('.').split('.').collect()
}

fn number(object: &Object, path: &str) -> i64 {
    object
        .at(&split(path))
        .and_then(Value::as_i64)
        .unwrap_or_default()
}

/// The `autoscaling/v1` Scale of an object.
pub fn scale_of(paths: &ScalePaths, object: &Object) -> Value {
    let mut metadata = serde_json::Map::new();
    for field in [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "creationTimestamp",
    ] {
        if let Some(value) = object.at(&["metadata", field]) {
            metadata.insert(field.into(), value.clone());
        }
    }
    let replicas = number(object, &paths.spec);
    let spec = if replicas == 0 {
        json!({})
    } else {
        json!({ "replicas": replicas })
    };
    let mut status = serde_json::Map::new();
    status.insert("replicas".into(), number(object, &paths.status).into());
    let selector = paths
        .selector
        .as_deref()
        .and_then(|path| object.at(&split(path)));
    if let Some(text) = selector.and_then(selector_text) {
        status.insert("selector".into(), text.into());
    }
    json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": spec,
        "status": status,
    })
}

/// Writes the number that a Scale asks for into the object.
pub fn apply_scale(paths: &ScalePaths, object: &mut Object, scale: &Value) {
    let replicas = scale
        .pointer("/spec/replicas")
        .and_then(Value::as_i64)
        .unwrap_or_default();
    object.set(&split(&paths.spec), replicas.into());
    let version = scale
        .pointer("/metadata/resourceVersion")
        .and_then(Value::as_str)
        .unwrap_or_default();
    object.set(&["metadata", "resourceVersion"], version.into());
}

/// A selector as text (`metav1.LabelSelectorAsSelector(...).String()`): sorted requirements.
fn selector_text(selector: &Value) -> Option<String> {
    if let Value::String(text) = selector {
        return (!text.is_empty()).then(|| text.clone());
    }
    let mut parts: Vec<(String, String)> = Vec::new();
    let labels = selector.get("matchLabels").and_then(Value::as_object);
    // A ReplicationController has the labels themselves.
    let labels = labels.or_else(|| {
        selector
            .as_object()
            .filter(|map| !map.is_empty() && map.values().all(Value::is_string))
    });
    for (name, value) in labels.into_iter().flatten() {
        parts.push((
            name.clone(),
            format!("{name}={}", value.as_str().unwrap_or_default()),
        ));
    }
    let expressions = selector.get("matchExpressions").and_then(Value::as_array);
    for expression in expressions.into_iter().flatten() {
        let name = expression.get("key")?.as_str()?;
        let mut values: Vec<&str> = expression
            .get("values")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        values.sort_unstable();
        let values = values.join(",");
        let text = match expression.get("operator")?.as_str()? {
            "In" => format!("{name} in ({values})"),
            "NotIn" => format!("{name} notin ({values})"),
            "Exists" => name.to_owned(),
            _ => format!("!{name}"),
        };
        parts.push((name.to_owned(), text));
    }
    parts.sort();
    let texts: Vec<String> = parts.into_iter().map(|(_, text)| text).collect();
    (!texts.is_empty()).then(|| texts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_written_sorted() {
        let selector = json!({"matchLabels": {"b": "2", "a": "1"},
            "matchExpressions": [{"key": "aa", "operator": "In", "values": ["y", "x"]}]});
        assert_eq!(
            selector_text(&selector).as_deref(),
            Some("a=1,aa in (x,y),b=2")
        );
    }
}
