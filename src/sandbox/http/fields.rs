//! Field validation: what becomes of fields that a kind does not have
//! (`k8s.io/apiserver/pkg/endpoints/handlers`, parameter `fieldValidation`).

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::handle::Call;
use crate::{
    object::Object,
    sandbox::{
        crd,
        error::{ApiError, ApiResult, Cause},
        fields,
    },
};

/// What the client of one request is to be told beside the answer.
#[derive(Clone, Debug, Default)]
pub struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    /// Adds texts.
    pub fn add(&self, texts: impl IntoIterator<Item = String>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(texts);
    }

    /// Takes all texts.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Call {
    /// The object without the fields that its kind does not have. They are told or refused, as the
    /// client wishes; a value of another type is always refused.
    ///
    /// # Errors
    /// 400 for what cannot be read, 422 for a patch that brings an unknown field.
    pub fn known_fields(&self, object: Object, patch: Option<&Value>) -> ApiResult<Object> {
        let mut value = object.into_value();
        let gvk = &self.resource.gvk;
        let refused = |why: String| {
            ApiError::bad_request(format!(
                "{} in version {:?} cannot be handled as a {}: {why}",
                gvk.kind, gvk.version, gvk.kind
            ))
        };
        if let Some(why) = fields::mismatch(&self.resource, &value) {
            return Err(refused(why));
        }
        let unknown: Vec<String> = fields::prune(&self.resource, &mut value)
            .iter()
            .map(|path| format!("unknown field {path:?}"))
            .collect();
        match self.query.text("fieldValidation") {
            "Ignore" => {}
            "" | "Warn" => self.warnings.add(unknown),
            "Strict" if unknown.is_empty() => {}
            "Strict" => {
                let why = format!("strict decoding error: {}", unknown.join(", "));
                let Some(patch) = patch else {
                    return Err(refused(why));
                };
                let shown = patch.to_string().into();
                let cause = Cause::invalid("patch", &shown, &why);
                return Err(ApiError::invalid("", "", "", &[cause]));
            }
            other => {
                let known = ["Ignore", "Warn", "Strict"];
                let cause = Cause::unsupported("fieldValidation", &other.into(), &known);
                let kind = if patch.is_some() {
                    "PatchOptions"
                } else {
                    "CreateOptions"
                };
                return Err(ApiError::invalid("meta.k8s.io", kind, "", &[cause]));
            }
        }
        let object = Object::from_value(value).map_err(|error| refused(format!("{error}")))?;
        if self.resource.gvk.kind == "CustomResourceDefinition" && !self.resource.custom {
            self.warnings.add(crd::warnings(&object));
        }
        Ok(object)
    }
}
