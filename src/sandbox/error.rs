//! Errors of the API, worded as apimachinery words them (`pkg/api/errors/errors.go`).

use serde_json::{Map, Value, json};

pub use super::cause::{Cause, escaped, quoted};
use super::store::GroupResource;
use crate::object::patch::managed::ApplyError;

/// Why the server refuses a request: the content of a `metav1.Status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status code.
    pub code: u16,
    /// Word for machines, such as `NotFound`; empty when there is none.
    pub reason: &'static str,
    /// Sentence for people; never a secret value.
    pub message: String,
    /// `details` of the Status, if any.
    pub details: Option<Map<String, Value>>,
}

/// Result of an API operation.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    fn plain(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details: None,
        }
    }

    fn about(mut self, resource: &GroupResource, name: &str) -> Self {
        let mut details = Map::new();
        let fields = [
            ("name", name),
            ("group", &resource.group),
            ("kind", &resource.plural),
        ];
        for (field, text) in fields {
            if !text.is_empty() {
                details.insert(field.into(), text.into());
            }
        }
        self.details = Some(details);
        self
    }

    /// 404 for one object.
    pub fn not_found(resource: &GroupResource, name: &str) -> Self {
        let message = format!("{resource} {name:?} not found");
        Self::plain(404, "NotFound", message).about(resource, name)
    }

    /// 404 for a path or a kind that is not served.
    pub fn no_resource() -> Self {
        let mut error = Self::plain(
            404,
            "NotFound",
            "the server could not find the requested resource",
        );
        error.details = Some(Map::new());
        error
    }

    /// 409 for a name that is taken.
    pub fn already_exists(resource: &GroupResource, name: &str) -> Self {
        let message = format!("{resource} {name:?} already exists");
        Self::plain(409, "AlreadyExists", message).about(resource, name)
    }

    /// 409 for a `generateName` that found only taken names.
    pub fn generate_name_conflict(resource: &GroupResource, name: &str) -> Self {
        let message = format!(
            "{resource} {name:?} already exists, the server was not able to generate a unique name for the object"
        );
        Self::plain(409, "AlreadyExists", message)
            .about(resource, name)
            .retry_after(1)
    }

    /// 409 for a write that does not fit what is stored.
    pub fn conflict(resource: &GroupResource, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {resource} {name:?}: {why}");
        Self::plain(409, "Conflict", message).about(resource, name)
    }

    /// 409 for a write on a stale version.
    pub fn stale(resource: &GroupResource, name: &str) -> Self {
        Self::conflict(
            resource,
            name,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    /// 422 with one cause a field; `kind` is qualified, such as `Deployment.apps`.
    pub fn invalid(group: &str, kind: &str, name: &str, causes: &[Cause]) -> Self {
        let qualified = if group.is_empty() {
            kind.to_owned()
        } else {
            format!("{kind}.{group}")
        };
        let mut lines: Vec<String> = Vec::new();
        for line in causes.iter().map(Cause::to_string) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        let tail = match lines.as_slice() {
            [] => String::new(),
            [line] => format!(": {line}"),
            lines => format!(": [{}]", lines.join(", ")),
        };
        let mut error = Self::plain(
            422,
            "Invalid",
            format!("{qualified} {name:?} is invalid{tail}"),
        );
        let mut details = Map::new();
        for (field, text) in [("name", name), ("group", group), ("kind", kind)] {
            if !text.is_empty() {
                details.insert(field.into(), text.into());
            }
        }
        details.insert(
            "causes".into(),
            causes.iter().map(Cause::to_value).collect(),
        );
        error.details = Some(details);
        error
    }

    /// 400.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::plain(400, "BadRequest", message)
    }

    /// 401.
    pub fn unauthorized() -> Self {
        Self::plain(401, "Unauthorized", "Unauthorized")
    }

    /// 403 for one object.
    pub fn forbidden(resource: &GroupResource, name: &str, why: &str) -> Self {
        let message = if name.is_empty() {
            format!("{resource} is forbidden: {why}")
        } else {
            format!("{resource} {name:?} is forbidden: {why}")
        };
        Self::plain(403, "Forbidden", message).about(resource, name)
    }

    /// 405.
    pub fn method_not_allowed() -> Self {
        let mut error = Self::plain(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        );
        error.details = Some(Map::new());
        error
    }

    /// 406.
    pub fn not_acceptable(accepted: &str) -> Self {
        Self::plain(
            406,
            "NotAcceptable",
            format!("only the following media types are accepted: {accepted}"),
        )
    }

    /// 410 for a resourceVersion that the server no longer remembers.
    pub fn expired(message: impl Into<String>) -> Self {
        Self::plain(410, "Expired", message)
    }

    /// 413.
    pub fn too_large(message: impl Into<String>) -> Self {
        let message = format!("Request entity is too large: {}", message.into());
        Self::plain(413, "RequestEntityTooLarge", message)
    }

    /// 415.
    pub fn unsupported_media_type(accepted: &str) -> Self {
        Self::plain(
            415,
            "UnsupportedMediaType",
            format!(
                "the body of the request was in an unknown format - accepted media types include: {accepted}"
            ),
        )
    }

    /// 415 of the router.
    pub fn unrouted_media_type() -> Self {
        let mut error = Self::plain(415, "UnsupportedMediaType", "415: Unsupported Media Type");
        error.details = Some(Map::new());
        error
    }

    /// 406 of the router.
    pub fn unrouted_acceptance(accepted: &str) -> Self {
        let message = format!("406: Not Acceptable\n\nAvailable representations: {accepted}");
        let mut error = Self::plain(406, "NotAcceptable", message);
        error.details = Some(Map::new());
        error
    }

    /// 406 for a form that the object cannot have.
    pub fn unfit_form(message: impl Into<String>) -> Self {
        Self::plain(406, "NotAcceptable", message)
    }

    /// 422 without a field, as a JSON patch that cannot be applied gets it.
    ///
    /// Why is not said: the original gives its reason to nobody.
    pub fn unprocessable() -> Self {
        let mut error = Self::plain(
            422,
            "Invalid",
            "the server rejected our request due to an error in our request",
        );
        error.details = Some(Map::new());
        error
    }

    /// 429.
    pub fn too_many_requests(message: impl Into<String>, retry_after_seconds: u32) -> Self {
        let error = Self::plain(429, "TooManyRequests", message);
        if retry_after_seconds == 0 {
            return error;
        }
        error.retry_after(retry_after_seconds)
    }

    /// With one more cause that is no field.
    #[must_use]
    pub fn caused_by(mut self, reason: &str, message: &str) -> Self {
        let causes = self
            .details
            .get_or_insert_default()
            .entry("causes")
            .or_insert_with(|| json!([]));
        if let Some(causes) = causes.as_array_mut() {
            causes.push(json!({"reason": reason, "message": message}));
        }
        self
    }

    /// 500, as an error that the API has no word for.
    pub fn unknown(message: impl Into<String>) -> Self {
        Self::plain(500, "", message)
    }

    /// 500.
    pub fn internal(why: &str) -> Self {
        let mut error = Self::plain(
            500,
            "InternalError",
            format!("Internal error occurred: {why}"),
        );
        let mut details = Map::new();
        details.insert("causes".into(), json!([{"message": why}]));
        error.details = Some(details);
        error
    }

    /// 503.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::plain(503, "ServiceUnavailable", message)
    }

    /// 504 for a resourceVersion that is yet to come.
    pub fn too_large_version(asked: u64, current: u64) -> Self {
        let message = format!("Too large resource version: {asked}, current: {current}");
        let mut error = Self::plain(504, "Timeout", message);
        let cause =
            json!({"reason": "ResourceVersionTooLarge", "message": "Too large resource version"});
        let mut details = Map::new();
        details.insert("causes".into(), json!([cause]));
        error.details = Some(details);
        error.retry_after(1)
    }

    /// With the hint when to try again, in the Status and as a header.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.details
            .get_or_insert_default()
            .insert("retryAfterSeconds".into(), seconds.into());
        self
    }

    /// Seconds after which to try again, if said.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.details.as_ref()?.get("retryAfterSeconds")?.as_u64()
    }

    /// With more details.
    #[must_use]
    pub fn with_causes(mut self, causes: Value) -> Self {
        self.details
            .get_or_insert_default()
            .insert("causes".into(), causes);
        self
    }

    /// The error as a `metav1.Status`.
    pub fn to_status(&self) -> Value {
        let mut fields = Map::new();
        fields.insert("kind".into(), "Status".into());
        fields.insert("apiVersion".into(), "v1".into());
        fields.insert("metadata".into(), json!({}));
        fields.insert("status".into(), "Failure".into());
        fields.insert("message".into(), self.message.as_str().into());
        fields.insert("code".into(), self.code.into());
        if !self.reason.is_empty() {
            fields.insert("reason".into(), self.reason.into());
        }
        if let Some(details) = &self.details {
            fields.insert("details".into(), Value::Object(details.clone()));
        }
        Value::Object(fields)
    }
}

impl From<ApplyError> for ApiError {
    fn from(error: ApplyError) -> Self {
        let message = error.to_string();
        match error {
            ApplyError::BadRequest(_) => Self::bad_request(message),
            ApplyError::Failed(_) => Self::unknown(message),
            ApplyError::Conflict(conflicts) => {
                let causes: Value = conflicts
                    .iter()
                    .map(|conflict| {
                        json!({
                            "reason": "FieldManagerConflict",
                            "message": conflict.message(),
                            "field": conflict.field(),
                        })
                    })
                    .collect();
                Self::plain(409, "Conflict", message).with_causes(causes)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_read_like_those_of_a_cluster() {
        let deployments = GroupResource::new("apps", "deployments");
        let error = ApiError::not_found(&deployments, "web");
        assert_eq!(
            error.to_status(),
            json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                "message": "deployments.apps \"web\" not found", "reason": "NotFound", "code": 404,
                "details": {"name": "web", "group": "apps", "kind": "deployments"},
            })
        );
        let causes = [
            Cause::required("metadata.name", "name or generateName is required"),
            Cause::invalid(
                "spec.replicas",
                &json!(-1),
                "must be greater than or equal to 0",
            ),
        ];
        assert_eq!(
            ApiError::invalid("apps", "Deployment", "", &causes).message,
            "Deployment.apps \"\" is invalid: [metadata.name: Required value: name or generateName is required, \
             spec.replicas: Invalid value: -1: must be greater than or equal to 0]"
        );
    }
}
