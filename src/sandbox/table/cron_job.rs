//! How CronJobs are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, at, containers, list, selector, since, text, text_or},
    column::{AGE, CONTAINERS, IMAGES, NAME, Printer, SELECTOR, boolean, integer, text as column},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("batch", "CronJob"),
    columns: &[
        NAME,
        column("Schedule", "When it runs."),
        column("Timezone", "Where the schedule is read."),
        boolean("Suspend", "Whether it is held."),
        integer("Active", "How many of its jobs run."),
        column("Last Schedule", "When it last ran."),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(list(
        object,
        "spec.jobTemplate.spec.template.spec.containers",
    ));
    let suspend = match at(object, "spec.suspend").and_then(Value::as_bool) {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    };
    let last = match text(object, "status.lastScheduleTime") {
        "" => "<none>".to_owned(),
        last => since(last, now),
    };
    vec![
        object.name().into(),
        text(object, "spec.schedule").into(),
        text_or(object, "spec.timeZone", "<none>").into(),
        suspend.into(),
        list(object, "status.active").len().into(),
        last.into(),
        age(object, now).into(),
        names.into(),
        images.into(),
        selector(at(object, "spec.jobTemplate.spec.selector")).into(),
    ]
}
