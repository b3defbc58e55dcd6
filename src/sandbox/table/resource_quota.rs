//! How ResourceQuotas are shown.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::{age, at, scalar},
    column::{AGE, NAME, Printer, text},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("", "ResourceQuota"),
    columns: &[
        NAME,
        text("Request", "Used and hard amounts of requests and counts."),
        text("Limit", "Used and hard amounts of limits."),
        AGE,
    ],
    cells,
    conditions: None,
};

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    let hard = at(object, "status.hard").and_then(Value::as_object);
    let used = at(object, "status.used");
    // Names hold dots, so they are no paths.
    let amount = |map: Option<&Value>, name: &str| {
        map.and_then(|map| scalar(&serde_json::json!({"a": map.get(name)}), "a"))
            .unwrap_or_else(|| "0".to_owned())
    };
    for name in hard.into_iter().flat_map(|hard| hard.keys()) {
        let of = at(object, "status.hard");
        let line = format!("{name}: {}/{}", amount(used, name), amount(of, name));
        if name.starts_with("limits.") {
            limits.push(line);
        } else {
            requests.push(line);
        }
    }
    vec![
        object.name().into(),
        requests.join(", ").into(),
        limits.join(", ").into(),
        age(object, now).into(),
    ]
}
