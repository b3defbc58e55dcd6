//! Conditions in a status: finding, setting and taking them away, as the workload controllers do it.

use serde_json::{Map, Value};

/// The condition of a type.
pub fn find<'a>(conditions: &'a [Value], kind: &str) -> Option<&'a Value> {
    conditions
        .iter()
        .find(|condition| type_of(condition) == kind)
}

/// A text field of a condition, empty where it is absent.
pub fn field<'a>(condition: &'a Value, name: &str) -> &'a str {
    condition
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Whether the condition of a type is True.
pub fn is_true(conditions: &[Value], kind: &str) -> bool {
    find(conditions, kind).is_some_and(|condition| field(condition, "status") == "True")
}

/// Sets a condition at the end of the list, unless one of the same type, status and reason is there.
///
/// With the same status the time of the last transition stays. Mirrors `SetDeploymentCondition`.
pub fn set(conditions: &mut Vec<Value>, mut condition: Map<String, Value>) {
    let kind = condition.get("type").cloned().unwrap_or_default();
    let kind = kind.as_str().unwrap_or_default();
    if let Some(current) = find(conditions, kind) {
        let same = |name: &str| current.get(name) == condition.get(name);
        if same("status") && same("reason") {
            return;
        }
        if same("status")
            && let Some(time) = current.get("lastTransitionTime")
        {
            condition.insert("lastTransitionTime".into(), time.clone());
        }
    }
    remove(conditions, kind);
    conditions.push(Value::Object(condition));
}

/// Takes the condition of a type away.
pub fn remove(conditions: &mut Vec<Value>, kind: &str) {
    conditions.retain(|condition| type_of(condition) != kind);
}

fn type_of(condition: &Value) -> &str {
    field(condition, "type")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn keeps_what_did_not_change() {
        let first =
            json!({"type": "A", "status": "True", "reason": "R", "lastTransitionTime": "1"});
        let mut all = vec![first.clone(), json!({"type": "B", "status": "True"})];
        set(
            &mut all,
            map(json!({"type": "A", "status": "True", "reason": "R", "lastTransitionTime": "2"})),
        );
        assert_eq!(all.first(), Some(&first));
        set(
            &mut all,
            map(json!({"type": "A", "status": "True", "reason": "S", "lastTransitionTime": "2"})),
        );
        assert_eq!(
            all.last(),
            Some(&json!({"type": "A", "status": "True", "reason": "S", "lastTransitionTime": "1"}))
        );
        set(
            &mut all,
            map(json!({"type": "A", "status": "False", "reason": "S", "lastTransitionTime": "3"})),
        );
        assert_eq!(
            find(&all, "A").map(|a| field(a, "lastTransitionTime")),
            Some("3")
        );
        assert!(!is_true(&all, "A") && is_true(&all, "B"));
    }
}
