//! Columns that a custom resource definition asks for (`tableconvertor.go` of apiextensions).

use std::cell::OnceCell;

use jiff::Timestamp;
use serde_json::Value;

use super::{
    cell::since,
    column::{NAME, definition},
    json_path::JsonPath,
};
use crate::{
    object::Object,
    sandbox::registry::{PrinterColumn, Resource},
};

/// The columns of one version of a custom resource.
pub(super) struct Columns {
    columns: Vec<(PrinterColumn, Option<JsonPath>)>,
}

impl Columns {
    /// Those of a custom resource; none for a built-in one. A definition that names no column
    /// gets the age.
    pub(super) fn of(resource: &Resource) -> Option<Self> {
        if !resource.custom {
            return None;
        }
        let age = [PrinterColumn {
            name: "Age".to_owned(),
            kind: "date".to_owned(),
            format: String::new(),
            description: "Time since the object was created.".to_owned(),
            priority: 0,
            json_path: ".metadata.creationTimestamp".to_owned(),
        }];
        let columns = if resource.columns.is_empty() {
            &age[..]
        } else {
            &resource.columns
        };
        Some(Self {
            columns: columns
                .iter()
                .map(|column| (column.clone(), JsonPath::parse(&column.json_path).ok()))
                .collect(),
        })
    }

    pub(super) fn definitions(&self) -> Value {
        let ours = self.columns.iter().map(|(column, _)| {
            let path = &column.json_path;
            let description = if column.description.is_empty() {
                format!("Custom resource definition column (in JSONPath format): {path}")
            } else {
                column.description.clone()
            };
            definition(
                &column.name,
                &column.kind,
                &column.format,
                &description,
                column.priority,
            )
        });
        std::iter::once(NAME.definition()).chain(ours).collect()
    }

    pub(super) fn cells(&self, object: &Object, now: Timestamp) -> Vec<Value> {
        let whole = OnceCell::new();
        std::iter::once(Value::from(object.name()))
            .chain(self.columns.iter().map(|(column, path)| {
                path.as_ref()
                    .and_then(|path| {
                        let found = match path.first_field() {
                            Some(field) => path.find_behind_first(object.as_map().get(field)?),
                            // Only a path that begins at no field needs a copy of the whole.
                            None => path.find(whole.get_or_init(|| object.to_value())),
                        };
                        found.into_iter().next()
                    })
                    .map_or(Value::Null, |value| cell(&column.kind, value, now))
            }))
            .collect()
    }
}

fn cell(kind: &str, value: &Value, now: Timestamp) -> Value {
    match (kind, value) {
        ("string", Value::String(_)) | ("boolean", Value::Bool(_)) => value.clone(),
        ("string", Value::Null) => Value::Null,
        // Maps and lists are shown as JSON.
        ("string", other) => other.to_string().into(),
        ("integer", Value::Number(number)) => number
            .as_i64()
            .or_else(|| whole(number.as_f64()?))
            .map_or(Value::Null, Value::from),
        ("number", Value::Number(_)) => value.clone(),
        ("date", Value::String(text)) => match since(text, now).as_str() {
            "<unknown>" if text.is_empty() => "<unknown>".into(),
            "<unknown>" => "<invalid>".into(),
            said => said.into(),
        },
        _ => Value::Null,
    }
}

/// The whole part, as Go converts.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a cell shows the whole part, and saturates"
)]
fn whole(number: f64) -> Option<i64> {
    number.is_finite().then_some(number as i64)
}
