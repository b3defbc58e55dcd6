//! What the naming and establishing controllers write into the status of a definition.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::object::Object;

/// The status of an accepted definition at once, as a cluster shows it a moment later.
///
/// `others` are all other definitions: a name that one of the same group has is not given twice.
/// Conditions that stay as they are keep their time of transition.
pub fn established<'a>(
    definition: &Object,
    others: impl IntoIterator<Item = &'a Object>,
    now: Timestamp,
) -> Value {
    let group = definition.at(&["spec", "group"]);
    let (mut resources, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    for other in others {
        if other.name() == definition.name() || other.at(&["spec", "group"]) != group {
            continue;
        }
        let accepted = other.at(&["status", "acceptedNames"]);
        let name = |name: &str| accepted.and_then(|names| names.get(name)?.as_str());
        resources.extend(["plural", "singular"].into_iter().filter_map(name));
        resources.extend(accepted.into_iter().flat_map(short_names));
        kinds.extend(["kind", "listKind"].into_iter().filter_map(name));
    }
    let names = definition
        .at(&["spec", "names"])
        .cloned()
        .unwrap_or_default();
    let taken = |field: &str, used: &BTreeSet<&str>| {
        let name = names.get(field)?.as_str()?;
        used.contains(name)
            .then(|| format!("{name:?} is already in use"))
    };
    let mut conflict = None;
    for (field, reason, used) in [
        ("plural", "PluralConflict", &resources),
        ("singular", "SingularConflict", &resources),
        ("shortNames", "ShortNamesConflict", &resources),
        ("kind", "KindConflict", &kinds),
        ("listKind", "ListKindConflict", &kinds),
    ] {
        let message = if field == "shortNames" {
            let mut used = short_names(&names).filter(|name| resources.contains(name));
            used.next()
                .map(|name| format!("{name:?} is already in use"))
        } else {
            taken(field, used)
        };
        conflict = message.map(|message| (reason, message)).or(conflict);
    }
    let before = definition
        .at(&["status", "conditions"])
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        let since = before
            .iter()
            .find(|c| {
                c.get("type") == Some(&kind.into()) && c.get("status") == Some(&status.into())
            })
            .and_then(|condition| condition.get("lastTransitionTime").cloned())
            .unwrap_or_else(|| now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into());
        json!({"type": kind, "status": status, "reason": reason, "message": message,
            "lastTransitionTime": since})
    };
    let was_established = before.iter().any(|c| {
        c.get("type") == Some(&"Established".into()) && c.get("status") == Some(&"True".into())
    });
    let good = condition(
        "Established",
        "True",
        "InitialNamesAccepted",
        "the initial names have been accepted",
    );
    let (accepted, conditions) = match conflict {
        None => (
            names,
            vec![
                condition("NamesAccepted", "True", "NoConflicts", "no conflicts found"),
                good,
            ],
        ),
        Some((reason, message)) => (
            definition
                .at(&["status", "acceptedNames"])
                .cloned()
                .unwrap_or_else(|| json!({"kind": "", "plural": ""})),
            vec![
                condition("NamesAccepted", "False", reason, &message),
                if was_established {
                    good
                } else {
                    condition(
                        "Established",
                        "False",
                        "NotAccepted",
                        "not all names are accepted",
                    )
                },
            ],
        ),
    };
    json!({
        "acceptedNames": accepted,
        "conditions": conditions,
        "storedVersions": definition.at(&["status", "storedVersions"]),
    })
}

fn short_names(names: &Value) -> impl Iterator<Item = &str> {
    names
        .get("shortNames")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(plural: &str, kind: &str) -> Object {
        Object::from_value(json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.example.org")},
            "spec": {"group": "example.org", "names": {"plural": plural, "singular": plural, "kind": kind,
                "listKind": format!("{kind}List")}},
            "status": {"storedVersions": ["v1"]},
        }))
        .unwrap()
    }

    #[test]
    fn names_are_given_once() {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut first = definition("foos", "Foo");
        first.set(&["status"], established(&first, [], now));
        assert_eq!(
            first.at(&["status", "conditions"]).unwrap(),
            &json!([
                {"type": "NamesAccepted", "status": "True", "reason": "NoConflicts",
                    "message": "no conflicts found", "lastTransitionTime": "2026-01-01T00:00:00Z"},
                {"type": "Established", "status": "True", "reason": "InitialNamesAccepted",
                    "message": "the initial names have been accepted",
                    "lastTransitionTime": "2026-01-01T00:00:00Z"},
            ])
        );
        let second = definition("others", "Foo");
        let status = established(&second, [&first], now);
        assert_eq!(status["conditions"][0]["status"], "False");
        assert_eq!(
            status["conditions"][0]["message"],
            "\"FooList\" is already in use"
        );
        assert_eq!(status["conditions"][1]["reason"], "NotAccepted");
    }
}
