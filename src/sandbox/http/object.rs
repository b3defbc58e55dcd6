//! From a document to an object of the resource, as strict as the client wants.

use serde_json::Value;

use super::{
    body::{Document, document, media_type},
    handle::Call,
};
use crate::{
    object::{Object, schema::Schema},
    sandbox::{
        crd,
        decode::typed,
        error::{ApiError, ApiResult, Cause},
        protobuf,
    },
};

/// Definition of the metadata of all objects.
const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// Where a document comes from, for the words of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is the body.
    Body,
    /// A patch made it.
    Patch,
}

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
    pub fn object(&self, document: Document, place: Place) -> ApiResult<Object> {
        let strictness = self.strictness()?;
        let gvk = &self.resource.gvk;
        let mut complaints = document.complaints;
        let object = self.of_kind(document.value)?;
        let shown = || {
            format!(
                "{} in version {:?} cannot be handled as a {}",
                gvk.kind, gvk.version, gvk.kind
            )
        };
        let object = if let Some(structural) = &self.resource.structural {
            let mut value = object.into_value();
            let unknown = structural.prune(&mut value);
            complaints.extend(unknown.iter().map(|path| format!("unknown field {path:?}")));
            if let (Some(schema), Some(metadata)) =
                (Schema::definition(OBJECT_META), value.get_mut("metadata"))
            {
                let read = typed(&schema, metadata.take())
                    .map_err(|error| ApiError::bad_request(format!("{}: {error}", shown())))?;
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
            value
        } else if let Some(schema) = &self.resource.schema {
            let typed = typed(schema, object.into_value())
                .map_err(|error| ApiError::bad_request(format!("{}: {error}", shown())))?;
            complaints.extend(
                typed
                    .unknown
                    .iter()
                    .map(|path| format!("unknown field {path:?}")),
            );
            typed.value
        } else {
            object.into_value()
        };
        match strictness {
            Strictness::Ignore => {}
            Strictness::Warn => complaints.iter().for_each(|text| self.warnings.add(text)),
            Strictness::Strict if complaints.is_empty() => {}
            Strictness::Strict => {
                let text = format!("strict decoding error: {}", complaints.join(", "));
                return Err(match place {
                    Place::Body => ApiError::bad_request(format!("{}: {text}", shown())),
                    Place::Patch => {
                        let whole = object.to_string();
                        let cause = Cause::invalid("patch", &Value::String(whole), &text);
                        ApiError::invalid("", "", "", &[cause])
                    }
                });
            }
        }
        let object = Object::from_value(object)
            .map_err(|error| ApiError::bad_request(format!("{}: {error}", shown())))?;
        if self.resource.plural == "customresourcedefinitions" && !self.resource.custom {
            for text in crd::warnings(&object) {
                self.warnings.add(text);
            }
        }
        Ok(object)
    }

    fn of_kind(&self, mut value: Value) -> ApiResult<Object> {
        let gvk = &self.resource.gvk;
        if let Some(map) = value.as_object_mut() {
            // A built-in object without kind is taken as what the path says.
            for (field, text) in [
                ("apiVersion", gvk.api_version()),
                ("kind", gvk.kind.clone()),
            ] {
                let is_missing = map
                    .get(field)
                    .is_none_or(|value| value.is_null() || value == "");
                if is_missing && !self.resource.custom {
                    map.insert(field.into(), text.into());
                }
            }
            if map.get("metadata").is_some_and(Value::is_null) {
                map.remove("metadata");
            }
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
        Err(ApiError::bad_request(if given.kind == gvk.kind {
            format!(
                "the API version in the data ({}) does not match the expected API version ({})",
                given.api_version(),
                gvk.api_version()
            )
        } else {
            format!(
                "{} in version {:?} cannot be handled as a {}: converting ({}) to ({}): unknown conversion",
                given.kind, given.version, gvk.kind, given, gvk
            )
        }))
    }
}
