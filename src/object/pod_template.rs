//! Finding and replacing the Secrets and ConfigMaps that a pod template names.

use serde_json::Value;

/// What kind of object a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// A Secret.
    Secret,
    /// A ConfigMap.
    ConfigMap,
}

impl SourceKind {
    /// The kind as manifests spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "Secret",
            Self::ConfigMap => "ConfigMap",
        }
    }
}

/// Where in a pod template a reference stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The environment of a container (ordinary, init or ephemeral), by the container's name.
    Environment(String),
    /// A volume, by its name.
    Volume(String),
    /// The credentials for pulling images.
    ImagePull,
}

/// One place in a pod template that names a Secret or a ConfigMap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// What is named.
    pub kind: SourceKind,
    /// The name.
    pub name: String,
    /// The namespace, where it is not that of the pod.
    pub namespace: Option<String>,
    /// What reads it.
    pub place: Place,
    /// The only key that is read, if not all are.
    pub key: Option<String>,
    /// Whether the pod starts without it.
    pub is_optional: bool,
    /// JSON pointer to the name, from the template (or from the pod).
    pub pointer: String,
}

/// Volume types that name a Secret: type, path below it to the name, and its field for another namespace.
const SECRET_VOLUMES: &[(&str, &[&str], Option<&str>)] = &[
    ("azureFile", &["secretName"], Some("secretNamespace")),
    ("cephfs", &["secretRef", "name"], None),
    ("cinder", &["secretRef", "name"], None),
    ("csi", &["nodePublishSecretRef", "name"], None),
    ("flexVolume", &["secretRef", "name"], None),
    ("iscsi", &["secretRef", "name"], None),
    ("rbd", &["secretRef", "name"], None),
    ("scaleIO", &["secretRef", "name"], None),
    ("secret", &["secretName"], None),
    ("storageos", &["secretRef", "name"], None),
];

/// The lists of containers of a pod.
const CONTAINERS: &[&str] = &["initContainers", "containers", "ephemeralContainers"];

/// All references of a pod template (or a pod: anything with a pod's `spec`), in the order of the template's parts.
///
/// Empty names are none: the API server takes them for absent.
pub fn references(template: &Value) -> Vec<Reference> {
    let mut found = Found(Vec::new());
    let Some(spec) = template.get("spec") else {
        return found.0;
    };
    for list in CONTAINERS {
        for (index, container) in items(spec, list) {
            found.container(container, &format!("/spec/{list}/{index}"));
        }
    }
    for (index, volume) in items(spec, "volumes") {
        found.volume(volume, &format!("/spec/volumes/{index}"));
    }
    for (index, secret) in items(spec, "imagePullSecrets") {
        let base = format!("/spec/imagePullSecrets/{index}");
        found.add(
            SourceKind::Secret,
            &Place::ImagePull,
            secret,
            &["name"],
            &base,
        );
    }
    found.0
}

/// Gives references other names, and says how many changed; where `rename` gives `None` the name stays.
pub fn replace(
    template: &mut Value,
    mut rename: impl FnMut(&Reference) -> Option<String>,
) -> usize {
    let mut changed = 0;
    for reference in references(template) {
        let Some(name) = rename(&reference).filter(|name| *name != reference.name) else {
            continue;
        };
        if let Some(slot) = template.pointer_mut(&reference.pointer) {
            *slot = name.into();
            changed += 1;
        }
    }
    changed
}

fn items<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    value
        .get(field)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value
        .get(field)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

struct Found(Vec<Reference>);

impl Found {
    /// Notes the name at a path below `holder`; the map around the name says whether it is optional, and its key.
    fn add(&mut self, kind: SourceKind, place: &Place, holder: &Value, path: &[&str], base: &str) {
        let Some((field, parents)) = path.split_last() else {
            return;
        };
        let map = parents
            .iter()
            .try_fold(holder, |value, parent| value.get(*parent));
        let Some(map) = map else {
            return;
        };
        let Some(name) = text(map, field) else {
            return;
        };
        self.0.push(Reference {
            kind,
            name: name.to_owned(),
            namespace: None,
            place: place.clone(),
            key: text(map, "key").map(str::to_owned),
            is_optional: map.get("optional").and_then(Value::as_bool) == Some(true),
            pointer: format!("{base}/{}", path.join("/")),
        });
    }

    fn container(&mut self, container: &Value, base: &str) {
        use SourceKind::{ConfigMap, Secret};
        let place = Place::Environment(text(container, "name").unwrap_or_default().to_owned());
        for (index, source) in items(container, "envFrom") {
            let base = format!("{base}/envFrom/{index}");
            self.add(ConfigMap, &place, source, &["configMapRef", "name"], &base);
            self.add(Secret, &place, source, &["secretRef", "name"], &base);
        }
        for (index, variable) in items(container, "env") {
            let base = format!("{base}/env/{index}/valueFrom");
            let Some(source) = variable.get("valueFrom") else {
                continue;
            };
            self.add(
                ConfigMap,
                &place,
                source,
                &["configMapKeyRef", "name"],
                &base,
            );
            self.add(Secret, &place, source, &["secretKeyRef", "name"], &base);
        }
    }

    fn volume(&mut self, volume: &Value, base: &str) {
        use SourceKind::{ConfigMap, Secret};
        let place = Place::Volume(text(volume, "name").unwrap_or_default().to_owned());
        self.add(ConfigMap, &place, volume, &["configMap", "name"], base);
        for (kind, path, elsewhere) in SECRET_VOLUMES {
            let Some(source) = volume.get(kind) else {
                continue;
            };
            let before = self.0.len();
            self.add(Secret, &place, source, path, &format!("{base}/{kind}"));
            if let (Some(field), Some(added)) = (elsewhere, self.0.get_mut(before)) {
                added.namespace = text(source, field).map(str::to_owned);
            }
        }
        let Some(projected) = volume.get("projected") else {
            return;
        };
        for (index, source) in items(projected, "sources") {
            let base = format!("{base}/projected/sources/{index}");
            self.add(ConfigMap, &place, source, &["configMap", "name"], &base);
            self.add(Secret, &place, source, &["secret", "name"], &base);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A template that names something in every place there is.
    fn everything() -> Value {
        json!({"spec": {
            "initContainers": [{"name": "init", "envFrom": [{"secretRef": {"name": "s-init"}}]}],
            "containers": [{"name": "main",
                "envFrom": [{"configMapRef": {"name": "c-from", "optional": true}}, {"secretRef": {"name": "s-from"}}],
                "env": [
                    {"name": "PLAIN", "value": "v"},
                    {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s-env", "key": "k"}}},
                    {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "c-env", "key": "k", "optional": true}}},
                    {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]}],
            "ephemeralContainers": [{"name": "debug",
                "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s-debug", "key": "k"}}}]}],
            "volumes": [
                {"name": "v0", "secret": {"secretName": "s-volume", "optional": true}},
                {"name": "v1", "configMap": {"name": "c-volume"}},
                {"name": "v2", "projected": {"sources": [
                    {"secret": {"name": "s-projected"}}, {"configMap": {"name": "c-projected"}},
                    {"downwardAPI": {}}]}},
                {"name": "v3", "csi": {"driver": "d", "nodePublishSecretRef": {"name": "s-csi"}}},
                {"name": "v4", "azureFile": {"secretName": "s-azure", "secretNamespace": "other"}},
                {"name": "v5", "cephfs": {"secretRef": {"name": "s-cephfs"}}},
                {"name": "v6", "cinder": {"secretRef": {"name": "s-cinder"}}},
                {"name": "v7", "flexVolume": {"secretRef": {"name": "s-flex"}}},
                {"name": "v8", "iscsi": {"secretRef": {"name": "s-iscsi"}}},
                {"name": "v9", "rbd": {"secretRef": {"name": "s-rbd"}}},
                {"name": "v10", "scaleIO": {"secretRef": {"name": "s-scaleio"}}},
                {"name": "v11", "storageos": {"secretRef": {"name": "s-storageos"}}},
                {"name": "v12", "emptyDir": {}}],
            "imagePullSecrets": [{"name": "s-pull"}, {"name": ""}],
        }})
    }

    #[test]
    fn finds_every_reference() {
        let template = everything();
        let found = references(&template);
        let names: Vec<&str> = found.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "s-init",
                "c-from",
                "s-from",
                "s-env",
                "c-env",
                "s-debug",
                "s-volume",
                "c-volume",
                "s-projected",
                "c-projected",
                "s-csi",
                "s-azure",
                "s-cephfs",
                "s-cinder",
                "s-flex",
                "s-iscsi",
                "s-rbd",
                "s-scaleio",
                "s-storageos",
                "s-pull"
            ]
        );
        for reference in &found {
            let kind = if reference.name.starts_with("s-") {
                SourceKind::Secret
            } else {
                SourceKind::ConfigMap
            };
            assert_eq!(reference.kind, kind, "{}", reference.name);
            assert_eq!(
                template.pointer(&reference.pointer).and_then(Value::as_str),
                Some(reference.name.as_str())
            );
        }
        let named = |name: &str| found.iter().find(|r| r.name == name).unwrap();
        assert_eq!(named("s-env").key.as_deref(), Some("k"));
        assert_eq!(named("s-env").place, Place::Environment("main".into()));
        assert_eq!(named("s-init").place, Place::Environment("init".into()));
        assert_eq!(named("s-azure").namespace.as_deref(), Some("other"));
        assert_eq!(named("c-projected").place, Place::Volume("v2".into()));
        let optional: Vec<&str> = found
            .iter()
            .filter(|r| r.is_optional)
            .map(|r| r.name.as_str())
            .collect();
        assert_eq!(optional, ["c-from", "c-env", "s-volume"]);
    }

    #[test]
    fn replaces_every_reference_and_nothing_else() {
        let mut template = everything();
        let count = references(&template).len();
        let changed = replace(&mut template, |reference| {
            (reference.kind == SourceKind::Secret).then(|| format!("{}-v2", reference.name))
        });
        let secrets = references(&template)
            .iter()
            .filter(|r| r.name.ends_with("-v2"))
            .count();
        assert_eq!((changed, secrets), (16, 16));
        assert_eq!(references(&template).len(), count);
        let back = replace(&mut template, |reference| {
            reference.name.strip_suffix("-v2").map(str::to_owned)
        });
        assert_eq!((back, template), (16, everything()));
    }

    #[test]
    fn odd_templates_have_none() {
        for template in [
            json!(null),
            json!({}),
            json!({"spec": []}),
            json!({"spec": {"volumes": "x"}}),
        ] {
            assert_eq!(references(&template), []);
        }
    }
}
