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

/// Sets a condition, unless status and reason are what they were; tells whether it did.
pub fn set(
    status: &mut Map<String, Value>,
    kind: &str,
    (state, reason, message): (&str, &str, &str),
    now: Timestamp,
) -> bool {
    let mut since = stamp(now);
    if let Some(before) = find(status, kind)
        && text(before, "status") == state
    {
        let is_same = text(before, "reason") == reason;
        if is_same && (kind != "InvalidSpec" || text(before, "message") == message) {
            return false;
        }
        if !is_same {
            text(before, "lastTransitionTime").clone_into(&mut since);
        }
    }
    put(status, kind, (state, reason, message), &since, now);
    true
}

/// Sets a condition whatever it was, so that its last update is now; `before` says since when it is what it is.
pub fn renew(
    status: &mut Map<String, Value>,
    before: &Map<String, Value>,
    kind: &str,
    (state, reason, message): (&str, &str, &str),
    now: Timestamp,
) {
    let since = find(before, kind)
        .filter(|before| text(before, "status") == state)
        .map(|before| text(before, "lastTransitionTime").to_owned());
    let since = since.unwrap_or_else(|| stamp(now));
    put(status, kind, (state, reason, message), &since, now);
}

fn put(
    status: &mut Map<String, Value>,
    kind: &str,
    (state, reason, message): (&str, &str, &str),
    since: &str,
    now: Timestamp,
) {
    remove(status, kind);
    let condition = json!({"type": kind, "status": state, "reason": reason, "message": message,
        "lastTransitionTime": since, "lastUpdateTime": stamp(now)});
    match status.get_mut("conditions").and_then(Value::as_array_mut) {
        Some(conditions) => conditions.push(condition),
        None => {
            status.insert("conditions".into(), json!([condition]));
        }
    }
}

/// Takes a condition away.
pub fn remove(status: &mut Map<String, Value>, kind: &str) {
    if let Some(conditions) = status.get_mut("conditions").and_then(Value::as_array_mut) {
        conditions.retain(|condition| text(condition, "type") != kind);
    }
}
