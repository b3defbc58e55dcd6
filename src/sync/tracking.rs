//! Whom an object belongs to (`util/argo/resource_tracking.go`): the annotation method.

use serde_json::Value;

use super::key::Key;
use crate::{api::application::TRACKING_ID, object::Object};

/// A tracking id, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackingId {
    /// The application.
    pub app: String,
    /// The object that the id was made for.
    pub key: Key,
}

/// The id of an object of an application; an object of the whole cluster carries the destination's namespace.
pub fn id(app: &str, key: &Key, destination: &str) -> String {
    let namespace = if key.namespace.is_empty() {
        destination
    } else {
        &key.namespace
    };
    format!("{app}:{}/{}:{namespace}/{}", key.group, key.kind, key.name)
}

/// Takes an id apart; `None` for everything that is not one.
pub fn parse(text: &str) -> Option<TrackingId> {
    let mut parts = text.splitn(3, ':');
    let (app, kind, name) = (parts.next()?, parts.next()?, parts.next()?);
    let (group, kind) = one_slash(kind)?;
    let (namespace, name) = one_slash(name)?;
    Some(TrackingId {
        app: app.to_owned(),
        key: Key {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        },
    })
}

fn one_slash(text: &str) -> Option<(&str, &str)> {
    let (before, after) = text.split_once('/')?;
    (!after.contains('/')).then_some((before, after))
}

/// The application that an object belongs to, by an id that names the object itself: a copied id does not count.
pub fn app_of(object: &Object) -> Option<String> {
    let id = parse(object.annotation(TRACKING_ID)?)?;
    let key = Key::of(object);
    let is_own = id.key.group == key.group
        && id.key.kind == key.kind
        && id.key.name == key.name
        && (key.namespace.is_empty() || id.key.namespace == key.namespace);
    is_own.then_some(id.app)
}

/// Whether an object never carries a tracking id.
pub fn is_exempt(object: &Object) -> bool {
    let gvk = object.gvk();
    gvk.group == "apiextensions.k8s.io" && gvk.kind == "CustomResourceDefinition"
}

/// Marks an object as one of an application.
pub fn mark(object: &mut Object, app: &str, destination: &str) {
    if is_exempt(object) {
        return;
    }
    let id = id(app, &Key::of(object), destination);
    object.set(&["metadata", "annotations", TRACKING_ID], Value::String(id));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn service(namespace: &str, name: &str, id: &str) -> Object {
        Object::from_value(json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"namespace": namespace, "name": name, "annotations": {TRACKING_ID: id}}}))
        .unwrap()
    }

    #[test]
    fn ids_are_upstreams() {
        let key = Key::of(&service("ns", "svc", ""));
        assert_eq!(id("app", &key, "else"), "app:/Service:ns/svc");
        let cluster = Key {
            namespace: String::new(),
            ..key
        };
        assert_eq!(id("app", &cluster, "dest"), "app:/Service:dest/svc");
    }

    #[test]
    fn only_an_id_of_the_object_itself_counts() {
        for (id, owner) in [
            ("app:/Service:ns/svc", Some("app")),
            ("ns_app:/Service:ns/svc", Some("ns_app")),
            ("app:/Service:ns/other", None),
            ("app:/Service:other/svc", None),
            ("app:x/Service:ns/svc", None),
            ("app:/ConfigMap:ns/svc", None),
            ("app:/Service", None),
            ("app:a/b/Service:ns/svc", None),
            ("", None),
        ] {
            assert_eq!(app_of(&service("ns", "svc", id)).as_deref(), owner, "{id}");
        }
    }

    #[test]
    fn definitions_are_never_marked() {
        let mut crd = Object::from_value(json!({"apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition", "metadata": {"name": "a"}}))
        .unwrap();
        mark(&mut crd, "app", "ns");
        assert_eq!(crd.annotation(TRACKING_ID), None);
    }
}
