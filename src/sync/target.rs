//! From what was rendered to what is wanted of the cluster: namespaces filled, marked, each key once.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    hook,
    hook::Role,
    key::Key,
    tracking::{self, Tracking},
};
use crate::object::{Gvk, Object};

/// Which kinds live in namespaces, by group and kind.
pub type Scopes = BTreeMap<(String, String), bool>;

/// What is wanted, and what was odd about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Targets {
    /// The objects, each key once, in the order of their first rendering.
    pub objects: Vec<Object>,
    /// Keys that were rendered more than once; the last one holds.
    pub repeated: Vec<Key>,
    /// Keys that are never applied.
    pub excluded: Vec<Key>,
    /// Kinds that the cluster does not know, and that no definition in Git makes.
    pub unknown: Vec<Gvk>,
}

/// Kinds that are made by the cluster itself (`util/settings/settings.go`).
fn is_excluded(gvk: &Gvk) -> bool {
    matches!(
        (gvk.group.as_str(), gvk.kind.as_str()),
        ("events.k8s.io" | "metrics.k8s.io", _)
            | ("", "Event" | "Endpoints")
            | ("discovery.k8s.io", "EndpointSlice")
            | ("coordination.k8s.io", "Lease")
    )
}

/// Lists are taken apart; everything else stays as it is.
pub fn flatten(rendered: Vec<Object>) -> Vec<Object> {
    let mut flat = Vec::new();
    for object in rendered {
        let is_list = object.kind().ends_with("List");
        match object.at(&["items"]) {
            Some(Value::Array(items)) if is_list => {
                let items = items.iter().cloned().map(Object::from_value);
                flat.extend(items.filter_map(Result::ok));
            }
            _ => flat.push(object),
        }
    }
    flat
}

/// Which kinds the definitions among some objects make.
pub fn defined(objects: &[Object]) -> Scopes {
    let text =
        |object: &Object, path: &[&str]| object.at(path).and_then(Value::as_str).map(str::to_owned);
    objects
        .iter()
        .filter(|object| tracking::is_exempt(object))
        .filter_map(|object| {
            let group = text(object, &["spec", "group"])?;
            let kind = text(object, &["spec", "names", "kind"])?;
            let scope = text(object, &["spec", "scope"])?;
            Some(((group, kind), scope == "Namespaced"))
        })
        .collect()
}

/// What is wanted of the cluster.
pub fn targets(
    rendered: Vec<Object>,
    tracking: &Tracking,
    destination: &str,
    scopes: &Scopes,
) -> Targets {
    let rendered = flatten(rendered);
    let made = defined(&rendered);
    let mut targets = Targets::default();
    let mut places: BTreeMap<Key, usize> = BTreeMap::new();
    for mut object in rendered {
        let gvk = object.gvk();
        if is_excluded(&gvk) {
            targets.excluded.push(Key::of(&object));
            continue;
        }
        let kind = (gvk.group.clone(), gvk.kind.clone());
        match scopes.get(&kind).or_else(|| made.get(&kind)) {
            Some(true) if object.namespace().is_none() => {
                object.set(&["metadata", "namespace"], destination.into());
            }
            Some(false) => {
                object.remove(&["metadata", "namespace"]);
            }
            Some(true) => {}
            None => {
                if object.namespace().is_none() {
                    object.set(&["metadata", "namespace"], destination.into());
                }
                if !targets.unknown.contains(&gvk) {
                    targets.unknown.push(gvk.clone());
                }
            }
        }
        let key = Key::of(&object);
        if hook::role(&object) == Role::Ignored {
            continue;
        }
        tracking.mark(&mut object, destination);
        if key.name.is_empty() {
            targets.objects.push(object);
            continue;
        }
        match places.get(&key).and_then(|at| targets.objects.get_mut(*at)) {
            Some(before) => {
                *before = object;
                if !targets.repeated.contains(&key) {
                    targets.repeated.push(key);
                }
            }
            None => {
                places.insert(key, targets.objects.len());
                targets.objects.push(object);
            }
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::application::TRACKING_ID;

    fn object(value: Value) -> Object {
        Object::from_value(value).unwrap()
    }

    #[test]
    fn namespaces_are_filled_or_taken_by_scope() {
        let scopes: Scopes = [
            (("".to_owned(), "ConfigMap".to_owned()), true),
            (("".to_owned(), "Namespace".to_owned()), false),
        ]
        .into();
        let targets = targets(
            vec![
                object(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})),
                object(
                    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "own"}}),
                ),
                object(
                    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "namespace": "x"}}),
                ),
                object(
                    json!({"apiVersion": "v1", "kind": "ConfigMapList", "items": [
                    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "v"}}]}),
                ),
                object(json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}})),
                object(json!({"apiVersion": "x.io/v1", "kind": "Odd", "metadata": {"name": "o"}})),
            ],
            &Tracking::by_annotation("app"),
            "dest",
            &scopes,
        );
        let ids: Vec<_> = targets
            .objects
            .iter()
            .map(|object| object.annotation(TRACKING_ID).unwrap())
            .collect();
        assert_eq!(
            ids,
            [
                "app:/ConfigMap:dest/a",
                "app:/ConfigMap:own/a",
                "app:/Namespace:dest/n",
                "app:x.io/Odd:dest/o",
            ]
        );
        assert_eq!(targets.objects[0].at(&["data", "k"]), Some(&json!("v")));
        assert_eq!(targets.repeated.len(), 1);
        assert_eq!(targets.excluded.len(), 1);
        assert_eq!(targets.unknown, [Gvk::new("x.io", "v1", "Odd")]);
    }
}
