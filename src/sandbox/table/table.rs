//! From objects to the table on the wire.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    ALL,
    cell::text,
    column::{Column, NAME, Printer, date},
    custom,
};
use crate::{
    object::Object,
    sandbox::{convert::to_version, registry::Resource},
};

/// What each row carries beside its cells (`includeObject` of the request).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Include {
    /// Nothing.
    None,
    /// The metadata; what a request without the parameter gets.
    #[default]
    Metadata,
    /// The whole object.
    Object,
}

impl Include {
    /// Reads the parameter; absent is the default.
    pub fn from_parameter(text: Option<&str>) -> Option<Self> {
        match text {
            None | Some("" | "Metadata") => Some(Self::Metadata),
            Some("None") => Some(Self::None),
            Some("Object") => Some(Self::Object),
            Some(_) => None,
        }
    }
}

/// How a table is wanted.
#[derive(Clone, Copy, Debug)]
pub struct TableOptions {
    /// The instant that ages are counted to.
    pub now: Timestamp,
    /// What rows carry.
    pub include: Include,
    /// Whether the columns are named: later events of a watch leave them out.
    pub headers: bool,
}

/// Columns of a kind without a printer (`k8s.io/apiserver/pkg/registry/rest/table.go`).
const DEFAULT: &[Column] = &[NAME, date("Created At", "When the object was created.")];

/// Shows objects of a resource as a `meta.k8s.io/v1` Table.
///
/// `metadata` is that of the list (resourceVersion, continue, remainingItemCount), or of the one
/// object: its resourceVersion.
pub fn table<'a>(
    resource: &Resource,
    objects: impl IntoIterator<Item = &'a Object>,
    metadata: Value,
    options: TableOptions,
) -> Value {
    let kind = (resource.storage.group.as_str(), resource.gvk.kind.as_str());
    let printer = ALL.iter().find(|printer| printer.kind == kind);
    let custom = custom::Columns::of(resource);
    let rows: Vec<Value> = objects
        .into_iter()
        .map(|object| {
            let cells = match (&custom, printer) {
                (Some(custom), _) => custom.cells(object, options.now),
                // Printers read the version that is kept.
                (None, Some(printer)) if resource.gvk != resource.storage => {
                    let kept = to_version(object, &resource.storage);
                    (printer.cells)(&kept, options.now)
                }
                (None, Some(printer)) => (printer.cells)(object, options.now),
                (None, None) => vec![
                    object.name().into(),
                    text(object, "metadata.creationTimestamp").into(),
                ],
            };
            row(object, cells, printer, options.include)
        })
        .collect();
    let columns = match (&custom, printer) {
        _ if !options.headers => Value::Null,
        (Some(custom), _) => custom.definitions(),
        (None, Some(printer)) => printer.columns.iter().map(Column::definition).collect(),
        (None, None) => DEFAULT.iter().map(Column::definition).collect(),
    };
    let mut table = Map::new();
    for (field, value) in [
        ("kind", "Table".into()),
        ("apiVersion", "meta.k8s.io/v1".into()),
        ("metadata", metadata),
        ("columnDefinitions", columns),
        // Moved, not shown to a macro that would copy them.
        ("rows", Value::Array(rows)),
    ] {
        table.insert(field.to_owned(), value);
    }
    Value::Object(table)
}

fn row(object: &Object, cells: Vec<Value>, printer: Option<&&Printer>, include: Include) -> Value {
    let mut row = Map::from_iter([("cells".to_owned(), Value::Array(cells))]);
    if let Some(conditions) = printer
        .and_then(|printer| printer.conditions)
        .and_then(|conditions| conditions(object))
    {
        row.insert("conditions".to_owned(), conditions);
    }
    let carried = match include {
        Include::None => Value::Null,
        Include::Metadata => {
            let metadata = object.at(&["metadata"]).cloned().unwrap_or_default();
            let mut carried = Map::new();
            for (field, value) in [
                ("kind", "PartialObjectMetadata".into()),
                ("apiVersion", "meta.k8s.io/v1".into()),
                ("metadata", metadata),
            ] {
                carried.insert(field.to_owned(), value);
            }
            Value::Object(carried)
        }
        Include::Object => object.to_value(),
    };
    row.insert("object".to_owned(), carried);
    Value::Object(row)
}
