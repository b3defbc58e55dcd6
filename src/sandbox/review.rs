//! Reviews: who the caller is and what it may do. There is one administrator, who may do all; RBAC
//! objects are kept, not enforced.

use serde_json::{Value, json};

use super::{
    error::{ApiError, ApiResult, Cause},
    registry::Resource,
};
use crate::object::Object;

/// Name of the one user.
pub const USER: &str = "kubernetes-admin";
/// Groups of the one user.
pub const GROUPS: [&str; 2] = ["system:masters", "system:authenticated"];

/// Answers a review: the object as it was sent, with its status. `is_token` tells whether a text is
/// the token of this server.
///
/// # Errors
/// 422 when the review does not say what it asks, 400 when it lacks a namespace.
pub fn answer(
    resource: &Resource,
    review: &Object,
    is_token: impl Fn(&str) -> bool,
) -> ApiResult<Object> {
    let status = match resource.gvk.kind.as_str() {
        "SelfSubjectReview" => json!({"userInfo": user()}),
        "SelfSubjectRulesReview" => rules(review)?,
        "SelfSubjectAccessReview" => {
            check_attributes(resource, review, false)?;
            json!({"allowed": true})
        }
        "SubjectAccessReview" | "LocalSubjectAccessReview" => {
            check_attributes(resource, review, true)?;
            access(review)
        }
        "TokenReview" => token(review, is_token),
        _ => return Err(ApiError::method_not_allowed()),
    };
    let mut answer = review.clone();
    if answer.at(&["spec"]).is_none() && resource.gvk.kind != "SelfSubjectReview" {
        answer.set(&["spec"], json!({}));
    }
    answer.set(&["status"], status);
    Ok(answer)
}

fn user() -> Value {
    json!({"username": USER, "groups": GROUPS})
}

fn rules(review: &Object) -> ApiResult<Value> {
    let namespace = review.at(&["spec", "namespace"]).and_then(Value::as_str);
    if namespace.unwrap_or_default().is_empty() {
        return Err(ApiError::bad_request("no namespace on request"));
    }
    Ok(json!({
        "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
        "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
        "incomplete": false,
    }))
}

/// Only the administrator may do anything.
fn access(review: &Object) -> Value {
    let is_admin = review.at(&["spec", "user"]) == Some(&USER.into())
        || review
            .at(&["spec", "groups"])
            .and_then(Value::as_array)
            .is_some_and(|groups| groups.contains(&"system:masters".into()));
    json!({"allowed": is_admin})
}

fn token(review: &Object, is_token: impl Fn(&str) -> bool) -> Value {
    let token = review.at(&["spec", "token"]).and_then(Value::as_str);
    if token.is_some_and(is_token) {
        json!({"authenticated": true, "user": user()})
    } else {
        json!({"user": {}, "error": "the token is not known"})
    }
}

fn check_attributes(resource: &Resource, review: &Object, names_user: bool) -> ApiResult<()> {
    let has = |field: &str| {
        review
            .at(&["spec", field])
            .is_some_and(|value| !value.is_null())
    };
    let mut causes = Vec::new();
    let rule = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    match (has("resourceAttributes"), has("nonResourceAttributes")) {
        (true, true) => causes.push(Cause::invalid(
            "spec.nonResourceAttributes",
            review
                .at(&["spec", "nonResourceAttributes"])
                .unwrap_or(&Value::Null),
            "cannot be specified in combination with resourceAttributes",
        )),
        (false, false) => causes.push(Cause::invalid("spec", &Value::Null, rule)),
        _ => {}
    }
    let is_empty = |field: &str| match review.at(&["spec", field]) {
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(list)) => list.is_empty(),
        _ => true,
    };
    if names_user && is_empty("user") && is_empty("groups") {
        causes.push(Cause::invalid(
            "spec.user",
            &"".into(),
            "at least one of user or group must be specified",
        ));
    }
    if causes.is_empty() {
        return Ok(());
    }
    // The original leaves the kind out.
    Err(ApiError::invalid(&resource.gvk.group, "", "", &causes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::registry::Registry;

    fn ask(kind: &str, spec: Value) -> ApiResult<Value> {
        let registry = Registry::built_in();
        let resource = registry.iter().find(|r| r.gvk.kind == kind).unwrap();
        let review = Object::from_value(json!({
            "apiVersion": resource.gvk.api_version(), "kind": kind, "spec": spec}))
        .unwrap();
        let answer = answer(resource, &review, |token| token == "t")?;
        Ok(answer.at(&["status"]).unwrap().clone())
    }

    #[test]
    fn one_administrator_may_do_all() {
        let attributes = json!({"resource": "pods", "verb": "get"});
        for (kind, spec, status) in [
            ("SelfSubjectReview", json!({}), json!({"userInfo": user()})),
            (
                "SelfSubjectAccessReview",
                json!({"resourceAttributes": attributes}),
                json!({"allowed": true}),
            ),
            (
                "SubjectAccessReview",
                json!({"resourceAttributes": attributes, "user": "somebody"}),
                json!({"allowed": false}),
            ),
            (
                "SubjectAccessReview",
                json!({"resourceAttributes": attributes, "groups": ["system:masters"]}),
                json!({"allowed": true}),
            ),
            (
                "TokenReview",
                json!({"token": "t"}),
                json!({"authenticated": true, "user": user()}),
            ),
        ] {
            assert_eq!(ask(kind, spec), Ok(status), "{kind}");
        }
    }

    #[test]
    fn reviews_say_what_they_ask() {
        let error = ask("SelfSubjectAccessReview", json!({})).unwrap_err();
        assert_eq!(error.code, 422);
        assert_eq!(
            error.message,
            ".authorization.k8s.io \"\" is invalid: spec: \
             Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"
        );
        assert_eq!(
            ask("SelfSubjectRulesReview", json!({})).unwrap_err().code,
            400
        );
    }
}
