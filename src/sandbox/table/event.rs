//! How Events of both groups are shown; they are kept as those of the core group.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{at, int, since, text, text_or},
    column::{NAME, Printer, text as column},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("", "Event"),
    columns: &[
        column("Last Seen", "When it was last seen."),
        column("Type", "Normal or Warning."),
        column("Reason", "Why, in one word."),
        column("Object", "What it is about."),
        column("Subobject", "Which part of the object.").wide(),
        column("Source", "Who reports it.").wide(),
        column("Message", "What happened."),
        column("First Seen", "When it was first seen.").wide(),
        column("Count", "How often it was seen.").wide(),
        NAME.wide(),
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    let event_time = text(object, "eventTime");
    let first = match text(object, "firstTimestamp") {
        "" => since(event_time, now),
        first => since(first, now),
    };
    let series = at(object, "series");
    let (last, count) = match (series, text(object, "lastTimestamp")) {
        (Some(series), _) => (
            since(text(series, "lastObservedTime"), now),
            int(series, "count"),
        ),
        (None, "") => (first.clone(), int(object, "count").max(1)),
        (None, last) => (since(last, now), int(object, "count").max(1)),
    };
    let mut target = text(object, "involvedObject.kind").to_lowercase();
    match text(object, "involvedObject.name") {
        "" => {}
        name => target = format!("{target}/{name}"),
    }
    vec![
        last.into(),
        text(object, "type").into(),
        text(object, "reason").into(),
        target.into(),
        text(object, "involvedObject.fieldPath").into(),
        source(object).into(),
        text(object, "message").trim().into(),
        first.into(),
        count.into(),
        object.name().into(),
    ]
}

fn source(object: &Object) -> String {
    let component = text_or(
        object,
        "source.component",
        text(object, "reportingComponent"),
    );
    match text_or(object, "source.host", text(object, "reportingInstance")) {
        "" => component.to_owned(),
        instance => format!("{component}, {instance}"),
    }
}
