//! The Secrets that an object names, in pods and in kinds of the field.

use serde_json::{Map, Value};

use super::document::{elements, entries, word};
use crate::object::pod_template::{self, SourceKind};

/// One place that names a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The name.
    pub name: String,
    /// The namespace, where it is not that of the object.
    pub namespace: Option<String>,
    /// The keys that are read; empty for all or none in particular.
    pub keys: Vec<String>,
    /// Whether it may be absent.
    pub is_optional: bool,
    /// JSON pointer to the name, from the object.
    pub pointer: String,
}

/// All places of an object that name a Secret which must exist.
pub fn references(object: &Value) -> Vec<Reference> {
    let mut found = Vec::new();
    pods(object, &mut String::new(), &mut found);
    let kind = object
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let api = object
        .get("apiVersion")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let group = super::document::group_of(api);
    match (group, kind) {
        ("networking.k8s.io" | "extensions", "Ingress") => {
            for (index, tls) in elements(object.pointer("/spec/tls")) {
                add(
                    tls,
                    "secretName",
                    None,
                    &format!("/spec/tls/{index}"),
                    &mut found,
                );
            }
        }
        ("", "ServiceAccount") => {
            for list in ["imagePullSecrets", "secrets"] {
                for (index, one) in elements(object.get(list)) {
                    add(one, "name", None, &format!("/{list}/{index}"), &mut found);
                }
            }
        }
        ("gateway.networking.k8s.io", "Gateway") => gateway(object, &mut found),
        ("traefik.io" | "traefik.containo.us", "IngressRoute" | "IngressRouteTCP") => {
            at(object, "/spec/tls", "secretName", None, &mut found);
        }
        ("traefik.io" | "traefik.containo.us", "Middleware") => {
            at(object, "/spec/basicAuth", "secret", None, &mut found);
            at(object, "/spec/digestAuth", "secret", None, &mut found);
        }
        ("source.toolkit.fluxcd.io" | "image.toolkit.fluxcd.io", _) => {
            at(object, "/spec/secretRef", "name", None, &mut found);
            at(object, "/spec/certSecretRef", "name", None, &mut found);
        }
        ("notification.toolkit.fluxcd.io", _) => {
            at(object, "/spec/secretRef", "name", None, &mut found)
        }
        ("kustomize.toolkit.fluxcd.io", "Kustomization") => {
            at(
                object,
                "/spec/decryption/secretRef",
                "name",
                None,
                &mut found,
            );
            at(
                object,
                "/spec/kubeConfig/secretRef",
                "name",
                None,
                &mut found,
            );
            for (index, one) in elements(object.pointer("/spec/postBuild/substituteFrom")) {
                if one.get("kind").and_then(Value::as_str) == Some("Secret") {
                    add(
                        one,
                        "name",
                        None,
                        &format!("/spec/postBuild/substituteFrom/{index}"),
                        &mut found,
                    );
                }
            }
        }
        ("helm.toolkit.fluxcd.io", "HelmRelease") => {
            for (index, one) in elements(object.pointer("/spec/valuesFrom")) {
                if one.get("kind").and_then(Value::as_str) == Some("Secret") {
                    let pointer = format!("/spec/valuesFrom/{index}");
                    let before = found.len();
                    add(one, "name", None, &pointer, &mut found);
                    let key = one
                        .get("valuesKey")
                        .and_then(Value::as_str)
                        .unwrap_or("values.yaml");
                    if let Some(added) = found.get_mut(before) {
                        added.keys.push(key.to_owned());
                    }
                }
            }
        }
        ("monitoring.coreos.com", "ServiceMonitor" | "PodMonitor") => {
            for list in ["endpoints", "podMetricsEndpoints"] {
                for (index, one) in elements(object.pointer(&format!("/spec/{list}"))) {
                    for path in [
                        "basicAuth/username",
                        "basicAuth/password",
                        "bearerTokenSecret",
                    ] {
                        let pointer = format!("/spec/{list}/{index}/{path}");
                        if let Some(holder) = one.pointer(&format!("/{path}")) {
                            add(holder, "name", Some("key"), &pointer, &mut found);
                        }
                    }
                }
            }
        }
        ("keda.sh", "TriggerAuthentication") => {
            for (index, one) in elements(object.pointer("/spec/secretTargetRef")) {
                add(
                    one,
                    "name",
                    Some("key"),
                    &format!("/spec/secretTargetRef/{index}"),
                    &mut found,
                );
            }
        }
        ("argoproj.io", "AnalysisTemplate" | "AnalysisRun") => {
            for (index, one) in elements(object.pointer("/spec/args")) {
                let pointer = format!("/spec/args/{index}/valueFrom/secretKeyRef");
                if let Some(holder) = one.pointer("/valueFrom/secretKeyRef") {
                    add(holder, "name", Some("key"), &pointer, &mut found);
                }
            }
        }
        ("postgresql.cnpg.io", "Cluster") => {
            at(
                object,
                "/spec/bootstrap/initdb/secret",
                "name",
                None,
                &mut found,
            );
            at(object, "/spec/superuserSecret", "name", None, &mut found);
        }
        _ => {}
    }
    found
}

fn gateway(object: &Value, found: &mut Vec<Reference>) {
    for (index, listener) in elements(object.pointer("/spec/listeners")) {
        for (number, one) in elements(listener.pointer("/tls/certificateRefs")) {
            let kind = one.get("kind").and_then(Value::as_str).unwrap_or("Secret");
            if kind == "Secret" {
                let before = found.len();
                let pointer = format!("/spec/listeners/{index}/tls/certificateRefs/{number}");
                add(one, "name", None, &pointer, found);
                if let Some(added) = found.get_mut(before) {
                    added.namespace = one
                        .get("namespace")
                        .and_then(Value::as_str)
                        .map(str::to_owned);
                }
            }
        }
    }
}

fn at(object: &Value, pointer: &str, field: &str, key: Option<&str>, found: &mut Vec<Reference>) {
    if let Some(holder) = object.pointer(pointer) {
        add(holder, field, key, pointer, found);
    }
}

fn add(holder: &Value, field: &str, key: Option<&str>, pointer: &str, found: &mut Vec<Reference>) {
    let Some(name) = holder
        .get(field)
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty())
    else {
        return;
    };
    let key = key.and_then(|key| holder.get(key)).and_then(Value::as_str);
    found.push(Reference {
        name: name.to_owned(),
        namespace: None,
        keys: key.map(str::to_owned).into_iter().collect(),
        is_optional: holder.get("optional").and_then(Value::as_bool) == Some(true),
        pointer: format!("{pointer}/{field}"),
    });
}

/// Pods at any depth: what has a `spec` with containers.
fn pods(value: &Value, pointer: &mut String, found: &mut Vec<Reference>) {
    let length = pointer.len();
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                if is_pod_spec(inner) {
                    pod(name, value, inner, pointer, found);
                    continue;
                }
                if inner.is_object() || inner.is_array() {
                    pointer.push('/');
                    pointer.push_str(&word(name));
                    pods(inner, pointer, found);
                    pointer.truncate(length);
                }
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                pods(inner, pointer, found);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

/// Whether a value has the form of a pod's `spec`.
pub fn is_pod_spec(value: &Value) -> bool {
    ["containers", "initContainers", "ephemeralContainers"]
        .iter()
        .any(|list| {
            elements(value.get(*list)).any(|(_, one)| one.get("name").is_some_and(Value::is_string))
        })
}

fn pod(name: &str, holder: &Value, spec: &Value, pointer: &str, found: &mut Vec<Reference>) {
    let whole;
    let template = if name == "spec" {
        holder
    } else {
        whole = Value::Object(Map::from_iter([("spec".to_owned(), spec.clone())]));
        &whole
    };
    for reference in pod_template::references(template) {
        if reference.kind != SourceKind::Secret {
            continue;
        }
        let inner = reference
            .pointer
            .strip_prefix("/spec")
            .unwrap_or(&reference.pointer);
        let mut keys: Vec<String> = reference.key.into_iter().collect();
        // Volumes list their keys beside the name.
        if let Some(around) = inner
            .rsplit_once('/')
            .and_then(|(around, _)| spec.pointer(around))
        {
            let items = elements(around.get("items"));
            keys.extend(items.filter_map(|(_, item)| item.get("key")?.as_str().map(str::to_owned)));
        }
        found.push(Reference {
            name: reference.name,
            namespace: reference.namespace,
            keys,
            is_optional: reference.is_optional,
            pointer: format!("{pointer}/{}{inner}", word(name)),
        });
    }
}

/// The containers of all pods within a value, each with a JSON pointer to it.
pub fn containers(value: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    walk_containers(value, &mut String::new(), &mut found);
    found
}

fn walk_containers<'v>(
    value: &'v Value,
    pointer: &mut String,
    found: &mut Vec<(String, &'v Value)>,
) {
    let length = pointer.len();
    for (name, inner) in entries(Some(value)) {
        pointer.push('/');
        pointer.push_str(&word(name));
        if matches!(
            name,
            "containers" | "initContainers" | "ephemeralContainers"
        ) {
            for (index, container) in elements(Some(inner)) {
                if container.is_object() {
                    found.push((format!("{pointer}/{index}"), container));
                }
            }
        } else {
            walk_containers(inner, pointer, found);
        }
        pointer.truncate(length);
    }
    for (index, inner) in elements(Some(value)) {
        pointer.push_str(&format!("/{index}"));
        walk_containers(inner, pointer, found);
        pointer.truncate(length);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_found_in_pods_of_any_kind_and_in_known_kinds() {
        let volume = json!({"name": "v", "secret": {"secretName": "a", "items": [{"key": "k", "path": "p"}]}});
        let spec = json!({"containers": [{"name": "c", "env": [
            {"name": "A", "valueFrom": {"secretKeyRef": {"name": "b", "key": "x", "optional": true}}}]}], "volumes": [volume]});
        let rollout = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "spec": {"template": {"spec": spec}}});
        let found = references(&rollout);
        let shown: Vec<_> = found
            .iter()
            .map(|one| (one.name.as_str(), one.keys.join(","), one.is_optional))
            .collect();
        assert_eq!(
            shown,
            [("b", "x".to_owned(), true), ("a", "k".to_owned(), false)]
        );
        for one in &found {
            assert_eq!(rollout.pointer(&one.pointer).unwrap(), one.name.as_str());
        }
        let odd = json!({"apiVersion": "x/v1", "kind": "Y", "jobs": [{"podSpec": spec}]});
        assert_eq!(
            references(&odd)[1].pointer,
            "/jobs/0/podSpec/volumes/0/secret/secretName"
        );
        let ingress = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": {"tls": [{"secretName": "t"}]}});
        assert_eq!(references(&ingress)[0].pointer, "/spec/tls/0/secretName");
        assert_eq!(containers(&odd)[0].0, "/jobs/0/podSpec/containers/0");
    }
}
