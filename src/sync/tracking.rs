//! Whom an object belongs to (`util/argo/resource_tracking.go`): by annotation, by label, or by both.

use serde_json::Value;

use super::key::Key;
use crate::{
    api::application::{INSTALLATION_ID, INSTANCE_LABEL, TRACKING_ID},
    object::Object,
};

/// The longest value of a label.
const MAX_LABEL: usize = 63;

/// A tracking id, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackingId {
    /// The application.
    pub app: String,
    /// The object that the id was made for.
    pub key: Key,
}

/// How objects are marked (`application.resourceTrackingMethod`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// An annotation that names the object itself.
    #[default]
    Annotation,
    /// The same, and a label for people.
    AnnotationAndLabel,
    /// A label only; a copied label counts.
    Label,
}

/// How the objects of one application are marked and known again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tracking {
    /// The application: its name, or `<namespace>_<name>` outside of the namespace of the controller.
    pub app: String,
    /// How.
    pub method: Method,
    /// The key of the label, where it is not upstream's.
    pub label: Option<String>,
    /// Which of several installations this is; empty where there is one.
    pub installation: String,
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

/// Whether an object never carries a mark.
pub fn is_exempt(object: &Object) -> bool {
    let gvk = object.gvk();
    gvk.group == "apiextensions.k8s.io" && gvk.kind == "CustomResourceDefinition"
}

impl Tracking {
    /// By annotation, as upstream does unless told otherwise.
    pub fn by_annotation(app: impl Into<String>) -> Self {
        Self {
            app: app.into(),
            ..Self::default()
        }
    }

    fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(INSTANCE_LABEL)
    }

    /// Marks an object as one of the application.
    pub fn mark(&self, object: &mut Object, destination: &str) {
        if is_exempt(object) {
            return;
        }
        if self.method != Method::Label {
            let id = id(&self.app, &Key::of(object), destination);
            object.set(&["metadata", "annotations", TRACKING_ID], Value::String(id));
            if !self.installation.is_empty() {
                let own = self.installation.clone();
                object.set(&["metadata", "annotations", INSTALLATION_ID], own.into());
            }
        }
        let value = match self.method {
            Method::Annotation => return,
            Method::Label => self.app.clone(),
            Method::AnnotationAndLabel => truncated(&self.app),
        };
        object.set(&["metadata", "labels", self.label()], value.into());
    }

    /// The application that an object belongs to. By annotation only an id that names the object itself counts: a
    /// copied one does not.
    pub fn owner(&self, object: &Object) -> Option<String> {
        if self.method == Method::Label {
            let value = object.label(self.label())?;
            return (!value.is_empty()).then(|| value.to_owned());
        }
        let id = parse(object.annotation(TRACKING_ID)?)?;
        let key = Key::of(object);
        let is_own = id.key.group == key.group
            && id.key.kind == key.kind
            && id.key.name == key.name
            && (key.namespace.is_empty() || id.key.namespace == key.namespace);
        let installation = object.annotation(INSTALLATION_ID).unwrap_or_default();
        let is_here = self.installation.is_empty() || self.installation == installation;
        (is_own && is_here).then_some(id.app)
    }

    /// Whether an object is marked by the label of old only, so that the missing id is no drift.
    pub fn is_marked_of_old(&self, live: &Object) -> bool {
        self.method != Method::Label
            && live.annotation(TRACKING_ID).is_none()
            && live.label(self.label()) == Some(self.app.as_str())
    }

    /// Whether a live object is one that the application may prune: marked as its own, and owned by nobody.
    pub fn is_managed(&self, object: &Object) -> bool {
        let is_owned = object
            .at(&["metadata", "ownerReferences"])
            .and_then(Value::as_array)
            .is_some_and(|owners| !owners.is_empty());
        !is_owned && self.owner(object).as_deref() == Some(self.app.as_str())
    }
}

/// As much of a name as a label takes.
fn truncated(name: &str) -> String {
    let mut end = name.len().min(MAX_LABEL);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let (short, _) = name.split_at(end);
    short
        .trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric())
        .to_owned()
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
        let tracking = Tracking::by_annotation("app");
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
            let object = service("ns", "svc", id);
            assert_eq!(tracking.owner(&object).as_deref(), owner, "{id}");
        }
        let other = Tracking {
            installation: "one".to_owned(),
            ..tracking
        };
        assert_eq!(
            other.owner(&service("ns", "svc", "app:/Service:ns/svc")),
            None
        );
    }

    #[test]
    fn marks_are_made_by_method_and_known_again() {
        let long = "a".repeat(62) + "-b";
        for (method, id, label) in [
            (Method::Annotation, true, None),
            (Method::AnnotationAndLabel, true, Some("a".repeat(62))),
            (Method::Label, false, Some(long.clone())),
        ] {
            let tracking = Tracking {
                method,
                ..Tracking::by_annotation(long.clone())
            };
            let mut object = service("ns", "svc", "");
            object.remove(&["metadata", "annotations"]);
            tracking.mark(&mut object, "ns");
            assert_eq!(object.annotation(TRACKING_ID).is_some(), id);
            assert_eq!(object.label(INSTANCE_LABEL).map(str::to_owned), label);
            assert!(tracking.is_managed(&object));
        }
    }

    #[test]
    fn an_object_with_the_label_of_old_is_known() {
        let mut object = service("ns", "svc", "");
        object.remove(&["metadata", "annotations"]);
        object.set(&["metadata", "labels", INSTANCE_LABEL], "app".into());
        assert!(Tracking::by_annotation("app").is_marked_of_old(&object));
        assert!(!Tracking::by_annotation("other").is_marked_of_old(&object));
    }

    #[test]
    fn definitions_are_never_marked() {
        let mut crd = Object::from_value(json!({"apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition", "metadata": {"name": "a"}}))
        .unwrap();
        Tracking::by_annotation("app").mark(&mut crd, "ns");
        assert_eq!(crd.annotation(TRACKING_ID), None);
    }
}
