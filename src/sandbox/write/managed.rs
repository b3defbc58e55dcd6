//! Who manages which field, at every write.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Scope, UpdateKind, meta::timestamp};
use crate::{
    object::{
        Gvk, Object,
        patch::managed::{self, Author, FieldSet, Subject},
    },
    sandbox::{
        decode::blank,
        error::{ApiError, ApiResult},
        registry::{Registry, Resource},
    },
};

/// The manager of what the server itself writes.
pub const SERVER: &str = "kube-apiserver";

/// Who writes.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    /// Name of the field manager.
    pub manager: &'a str,
    /// The subresource that is written to, empty for the object itself.
    pub subresource: &'a str,
    /// Whether the object carries its managers already, as after an apply.
    pub is_settled: bool,
}

impl Writer<'_> {
    /// The server itself.
    pub const SERVER: Writer<'static> = Writer {
        manager: SERVER,
        subresource: "",
        is_settled: false,
    };
}

/// Brings the managers of a written object in line: before the server adds anything to it, so that its own
/// additions are nobody's.
pub fn settle(scope: &Scope<'_>, kind: UpdateKind, live: Option<&Object>, next: &mut Object) {
    if scope.writer.is_settled {
        return;
    }
    let now = time_text(scope.now);
    let author = Author {
        manager: scope.writer.manager,
        subresource: scope.writer.subresource,
        now: &now,
    };
    with_subject(scope.registry, scope.resource, kind, |subject| {
        managed::update(subject, author, live.map(Object::as_map), next.as_map_mut());
    });
}

/// Applies a configuration to what is there, if anything; gives the new object with its managers.
///
/// # Errors
/// Conflicts with other managers, or a configuration that does not fit.
pub fn applied(
    scope: &Scope<'_>,
    kind: UpdateKind,
    live: Option<&Object>,
    config: &Value,
    force: bool,
) -> ApiResult<Value> {
    let Value::Object(config) = config else {
        return Err(ApiError::bad_request(
            "error decoding patch: json: cannot unmarshal non-object into Go value of type map[string]interface {}",
        ));
    };
    let now = time_text(scope.now);
    let author = Author {
        manager: scope.writer.manager,
        subresource: scope.writer.subresource,
        now: &now,
    };
    with_subject(scope.registry, scope.resource, kind, |subject| {
        managed::apply(subject, author, live.map(Object::as_map), config, force)
    })
    .map(Value::Object)
    .map_err(ApiError::from)
}

/// An instant as entries show it.
pub fn time_text(now: Timestamp) -> String {
    timestamp(now).as_str().unwrap_or_default().to_owned()
}

fn with_subject<T>(
    registry: &Registry,
    resource: &Resource,
    kind: UpdateKind,
    work: impl FnOnce(&Subject<'_>) -> T,
) -> T {
    let reset = reset_fields(resource, kind);
    let is_served = |api_version: &str| is_served(registry, resource, api_version);
    let blank = || {
        if resource.custom {
            Map::new()
        } else {
            blank(&resource.gvk)
        }
    };
    work(&Subject {
        gvk: &resource.gvk,
        schema: resource.schema.as_ref(),
        blank: &blank,
        reset: &reset,
        is_served: &is_served,
    })
}

/// Whether the kind is served in a version; managers who wrote in another one are forgotten.
pub fn is_served(registry: &Registry, resource: &Resource, api_version: &str) -> bool {
    let gvk = Gvk::from_api_version(api_version, &resource.gvk.kind);
    gvk == resource.gvk || registry.of_kind(&gvk).is_some()
}

/// Fields that a kind of write leaves alone (`GetResetFields` of the strategies).
fn reset_fields(resource: &Resource, kind: UpdateKind) -> FieldSet {
    let is = |group: &str, plural: &str| {
        !resource.custom && resource.gvk.group == group && resource.plural == plural
    };
    match kind {
        UpdateKind::Main | UpdateKind::Whole if resource.has_status => {
            FieldSet::of_fields(&[&["status"]])
        }
        UpdateKind::Main | UpdateKind::Whole => FieldSet::default(),
        UpdateKind::Status if resource.custom => FieldSet::of_fields(&[&["metadata"], &["spec"]]),
        UpdateKind::Status if is("apps", "deployments") => {
            FieldSet::of_fields(&[&["spec"], &["metadata", "labels"]])
        }
        UpdateKind::Status if is("", "pods") => FieldSet::of_fields(&[
            &["spec"],
            &["metadata", "deletionTimestamp"],
            &["metadata", "ownerReferences"],
        ]),
        UpdateKind::Status => FieldSet::of_fields(&[&["spec"]]),
    }
}

/// The entries of an object.
pub fn entries(object: &Map<String, Value>) -> Option<&Value> {
    object.get("metadata")?.get("managedFields")
}
