//! Patches: which kind, and what they make of an object (`k8s.io/apiserver/pkg/endpoints/handlers/patch.go`).

use serde_json::Value;

use super::body;
use crate::{
    object::{
        patch::{json, merge, strategic},
        schema::Schema,
    },
    sandbox::{
        admit,
        error::{ApiError, ApiResult},
        registry::Resource,
        store::Stored,
    },
};

/// The most operations of a JSON patch.
pub const MAX_OPERATIONS: usize = 10_000;

/// Media types of patches for built-in kinds.
const BUILT_IN: &str = "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml";
/// Media types of patches for custom kinds.
const CUSTOM: &str =
    "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
/// Media type of server-side apply.
pub const APPLY: &str = "application/apply-patch+yaml";

/// One patch.
#[derive(Clone, Debug)]
pub enum Patch {
    /// RFC 6902.
    Json(Value),
    /// RFC 7386.
    Merge(Value),
    /// Strategic merge.
    Strategic(Value),
    /// Server-side apply; handled apart.
    Apply(Value),
}

impl Patch {
    /// Whether patches of a media type are taken for a resource.
    ///
    /// # Errors
    /// They are not.
    pub fn check_type(media_type: &str, resource: &Resource) -> ApiResult<()> {
        let offered = if resource.custom { CUSTOM } else { BUILT_IN };
        if offered.split(", ").any(|offered| offered == media_type) {
            Ok(())
        } else {
            Err(ApiError::unsupported_media_type(offered))
        }
    }

    /// Reads a patch of a media type.
    ///
    /// # Errors
    /// The media type is not offered for the resource, or the document is broken.
    pub fn read(media_type: &str, bytes: &[u8], resource: &Resource) -> ApiResult<Self> {
        let decode = || {
            serde_json::from_slice::<Value>(bytes)
                .map_err(|error| ApiError::bad_request(format!("error decoding patch: {error}")))
        };
        match media_type {
            "application/json-patch+json" => {
                let patch = decode()?;
                let count = patch.as_array().map_or(0, Vec::len);
                if count > MAX_OPERATIONS {
                    return Err(ApiError::too_large(format!(
                        "The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {count}"
                    )));
                }
                Ok(Self::Json(patch))
            }
            "application/merge-patch+json" => Ok(Self::Merge(decode()?)),
            "application/strategic-merge-patch+json" if !resource.custom => {
                Ok(Self::Strategic(body::json(bytes)?.value))
            }
            APPLY => Ok(Self::Apply(body::yaml(bytes)?.value)),
            _ => Err(ApiError::unsupported_media_type(if resource.custom {
                CUSTOM
            } else {
                BUILT_IN
            })),
        }
    }

    /// What a strict reader says of the patch itself.
    pub fn complaints(&self) -> &[String] {
        &[]
    }

    /// The object with the patch, in the version of the request.
    ///
    /// # Errors
    /// The patch does not fit the object.
    pub fn apply(&self, resource: &Resource, current: &Stored) -> ApiResult<Value> {
        let value = admit::from_storage(resource, &current.object).into_value();
        self.apply_to(value, resource.schema.as_ref())
    }

    /// A value with the patch.
    ///
    /// # Errors
    /// The patch does not fit the value.
    pub fn apply_to(&self, mut value: Value, schema: Option<&Schema>) -> ApiResult<Value> {
        match self {
            Self::Json(patch) => {
                json::apply(&mut value, patch).map_err(|_| ApiError::unprocessable())?
            }
            Self::Merge(patch) => {
                if !patch.is_object() {
                    return Err(ApiError::bad_request(
                        "error decoding patch: invalid JSON merge patch",
                    ));
                }
                merge::apply(&mut value, patch);
            }
            // The managers are to be asked, which `write::applied` does.
            Self::Apply(_) => return Err(ApiError::internal("an apply is no patch of a value")),
            Self::Strategic(patch) => {
                strategic::apply(&mut value, patch, schema)
                    .map_err(|error| ApiError::bad_request(error.to_string()))?;
            }
        }
        Ok(value)
    }
}
