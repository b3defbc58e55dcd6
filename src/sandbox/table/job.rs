//! How Jobs are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, at, containers, human_duration, int, list, selector, since, text},
    column::{AGE, CONTAINERS, IMAGES, NAME, Printer, SELECTOR, text as column},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("batch", "Job"),
    columns: &[
        NAME,
        column("Status", "How far it is."),
        column("Completions", "Pods succeeded of pods wanted."),
        column("Duration", "How long it took, or takes until now."),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(list(object, "spec.template.spec.containers"));
    vec![
        object.name().into(),
        status(object).into(),
        completions(object).into(),
        duration(object, now).into(),
        age(object, now).into(),
        names.into(),
        images.into(),
        selector(at(object, "spec.selector")).into(),
    ]
}

fn status(object: &Object) -> &'static str {
    let holds = |kind: &str| {
        list(object, "status.conditions")
            .iter()
            .find(|condition| text(*condition, "type") == kind)
            .is_some_and(|condition| text(condition, "status") == "True")
    };
    if holds("Complete") {
        "Complete"
    } else if holds("Failed") {
        "Failed"
    } else if at(object, "metadata.deletionTimestamp").is_some() {
        "Terminating"
    } else if holds("Suspended") {
        "Suspended"
    } else if holds("FailureTarget") {
        "FailureTarget"
    } else if holds("SuccessCriteriaMet") {
        "SuccessCriteriaMet"
    } else {
        "Running"
    }
}

fn completions(object: &Object) -> String {
    let succeeded = int(object, "status.succeeded");
    match (
        at(object, "spec.completions"),
        int(object, "spec.parallelism"),
    ) {
        (Some(wanted), _) => format!("{succeeded}/{wanted}"),
        (None, parallelism) if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        (None, _) => format!("{succeeded}/1"),
    }
}

fn duration(object: &Object, now: Timestamp) -> String {
    let start = text(object, "status.startTime");
    let end = text(object, "status.completionTime");
    match (start.parse::<Timestamp>(), end.parse::<Timestamp>()) {
        (Err(_), _) => String::new(),
        (Ok(_), Err(_)) => since(start, now),
        (Ok(start), Ok(end)) => human_duration(end.as_millisecond() - start.as_millisecond()),
    }
}
