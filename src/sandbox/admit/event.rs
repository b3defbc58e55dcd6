//! Events of both API groups (`pkg/apis/core/validation/events.go`). Fields are named as the core group names them.

use serde_json::Value;

use super::{Rules, name};
use crate::{
    object::{Gvk, Object, name::label_key_errors},
    sandbox::{convert::to_version, error::Cause, strategy::NameRule},
};

/// The rules of Events.
pub const RULES: Rules = Rules {
    group: "",
    plural: "events",
    fill: |_| {},
    prepare: |_, _| {},
    validate,
};

/// The most bytes of a text.
const MOST_OF_A_WORD: usize = 128;
const MOST_OF_A_NOTE: usize = 1024;
/// What the newer group does not let anybody change.
const FIXED: [&str; 13] = [
    "involvedObject",
    "reason",
    "message",
    "source",
    "firstTimestamp",
    "lastTimestamp",
    "count",
    "type",
    "eventTime",
    "action",
    "related",
    "reportingController",
    "reportingInstance",
];

fn validate(object: &Object, before: Option<&Object>) -> Vec<Cause> {
    let is_core = object.gvk().group.is_empty();
    let core = Gvk::new("", "v1", "Event");
    let event = to_version(object, &core);
    let mut causes = of_both(&event, is_core);
    if is_core {
        return causes;
    }
    match before {
        None => causes.extend(of_new(&event)),
        Some(before) => {
            let before = to_version(before, &core);
            if event.at(&["series"]) != before.at(&["series"]) {
                causes.extend(series(&event));
            }
            for field in FIXED {
                let path = match field {
                    "reportingController" => "reportingComponent",
                    other => other,
                };
                let value = |object: &Object| object.at(&[path]).cloned().unwrap_or_default();
                if value(&event) != value(&before) {
                    causes.push(Cause::invalid(field, &value(&event), "field is immutable"));
                }
            }
        }
    }
    causes
}

fn text<'a>(event: &'a Object, path: &[&str]) -> &'a str {
    event.at(path).and_then(Value::as_str).unwrap_or_default()
}

fn is_unset(event: &Object, field: &str) -> bool {
    event.at(&[field]).is_none_or(Value::is_null)
}

/// What holds in both groups; an event with a time of its own is of the newer kind.
fn of_both(event: &Object, is_core: bool) -> Vec<Cause> {
    let mut causes = Vec::new();
    let about = text(event, &["involvedObject", "namespace"]);
    let own = event.namespace().unwrap_or_default();
    let elsewhere = || {
        Cause::invalid(
            "involvedObject.namespace",
            &about.into(),
            "does not match event.namespace",
        )
    };
    if is_unset(event, "eventTime") {
        let is_fine = match about {
            "" => own.is_empty() || own == "default",
            about => about == own,
        };
        if !is_fine {
            causes.push(elsewhere());
        }
        return causes;
    }
    if about.is_empty() && own != "default" && own != "kube-system" {
        causes.push(elsewhere());
    }
    let controller = if is_core {
        "reportingComponent"
    } else {
        "reportingController"
    };
    let given = text(event, &["reportingComponent"]);
    if given.is_empty() {
        causes.push(Cause::required(controller, ""));
    }
    for detail in label_key_errors(given) {
        causes.push(Cause::invalid(controller, &given.into(), &detail));
    }
    for field in ["reportingInstance", "action", "reason"] {
        let given = text(event, &[field]);
        if given.is_empty() {
            causes.push(Cause::required(field, ""));
        }
        if given.len() > MOST_OF_A_WORD {
            let detail = format!("can have at most {MOST_OF_A_WORD} characters");
            causes.push(Cause::invalid(field, &"".into(), &detail));
        }
    }
    if text(event, &["message"]).len() > MOST_OF_A_NOTE {
        let detail = format!("can have at most {MOST_OF_A_NOTE} characters");
        causes.push(Cause::invalid("message", &"".into(), &detail));
    }
    causes
}

/// What the newer group demands of a new event.
fn of_new(event: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    for detail in name::check(NameRule::Subdomain, event.name(), false) {
        causes.push(Cause::invalid(
            "metadata.name",
            &event.name().into(),
            &detail,
        ));
    }
    causes.extend(series(event));
    if is_unset(event, "eventTime") {
        causes.push(Cause::required("eventTime", ""));
    }
    let kind = text(event, &["type"]);
    if kind != "Normal" && kind != "Warning" {
        let detail = format!("has invalid value: {kind}");
        causes.push(Cause::invalid("type", &"".into(), &detail));
    }
    let has_source = ["component", "host"]
        .iter()
        .any(|part| !text(event, &["source", part]).is_empty());
    let has_count = event.at(&["count"]).is_some_and(|count| *count != 0);
    for (field, is_set) in [
        ("firstTimestamp", !is_unset(event, "firstTimestamp")),
        ("lastTimestamp", !is_unset(event, "lastTimestamp")),
        ("count", has_count),
        ("source", has_source),
    ] {
        if is_set {
            causes.push(Cause::invalid(field, &"".into(), "needs to be unset"));
        }
    }
    causes
}

fn series(event: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    let Some(series) = event.at(&["series"]).filter(|series| !series.is_null()) else {
        return causes;
    };
    let count = series.get("count").and_then(Value::as_i64);
    if count.unwrap_or_default() < 2 {
        causes.push(Cause::invalid(
            "series.count",
            &"".into(),
            "should be at least 2",
        ));
    }
    if series.get("lastObservedTime").is_none_or(Value::is_null) {
        causes.push(Cause::required("series.lastObservedTime", ""));
    }
    causes
}
