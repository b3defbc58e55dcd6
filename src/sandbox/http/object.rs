//! From a document to an object of the resource, as strict as the client wants.

use serde_json::{Map, Value};

use super::{
    body::{Document, document, media_type},
    handle::Call,
    patch::Patch,
};
use crate::{
    object::{Gvk, Object, schema::Schema},
    sandbox::{
        crd,
        decode::{TypeError, complete, typed},
        error::{ApiError, ApiResult, Cause},
        protobuf,
    },
};

/// Definition of the metadata of all objects.
const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// Where a document comes from, for the words of an error.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// It is the body.
    Body,
    /// A patch made it.
    Patch(&'a Patch),
}

/// Fields that all objects have.
const TYPED: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// What is done about unknown and twice given fields (`fieldValidation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strictness {
    Strict,
    Warn,
    Ignore,
}

impl Call {
    fn strictness(&self) -> ApiResult<Strictness> {
        match self.query.text("fieldValidation") {
            "Strict" => Ok(Strictness::Strict),
            "" | "Warn" => Ok(Strictness::Warn),
            "Ignore" => Ok(Strictness::Ignore),
            other => Err(ApiError::invalid(
                "meta.k8s.io",
                "CreateOptions",
                "",
                &[Cause::unsupported(
                    "fieldValidation",
                    &other.into(),
                    &["", "Ignore", "Strict", "Warn"],
                )],
            )),
        }
    }

    /// Reads a body that should hold an object of the resource.
    ///
    /// # Errors
    /// The media type is not read here, or the body is broken.
    pub fn document(&self, bytes: &[u8]) -> ApiResult<Document> {
        let gvk = &self.resource.gvk;
        if self.resource.custom && media_type(&self.headers) == protobuf::MEDIA_TYPE {
            return Err(ApiError::bad_request(format!(
                "{} in version {:?} cannot be handled as a {}: object *unstructured.Unstructured does not \
                 implement the protobuf marshalling interface and cannot be encoded to a protobuf message",
                gvk.kind, gvk.version, gvk.kind
            )));
        }
        document(&self.headers, bytes, gvk)
    }

    /// Takes a document as an object of the resource.
    ///
    /// # Errors
    /// It is of another kind, has a value of a wrong type, or has unknown fields and may not.
    pub fn object(&self, document: Document, place: Place<'_>) -> ApiResult<Object> {
        let strictness = self.strictness()?;
        let gvk = &self.resource.gvk;
        let mut complaints = document.complaints;
        // Shown as it was before unknown fields went.
        let patched = match place {
            Place::Patch(_) => document.value.clone(),
            Place::Body => Value::Null,
        };
        let refused = |why: String| match place {
            Place::Body => ApiError::bad_request(format!(
                "{} in version {:?} cannot be handled as a {}: {why}",
                gvk.kind, gvk.version, gvk.kind
            )),
            Place::Patch(patch) => patch.refused(gvk, &patched, &why),
        };
        let mistyped = |error: TypeError| match place {
            Place::Patch(patch) if patch.is_of_maps() => refused(error.conversion()),
            _ => refused(error.to_string()),
        };
        let object = self.of_kind(document.value, place)?;
        let object = if let Some(structural) = &self.resource.structural {
            let mut value = object.into_value();
            let unknown = structural.prune(&mut value);
            if let (Some(schema), Some(metadata)) =
                (Schema::definition(OBJECT_META), value.get_mut("metadata"))
            {
                let read = typed(&schema, metadata.take()).map_err(mistyped)?;
                *metadata = read.value;
                // The original reads metadata of custom objects twice, and loses an empty list on the way.
                if let Some(map) = metadata.as_object_mut()
                    && map.get("managedFields") == Some(&Value::Array(Vec::new()))
                {
                    map.remove("managedFields");
                }
                complaints.extend(
                    read.unknown
                        .iter()
                        .map(|path| format!("unknown field \"metadata.{path}\"")),
                );
            }
            complaints.extend(unknown.iter().map(|path| format!("unknown field {path:?}")));
            value
        } else if let Some(schema) = &self.resource.schema {
            let typed = typed(schema, object.into_value()).map_err(mistyped)?;
            complaints.extend(
                typed
                    .unknown
                    .iter()
                    .map(|path| format!("unknown field {path:?}")),
            );
            let mut value = typed.value;
            if let Some(map) = value.as_object_mut() {
                complete(gvk, map);
            }
            value
        } else {
            object.into_value()
        };
        match strictness {
            Strictness::Ignore => {}
            Strictness::Warn => complaints.iter().for_each(|text| self.warnings.add(text)),
            Strictness::Strict if complaints.is_empty() => {}
            Strictness::Strict => {
                let text = format!("strict decoding error: {}", complaints.join(", "));
                return Err(refused(text));
            }
        }
        let object = Object::from_value(object).map_err(|error| refused(error.to_string()))?;
        if self.resource.plural == "customresourcedefinitions" && !self.resource.custom {
            for text in crd::warnings(&object) {
                self.warnings.add(text);
            }
        }
        Ok(object)
    }

    fn of_kind(&self, mut value: Value, place: Place<'_>) -> ApiResult<Object> {
        let gvk = &self.resource.gvk;
        if value.is_null() {
            value = Value::Object(Map::new());
        }
        if let Some(map) = value.as_object_mut() {
            // A built-in object without kind is taken as what the path says.
            for (field, text) in [
                ("apiVersion", gvk.api_version()),
                ("kind", gvk.kind.clone()),
            ] {
                let is_missing = map
                    .get(field)
                    .is_none_or(|value| value.is_null() || value == "");
                if is_missing && (!self.resource.custom || field == "apiVersion") {
                    if self.resource.custom {
                        return Err(other_version("", &gvk.api_version()));
                    }
                    map.insert(field.into(), text.into());
                }
            }
            if map.get("metadata").is_some_and(Value::is_null) {
                map.remove("metadata");
            }
        }
        let patched = match place {
            Place::Patch(_) => value.clone(),
            Place::Body => Value::Null,
        };
        if let Some(schema) = &self.resource.schema
            && value.get("metadata").is_some_and(|it| !it.is_object())
            && let Err(error) = typed(schema, value.clone())
        {
            return Err(ApiError::bad_request(format!(
                "{} in version {:?} cannot be handled as a {}: {error}",
                gvk.kind, gvk.version, gvk.kind
            )));
        }
        let object = Object::from_value(value).map_err(|error| {
            ApiError::bad_request(format!(
                "the object provided is unrecognized (must be of type {}): {error}",
                gvk.kind
            ))
        })?;
        let given = object.gvk();
        if given == *gvk {
            return Ok(object);
        }
        if self.resource.custom && given.kind == gvk.kind && self.strictness()? == Strictness::Warn
        {
            // No schema is known of the other version, so every field is unknown there.
            let fields = object.as_map().keys();
            for field in fields.filter(|field| !TYPED.contains(&field.as_str())) {
                self.warnings.add(format!("unknown field {field:?}"));
            }
        }
        Err(match (place, kind_problem(&given, gvk)) {
            (_, None) => other_version(&given.api_version(), &gvk.api_version()),
            (Place::Body, Some(why)) => ApiError::bad_request(format!(
                "{} in version {:?} cannot be handled as a {}: {why}",
                given.kind, given.version, gvk.kind
            )),
            (Place::Patch(patch), Some(why)) => patch.refused(gvk, &patched, &why),
        })
    }
}

fn other_version(given: &str, expected: &str) -> ApiError {
    ApiError::bad_request(format!(
        "the API version in the data ({given}) does not match the expected API version ({expected})"
    ))
}

/// Why an object of one kind cannot be taken as another; none when it is of the same kind in another version.
pub fn kind_problem(given: &Gvk, wanted: &Gvk) -> Option<String> {
    if !protobuf::is_known(given) {
        if !protobuf::is_known(wanted) && given.kind == wanted.kind {
            return None;
        }
        return Some(not_registered(given));
    }
    if given.kind == wanted.kind {
        return None;
    }
    let package = internal_package(&wanted.group);
    Some(format!(
        "converting ({}.{}) to ({package}.{}): unknown conversion",
        given.version, given.kind, wanted.kind
    ))
}

/// The Go package of the types that all versions of a group are turned into.
pub fn internal_package(group: &str) -> &str {
    match group.split('.').next().unwrap_or_default() {
        "" | "events" => "core",
        first => first,
    }
}

/// A kind that no Go type is registered for.
pub fn not_registered(given: &Gvk) -> String {
    format!(
        "no kind {:?} is registered for version {:?} in scheme \"pkg/runtime/scheme.go:111\"",
        given.kind,
        given.api_version()
    )
}
