//! What a printer of one kind is made of.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::object::Object;

/// How objects of one kind are shown.
pub(super) struct Printer {
    /// Group and kind, whatever the version.
    pub kind: (&'static str, &'static str),
    /// Headings.
    pub columns: &'static [Column],
    /// One cell for each column.
    pub cells: fn(&Object, Timestamp) -> Vec<Value>,
    /// Conditions of the row, such as that a pod has completed.
    pub conditions: Option<fn(&Object) -> Option<Value>>,
}

/// A heading.
pub(super) struct Column {
    name: &'static str,
    kind: &'static str,
    format: &'static str,
    priority: i64,
    description: &'static str,
}

/// The name of the object; always the first column but for events.
pub(super) const NAME: Column = Column {
    format: "name",
    ..text("Name", "Name of the object, unique within its namespace.")
};
/// Time since creation.
pub(super) const AGE: Column = text("Age", "Time since the object was created.");
/// Container names of a pod template, shown wide.
pub(super) const CONTAINERS: Column =
    text("Containers", "Names of each container in the template.").wide();
/// Container images of a pod template, shown wide.
pub(super) const IMAGES: Column =
    text("Images", "Images of each container in the template.").wide();
/// A label selector, shown wide.
pub(super) const SELECTOR: Column = text("Selector", "Labels that select the pods.").wide();

/// A column of text.
pub(super) const fn text(name: &'static str, description: &'static str) -> Column {
    Column {
        name,
        kind: "string",
        format: "",
        priority: 0,
        description,
    }
}

/// A column of whole numbers.
pub(super) const fn integer(name: &'static str, description: &'static str) -> Column {
    Column {
        kind: "integer",
        ..text(name, description)
    }
}

/// A column of booleans.
pub(super) const fn boolean(name: &'static str, description: &'static str) -> Column {
    Column {
        kind: "boolean",
        ..text(name, description)
    }
}

/// A column of times.
pub(super) const fn date(name: &'static str, description: &'static str) -> Column {
    Column {
        kind: "date",
        ..text(name, description)
    }
}

impl Column {
    /// Shown with `-o wide` only.
    pub(super) const fn wide(mut self) -> Self {
        self.priority = 1;
        self
    }

    /// As the wire has it.
    pub(super) fn definition(&self) -> Value {
        definition(
            self.name,
            self.kind,
            self.format,
            self.description,
            self.priority,
        )
    }
}

/// A column definition as the wire has it.
pub(super) fn definition(
    name: &str,
    kind: &str,
    format: &str,
    description: &str,
    priority: i64,
) -> Value {
    json!({
        "name": name, "type": kind, "format": format,
        "description": description, "priority": priority,
    })
}
