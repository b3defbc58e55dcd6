//! Whether a definition is accepted, and what a server fills in.

use serde_json::{Value, json};

use super::{names::subdomain, spec_rules};
use crate::{object::Object, sandbox::error::Cause};

/// By whom a definition in a group of the Kubernetes community must be approved.
const APPROVAL: &str = "api-approved.kubernetes.io";
const APPROVAL_RULE: &str = "see https://github.com/kubernetes/enhancements/pull/1111";

/// Fills in what a definition may leave out: singular, list kind, conversion and the stored version
/// (`pkg/apis/apiextensions/v1/defaults.go`).
pub fn complete(definition: &mut Object) {
    let names = |name: &str, definition: &Object| {
        let value = definition.at(&["spec", "names", name]);
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let kind = names("kind", definition);
    if !kind.is_empty() {
        if names("singular", definition).is_empty() {
            definition.set(&["spec", "names", "singular"], kind.to_lowercase().into());
        }
        if names("listKind", definition).is_empty() {
            definition.set(&["spec", "names", "listKind"], format!("{kind}List").into());
        }
    }
    if definition
        .at(&["spec", "conversion"])
        .is_none_or(Value::is_null)
    {
        definition.set(&["spec", "conversion"], json!({"strategy": "None"}));
    }
    // A version once stored stays named until somebody has migrated the objects.
    let mut stored = definition
        .at(&["status", "storedVersions"])
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let storage = versions(definition)
        .find(|version| version.get("storage") == Some(&Value::Bool(true)))
        .and_then(|version| version.get("name"));
    if let Some(name) = storage
        && !stored.contains(name)
    {
        stored.push(name.clone());
    }
    definition.set(&["status", "storedVersions"], stored.into());
}

/// Judges a completed definition, new or in place of an old one.
///
/// # Errors
/// Everything that is wrong with it: the causes of a 422.
pub fn accept(definition: &Object, old: Option<&Object>) -> Result<(), Vec<Cause>> {
    let spec = definition.at(&["spec"]).unwrap_or(&Value::Null);
    let part = |pointer: &str| {
        let value = spec.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_default()
    };
    let mut found = Vec::new();
    let name = definition.name();
    let wanted = format!("{}.{}", part("/names/plural"), part("/group"));
    let wrong = subdomain(name)
        .into_iter()
        .chain((name != wanted).then(|| r#"must be spec.names.plural+"."+spec.group"#.to_owned()));
    for rule in wrong {
        found.push(Cause::invalid("metadata.name", &name.into(), &rule));
    }
    found.extend(spec_rules::check(spec));
    if let Some(old) = old {
        let old_spec = old.at(&["spec"]).unwrap_or(&Value::Null);
        spec_rules::check_update(spec, old_spec, is_established(old), &mut found);
    }
    stored_versions(definition, &mut found);
    approval(definition, part("/group"), old, &mut found);
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// What a client is to be told though the definition is accepted, as texts of `Warning` headers.
pub fn warnings(definition: &Object) -> Vec<String> {
    versions(definition)
        .filter(|version| {
            version
                .pointer("/schema/openAPIV3Schema")
                .is_some_and(has_rules)
        })
        .map(|version| {
            let name = version.get("name").and_then(Value::as_str);
            let name = name.unwrap_or_default();
            format!(
                "version {name} of {}: x-kubernetes-validations are kept, but the sandbox does not evaluate them",
                definition.name()
            )
        })
        .collect()
}

fn has_rules(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => map.iter().any(|(name, value)| {
            let rules = value.as_array().is_some_and(|rules| !rules.is_empty());
            (name == "x-kubernetes-validations" && rules) || has_rules(value)
        }),
        Value::Array(list) => list.iter().any(has_rules),
        _ => false,
    }
}

fn is_established(definition: &Object) -> bool {
    definition
        .at(&["status", "conditions"])
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .any(|condition| {
            condition.get("type") == Some(&"Established".into())
                && condition.get("status") == Some(&"True".into())
        })
}

fn versions(definition: &Object) -> impl Iterator<Item = &Value> {
    definition
        .at(&["spec", "versions"])
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn stored_versions(definition: &Object, found: &mut Vec<Cause>) {
    let stored = definition
        .at(&["status", "storedVersions"])
        .and_then(Value::as_array);
    let path = "status.storedVersions";
    let list = stored.map(Vec::as_slice).unwrap_or_default();
    if list.is_empty() {
        let rule = "must have at least one stored version";
        found.push(Cause::invalid(path, &Value::Null, rule));
    }
    for version in versions(definition) {
        let name = version.get("name").unwrap_or(&Value::Null);
        if version.get("storage") == Some(&Value::Bool(true)) && !list.contains(name) {
            let rule = format!(
                "must have the storage version {}",
                name.as_str().unwrap_or_default()
            );
            found.push(Cause::invalid(path, &list.to_vec().into(), &rule));
        }
    }
    for (index, stored) in stored.into_iter().flatten().enumerate() {
        if !versions(definition).any(|version| version.get("name") == Some(stored)) {
            let name = stored.as_str().unwrap_or_default();
            let rule = format!(
                "missing from spec.versions; {name} was previously a storage version, and must \
                 remain in spec.versions until a storage migration ensures no data remains \
                 persisted in {name} and removes {name} from status.storedVersions"
            );
            let at = format!("status.storedVersions[{index}]");
            found.push(Cause::invalid(at, stored, &rule));
        }
    }
}

fn approval(definition: &Object, group: &str, old: Option<&Object>, found: &mut Vec<Cause>) {
    let protected = ["k8s.io", "kubernetes.io"].iter().any(|domain| {
        group == *domain
            || group
                .strip_suffix(domain)
                .is_some_and(|rest| rest.ends_with('.'))
    });
    let approved = definition.annotation(APPROVAL);
    if !protected || old.is_some_and(|old| old.annotation(APPROVAL) == approved) {
        return;
    }
    let at = format!("metadata.annotations[{APPROVAL}]");
    match approved {
        None | Some("") => found.push(Cause::required(
            at,
            &format!(
                "protected groups must have approval annotation {APPROVAL:?}, {APPROVAL_RULE}"
            ),
        )),
        Some(text) if text.starts_with("unapproved") => {}
        Some(text) if text.starts_with("https://") || text.starts_with("http://") => {}
        Some(text) => found.push(Cause::invalid(
            at,
            &text.into(),
            &format!(
                "protected groups must have approval annotation {APPROVAL:?} with either a URL or \
                 a reason starting with \"unapproved\", {APPROVAL_RULE}"
            ),
        )),
    }
}

#[cfg(test)]
mod tests;
