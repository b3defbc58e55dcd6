//! The values of a running container's environment, as they were when it started. They never leave this process.

use std::collections::BTreeMap;

use serde_json::Value;

use super::reading::{Reading, SourceKey, Versions};
use crate::{
    api::base64,
    object::{Object, pod_template::SourceKind},
    secret::Hidden,
    workload::field,
};

/// The environment of one running container.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Environment {
    /// Values by name.
    pub values: BTreeMap<String, Hidden<String>>,
    /// Names of Secrets and ConfigMaps whose content at the start of the container nobody knows any more.
    pub forgotten: Vec<String>,
}

/// What a container of a pod was started with, if what it read is known for the run that its status shows.
pub fn environment(pod: &Object, container: &Value, reading: &Reading) -> Option<Environment> {
    let name = text(container, "name");
    let (run, versions) = reading.environments.get(name)?;
    let shown = field::list(pod, &["status", "containerStatuses"])
        .iter()
        .find(|status| text(status, "name") == name)?;
    if text(shown, "containerID") != run {
        return None;
    }
    Some(read(pod, container, versions))
}

/// Reads `envFrom`, then `env`: later values stand over earlier ones, and may name them as `$(NAME)`.
pub(super) fn read(pod: &Object, container: &Value, versions: &Versions) -> Environment {
    let mut found = Environment::default();
    for source in list(container, "envFrom") {
        let prefix = text(source, "prefix");
        for (kind, field) in [
            (SourceKind::ConfigMap, "configMapRef"),
            (SourceKind::Secret, "secretRef"),
        ] {
            let Some(object) = source
                .get(field)
                .and_then(|named| found.source(versions, kind, text(named, "name")))
            else {
                continue;
            };
            let items = object.at(&["data"]).and_then(Value::as_object);
            for key in items.into_iter().flatten().map(|(key, _)| key) {
                if let Some(value) = item(object, kind, key) {
                    found.values.insert(format!("{prefix}{key}"), value);
                }
            }
        }
    }
    for variable in list(container, "env") {
        let name = text(variable, "name").to_owned();
        let value = match variable.get("valueFrom") {
            None => Some(Hidden::new(found.expand(text(variable, "value")))),
            Some(from) => found.referenced(pod, from, versions),
        };
        if let Some(value) = value {
            found.values.insert(name, value);
        }
    }
    found
}

impl Environment {
    fn source<'a>(
        &mut self,
        versions: &'a Versions,
        kind: SourceKind,
        name: &str,
    ) -> Option<&'a Object> {
        let key = SourceKey {
            kind,
            name: name.to_owned(),
        };
        match versions.get(&key) {
            Some(version) => version.as_deref(),
            None => {
                let name = format!("{} {name}", kind.as_str());
                if !self.forgotten.contains(&name) {
                    self.forgotten.push(name);
                }
                None
            }
        }
    }

    fn referenced(
        &mut self,
        pod: &Object,
        from: &Value,
        versions: &Versions,
    ) -> Option<Hidden<String>> {
        for (kind, field) in [
            (SourceKind::ConfigMap, "configMapKeyRef"),
            (SourceKind::Secret, "secretKeyRef"),
        ] {
            if let Some(named) = from.get(field) {
                let object = self.source(versions, kind, text(named, "name"))?;
                return item(object, kind, text(named, "key"));
            }
        }
        let path = text(from.get("fieldRef")?, "fieldPath");
        let path: Vec<&str> = path.split('.').collect();
        let value = pod.at(&path)?.as_str()?;
        Some(Hidden::new(value.to_owned()))
    }

    /// Puts values in the place of `$(NAME)`; `$$` is a plain `$`, and unknown names stay.
    fn expand(&self, text: &str) -> String {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            expanded.push_str(before);
            if let Some(after) = after.strip_prefix('$') {
                expanded.push('$');
                rest = after;
                continue;
            }
            let named = after
                .strip_prefix('(')
                .and_then(|inner| inner.split_once(')'));
            match named.and_then(|(name, after)| Some((self.values.get(name)?, after))) {
                Some((value, after)) => {
                    expanded.push_str(value.expose());
                    rest = after;
                }
                None => {
                    expanded.push('$');
                    rest = after;
                }
            }
        }
        expanded.push_str(rest);
        expanded
    }
}

/// One item of a source, as text.
pub(super) fn item(object: &Object, kind: SourceKind, key: &str) -> Option<Hidden<String>> {
    let text = object.at(&["data", key])?.as_str()?;
    if kind == SourceKind::ConfigMap {
        return Some(Hidden::new(text.to_owned()));
    }
    let bytes = base64::decode(text).ok()?;
    String::from_utf8(bytes).ok().map(Hidden::new)
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value
        .get(field)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    fn source(kind: SourceKind, name: &str, data: Value) -> (SourceKey, Option<Arc<Object>>) {
        let object = Object::from_value(json!({"apiVersion": "v1", "kind": kind.as_str(),
            "metadata": {"name": name}, "data": data}))
        .unwrap();
        let name = name.to_owned();
        (SourceKey { kind, name }, Some(Arc::new(object)))
    }

    #[test]
    fn later_values_stand_over_earlier_ones() {
        let pod = Object::from_value(
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1"}}),
        )
        .unwrap();
        let container = json!({"name": "c",
            "envFrom": [
                {"configMapRef": {"name": "plain"}},
                {"secretRef": {"name": "hidden"}, "prefix": "P_"},
                {"secretRef": {"name": "lost"}},
                {"secretRef": {"name": "absent", "optional": true}}],
            "env": [
                {"name": "A", "value": "over"},
                {"name": "URL", "value": "db://$(P_USER)@$(HOST)/$$x$(NONE)"},
                {"name": "ONE", "valueFrom": {"secretKeyRef": {"name": "hidden", "key": "USER"}}},
                {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "NO", "valueFrom": {"configMapKeyRef": {"name": "plain", "key": "no"}}}]});
        let mut versions: Versions = [
            source(
                SourceKind::ConfigMap,
                "plain",
                json!({"A": "a", "HOST": "h"}),
            ),
            source(
                SourceKind::Secret,
                "hidden",
                json!({"USER": base64::encode(b"me"), "BAD": "?"}),
            ),
        ]
        .into();
        let absent = SourceKey {
            kind: SourceKind::Secret,
            name: "absent".to_owned(),
        };
        versions.insert(absent, None);
        let found = read(&pod, &container, &versions);
        let shown: Vec<(&str, &str)> = found
            .values
            .iter()
            .map(|(name, value)| (name.as_str(), value.expose().as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                ("A", "over"),
                ("HOST", "h"),
                ("ONE", "me"),
                ("POD", "web-1"),
                ("P_USER", "me"),
                ("URL", "db://me@h/$x$(NONE)"),
            ]
        );
        assert_eq!(found.forgotten, ["Secret lost"]);
        assert!(!format!("{found:?}").contains("me@"));
    }
}
