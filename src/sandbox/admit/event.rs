//! Events of both API groups (`pkg/apis/core/validation/events.go`).

use serde_json::Value;

use super::Rules;
use crate::{object::Object, sandbox::error::Cause};

/// The rules of Events.
pub const RULES: Rules = Rules {
    group: "",
    plural: "events",
    prepare: |_, _| {},
    validate,
};

/// Both groups are judged in the words of their own fields.
fn validate(object: &Object, before: Option<&Object>) -> Vec<Cause> {
    let is_core = object.gvk().group.is_empty();
    let field = if is_core {
        "involvedObject"
    } else {
        "regarding"
    };
    let text = |path: &[&str]| object.at(path).and_then(Value::as_str).unwrap_or_default();
    let mut causes = Vec::new();
    if before.is_some() {
        return causes;
    }
    let about = text(&[field, "namespace"]);
    let own = object.namespace().unwrap_or_default();
    let is_fine = if about.is_empty() {
        own == "default"
    } else {
        about == own
    };
    if !is_fine {
        causes.push(Cause::invalid(
            "involvedObject.namespace",
            &about.into(),
            "does not match event.namespace",
        ));
    }
    if !is_core {
        for (name, limit) in [("reportingController", 0), ("action", 128), ("reason", 128)] {
            if text(&[name]).is_empty() {
                causes.push(Cause::required(name, ""));
            } else if limit > 0 && text(&[name]).len() > limit {
                causes.push(Cause::invalid(
                    name,
                    &"".into(),
                    &format!("can have at most {limit} characters"),
                ));
            }
        }
        if object.at(&["eventTime"]).is_none_or(Value::is_null) {
            causes.push(Cause::required("eventTime", ""));
        }
    }
    causes
}
