//! Conditions of a Rollout: rewritten only when status or reason change.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// An instant as Kubernetes writes it: whole seconds.
pub fn stamp(now: Timestamp) -> String {
    Timestamp::from_second(now.as_second())
        .unwrap_or(now)
        .to_string()
}

/// The condition of a type.
pub fn find<'a>(status: &'a Map<String, Value>, kind: &str) -> Option<&'a Value> {
    status
        .get("conditions")?
        .as_array()?
        .iter()
        .find(|condition| text(condition, "type") == kind)
}

/// The reason of a condition, empty where there is none.
pub fn reason<'a>(status: &'a Map<String, Value>, kind: &str) -> &'a str {
    find(status, kind).map_or("", |condition| text(condition, "reason"))
}

/// A text of a condition.
pub fn text<'a>(condition: &'a Value, field: &str) -> &'a str {
    condition
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Sets a condition, unless status and reason are what they were.
pub fn set(
    status: &mut Map<String, Value>,
    kind: &str,
    (state, reason, message): (&str, &str, &str),
    now: Timestamp,
) {
    let mut transition = stamp(now);
    if let Some(before) = find(status, kind) {
        if text(before, "status") == state {
            if text(before, "reason") == reason
                && (kind != "InvalidSpec" || text(before, "message") == message)
            {
                return;
            }
            text(before, "lastTransitionTime").clone_into(&mut transition);
        }
    }
    remove(status, kind);
    let condition = json!({"type": kind, "status": state, "reason": reason, "message": message,
        "lastTransitionTime": transition, "lastUpdateTime": stamp(now)});
    match status.get_mut("conditions").and_then(Value::as_array_mut) {
        Some(conditions) => conditions.push(condition),
        None => {
            status.insert("conditions".into(), json!([condition]));
        }
    }
}

/// Notes that something moved.
pub fn touch(status: &mut Map<String, Value>, kind: &str, now: Timestamp) {
    let conditions = status.get_mut("conditions").and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten() {
        if text(condition, "type") == kind
            && let Some(condition) = condition.as_object_mut()
        {
            condition.insert("lastUpdateTime".into(), stamp(now).into());
        }
    }
}

/// Takes a condition away.
pub fn remove(status: &mut Map<String, Value>, kind: &str) {
    if let Some(conditions) = status.get_mut("conditions").and_then(Value::as_array_mut) {
        conditions.retain(|condition| text(condition, "type") != kind);
    }
}
