//! What a container reads at its start, and what a volume shows; what is missing is said as a kubelet says it.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde_json::Value;

use super::reading::{SourceKey, Version};
use crate::{
    object::{
        Gvk, Object,
        pod_template::{Place, Reference, SourceKind},
    },
    workload::field,
};

/// The Secrets and ConfigMaps that a pod names, as they are now; those that are not there are left out.
#[derive(Clone, Debug, Default)]
pub struct Sources(pub BTreeMap<SourceKey, Arc<Object>>);

impl Sources {
    fn find(&self, reference: &Reference) -> (SourceKey, Version) {
        let key = SourceKey {
            kind: reference.kind,
            name: reference.name.clone(),
        };
        let found = self.0.get(&key).cloned();
        (key, found)
    }
}

/// How a kind of source is named in the API.
pub fn source_gvk(kind: SourceKind) -> Gvk {
    Gvk::new("", "v1", kind.as_str())
}

/// Reads all that stands at a place; the first that is missing, and not optional, is the error.
///
/// `namespace` is only for the message.
pub(super) fn read(
    references: &[Reference],
    place: &Place,
    sources: &Sources,
    namespace: &str,
) -> Result<BTreeMap<SourceKey, Version>, String> {
    let mut versions = BTreeMap::new();
    for reference in references.iter().filter(|r| r.place == *place) {
        let (key, found) = sources.find(reference);
        match &found {
            None if !reference.is_optional => {
                let kind = reference.kind.as_str().to_lowercase();
                return Err(format!("{kind} \"{}\" not found", reference.name));
            }
            Some(object) if !reference.is_optional => {
                if let Some(wanted) = &reference.key
                    && !has_key(object, wanted)
                {
                    let kind = reference.kind.as_str();
                    let name = &reference.name;
                    return Err(format!(
                        "couldn't find key {wanted} in {kind} {namespace}/{name}"
                    ));
                }
            }
            _ => {}
        }
        versions.insert(key, found);
    }
    Ok(versions)
}

/// Reads what a volume shows; besides the sources themselves, each listed key must be there.
pub(super) fn mount(
    volume: &Value,
    references: &[Reference],
    sources: &Sources,
    namespace: &str,
) -> Result<BTreeMap<SourceKey, Version>, String> {
    let name = volume
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let place = Place::Volume(name.to_owned());
    let fail = |why: String| format!("MountVolume.SetUp failed for volume \"{name}\" : {why}");
    let versions = read(references, &place, sources, namespace).map_err(fail)?;
    let projected = volume
        .get("projected")
        .and_then(|projected| projected.get("sources"))
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for source in std::iter::once(volume).chain(projected) {
        for (kind, field, name_field) in [
            (SourceKind::Secret, "secret", "secretName"),
            (SourceKind::ConfigMap, "configMap", "name"),
        ] {
            let Some(listed) = source.get(field) else {
                continue;
            };
            let name = listed.get(name_field).or_else(|| listed.get("name"));
            let key = SourceKey {
                kind,
                name: name.and_then(Value::as_str).unwrap_or_default().to_owned(),
            };
            let is_optional = listed.get("optional").and_then(Value::as_bool) == Some(true);
            let Some(Some(object)) = versions.get(&key) else {
                continue;
            };
            let missing = listed
                .get("items")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|item| item.get("key")?.as_str())
                .find(|wanted| !has_key(object, wanted));
            if let (Some(wanted), false) = (missing, is_optional) {
                return Err(fail(match kind {
                    SourceKind::Secret => {
                        format!("references non-existent secret key: {wanted}")
                    }
                    SourceKind::ConfigMap => {
                        format!("configmap references non-existent config key: {wanted}")
                    }
                }));
            }
        }
    }
    Ok(versions)
}

/// When a source was written last, by those who manage its fields; `None` where nobody says.
pub(super) fn last_change(source: &Object) -> Option<Timestamp> {
    field::list(source, &["metadata", "managedFields"])
        .iter()
        .filter_map(|entry| entry.get("time")?.as_str()?.parse().ok())
        .max()
}

fn has_key(source: &Object, key: &str) -> bool {
    ["data", "binaryData"]
        .iter()
        .any(|part| source.at(&[part, key]).is_some())
}
