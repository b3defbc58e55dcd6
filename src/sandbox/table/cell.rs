//! Reading fields for cells, and the texts that several kinds share.

use jiff::Timestamp;
use serde_json::Value;

use crate::object::Object;

/// A map whose fields can be read by dotted path.
pub(super) trait Fields {
    /// One field.
    fn field(&self, name: &str) -> Option<&Value>;
}

impl Fields for Object {
    fn field(&self, name: &str) -> Option<&Value> {
        self.as_map().get(name)
    }
}

impl Fields for Value {
    fn field(&self, name: &str) -> Option<&Value> {
        self.get(name)
    }
}

/// The value at a dotted path; absent when null.
pub(super) fn at<'a>(fields: &'a (impl Fields + ?Sized), path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    let first = fields.field(names.next()?)?;
    names
        .try_fold(first, |value, name| value.get(name))
        .filter(|value| !value.is_null())
}

/// Text at a path, empty when absent.
pub(super) fn text<'a>(fields: &'a (impl Fields + ?Sized), path: &str) -> &'a str {
    at(fields, path).and_then(Value::as_str).unwrap_or_default()
}

/// Text at a path, or what stands for nothing.
pub(super) fn text_or<'a>(
    fields: &'a (impl Fields + ?Sized),
    path: &str,
    nothing: &'a str,
) -> &'a str {
    match text(fields, path) {
        "" => nothing,
        text => text,
    }
}

/// A whole number at a path, 0 when absent.
pub(super) fn int(fields: &(impl Fields + ?Sized), path: &str) -> i64 {
    at(fields, path).and_then(Value::as_i64).unwrap_or(0)
}

/// A whole number at a path, 1 when absent: `spec.replicas` defaults so.
pub(super) fn replicas(fields: &(impl Fields + ?Sized)) -> i64 {
    at(fields, "spec.replicas")
        .and_then(Value::as_i64)
        .unwrap_or(1)
}

/// Whether a flag at a path is set.
pub(super) fn flag(fields: &(impl Fields + ?Sized), path: &str) -> bool {
    at(fields, path).and_then(Value::as_bool).unwrap_or(false)
}

/// A list at a path, empty when absent.
pub(super) fn list<'a>(fields: &'a (impl Fields + ?Sized), path: &str) -> &'a [Value] {
    at(fields, path)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// How many entries a map at a path has.
pub(super) fn entries(fields: &(impl Fields + ?Sized), path: &str) -> usize {
    at(fields, path)
        .and_then(Value::as_object)
        .map_or(0, serde_json::Map::len)
}

/// A scalar at a path as text; numbers as they are written (int-or-string fields, quantities).
pub(super) fn scalar(fields: &(impl Fields + ?Sized), path: &str) -> Option<String> {
    match at(fields, path)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Age of the object.
pub(super) fn age(object: &Object, now: Timestamp) -> String {
    since(text(object, "metadata.creationTimestamp"), now)
}

/// Time since an instant as people say it, `<unknown>` for none.
pub(super) fn since(instant: &str, now: Timestamp) -> String {
    match instant.parse::<Timestamp>() {
        Ok(instant) => human_duration(now.as_millisecond() - instant.as_millisecond()),
        Err(_) => "<unknown>".to_owned(),
    }
}

/// A duration in milliseconds as kubectl says it, in two units at most
/// (`k8s.io/apimachinery/pkg/util/duration.HumanDuration`).
pub fn human_duration(milliseconds: i64) -> String {
    let seconds = milliseconds / 1000;
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let two = |large: i64, small: i64, units: (&str, &str)| {
        if small == 0 {
            format!("{large}{}", units.0)
        } else {
            format!("{large}{}{small}{}", units.0, units.1)
        }
    };
    match (minutes, hours) {
        _ if seconds < -1 => "<invalid>".to_owned(),
        _ if seconds < 0 => "0s".to_owned(),
        _ if seconds < 120 => format!("{seconds}s"),
        (..10, _) => two(minutes, seconds % 60, ("m", "s")),
        (..180, _) => format!("{minutes}m"),
        (_, ..8) => two(hours, minutes % 60, ("h", "m")),
        (_, ..48) => format!("{hours}h"),
        (_, ..192) => two(hours / 24, hours % 24, ("d", "h")),
        (_, ..17_520) => format!("{}d", hours / 24),
        (_, ..70_080) => two(hours / 24 / 365, hours / 24 % 365, ("y", "d")),
        _ => format!("{}y", hours / 24 / 365),
    }
}

/// Names and images of containers.
pub(super) fn containers(list: &[Value]) -> [String; 2] {
    ["name", "image"].map(|field| {
        list.iter()
            .map(|container| text(container, field))
            .collect::<Vec<_>>()
            .join(",")
    })
}

/// A map of labels in one line, `<none>` when empty.
pub(super) fn labels(map: Option<&Value>) -> String {
    let pairs: Vec<String> = map
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect();
    or_none(pairs.join(","))
}

/// A label selector in one line, empty when it has no requirement.
pub(super) fn selector_text(selector: Option<&Value>) -> String {
    let Some(selector) = selector else {
        return String::new();
    };
    let mut requirements: Vec<(String, String)> = at(selector, "matchLabels")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, value)| {
            let value = value.as_str().unwrap_or_default();
            (key.clone(), format!("{key}={value}"))
        })
        .collect();
    for expression in list(selector, "matchExpressions") {
        let key = text(expression, "key");
        let mut values: Vec<&str> = list(expression, "values")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        values.sort_unstable();
        let values = values.join(",");
        let line = match text(expression, "operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        };
        requirements.push((key.to_owned(), line));
    }
    requirements.sort_by(|a, b| a.0.cmp(&b.0));
    requirements
        .into_iter()
        .map(|(_, line)| line)
        .collect::<Vec<_>>()
        .join(",")
}

/// A label selector in one line, `<none>` when it has no requirement.
pub(super) fn selector(selector: Option<&Value>) -> String {
    or_none(selector_text(selector))
}

/// The text, or `<none>` for the empty one.
pub(super) fn or_none(text: String) -> String {
    if text.is_empty() {
        "<none>".to_owned()
    } else {
        text
    }
}

/// The first entries of a list, and how many more there are.
pub(super) fn first(list: &[String], most: usize) -> String {
    let shown: Vec<&str> = list.iter().take(most).map(String::as_str).collect();
    let shown = shown.join(",");
    if list.len() > most {
        format!("{shown} + {} more...", list.len() - most)
    } else {
        shown
    }
}

/// A host with a port; IPv6 in brackets.
pub(super) fn host_port(host: &str, port: i64) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// Access modes of a volume, abbreviated, without repetition.
pub(super) fn access_modes(modes: &[Value]) -> String {
    [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ]
    .iter()
    .filter(|(mode, _)| modes.iter().any(|m| m.as_str() == Some(mode)))
    .map(|(_, short)| *short)
    .collect::<Vec<_>>()
    .join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn durations_are_said_in_two_units() {
        const S: i64 = 1000;
        const M: i64 = 60 * S;
        const H: i64 = 60 * M;
        const D: i64 = 24 * H;
        for (milliseconds, said) in [
            (-2 * S, "<invalid>"),
            (-S, "0s"),
            (0, "0s"),
            (119 * S, "119s"),
            (2 * M, "2m"),
            (9 * M + 59 * S, "9m59s"),
            (10 * M + 5 * S, "10m"),
            (179 * M, "179m"),
            (3 * H, "3h"),
            (7 * H + 59 * M, "7h59m"),
            (47 * H, "47h"),
            (2 * D, "2d"),
            (7 * D + 23 * H, "7d23h"),
            (8 * D + H, "8d"),
            (729 * D, "729d"),
            (730 * D, "2y"),
            (731 * D, "2y1d"),
            (8 * 365 * D, "8y"),
        ] {
            assert_eq!(human_duration(milliseconds), said);
        }
    }

    #[test]
    fn selectors_are_one_line_sorted_by_key() {
        let value = json!({"matchLabels": {"b": "1"}, "matchExpressions": [
            {"key": "a", "operator": "In", "values": ["y", "x"]},
            {"key": "c", "operator": "DoesNotExist"},
            {"key": "d", "operator": "Exists"}]});
        assert_eq!(selector(Some(&value)), "a in (x,y),b=1,!c,d");
        assert_eq!(selector(Some(&json!({}))), "<none>");
        assert_eq!(selector(None), "<none>");
    }
}
