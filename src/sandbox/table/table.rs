//! From objects to the table on the wire.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    ALL,
    cell::text,
    column::{Column, NAME, date},
    custom,
};
use crate::{
    object::Object,
    sandbox::{
        convert::to_version,
        registry::Resource,
        store::{Stored, write_json},
    },
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

/// What a row is made from.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    object: &'a Object,
    /// Its bytes, when it is shown as it is kept.
    kept: Option<&'a Stored>,
}

impl<'a> From<&'a Object> for Shown<'a> {
    fn from(object: &'a Object) -> Self {
        Self { object, kept: None }
    }
}

impl<'a> From<&'a Stored> for Shown<'a> {
    fn from(stored: &'a Stored) -> Self {
        Self {
            object: &stored.object,
            kept: Some(stored),
        }
    }
}

/// Shows objects of a resource as JSON of a `meta.k8s.io/v1` Table.
///
/// `metadata` is that of the list (resourceVersion, continue, remainingItemCount), or of the one
/// object: its resourceVersion.
pub fn table<'a>(
    resource: &Resource,
    objects: impl IntoIterator<Item = impl Into<Shown<'a>>>,
    metadata: &Value,
    options: TableOptions,
) -> Vec<u8> {
    let kind = (resource.storage.group.as_str(), resource.gvk.kind.as_str());
    let printer = ALL.iter().find(|printer| printer.kind == kind);
    let custom = custom::Columns::of(resource);
    let columns = match (&custom, printer) {
        _ if !options.headers => Value::Null,
        (Some(custom), _) => custom.definitions(),
        (None, Some(printer)) => printer.columns.iter().map(Column::definition).collect(),
        (None, None) => DEFAULT.iter().map(Column::definition).collect(),
    };
    let mut json = br#"{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":"#.to_vec();
    write_json(&mut json, metadata);
    json.extend_from_slice(br#","columnDefinitions":"#);
    write_json(&mut json, &columns);
    json.extend_from_slice(br#","rows":["#);
    for (number, shown) in objects.into_iter().enumerate() {
        let shown = shown.into();
        let object = shown.object;
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
        if number > 0 {
            json.push(b',');
        }
        json.extend_from_slice(br#"{"cells":"#);
        write_json(&mut json, &cells);
        if let Some(conditions) = printer
            .and_then(|printer| printer.conditions)
            .and_then(|conditions| conditions(object))
        {
            json.extend_from_slice(br#","conditions":"#);
            write_json(&mut json, &conditions);
        }
        json.extend_from_slice(br#","object":"#);
        carry(&mut json, shown, options.include);
        json.push(b'}');
    }
    json.extend_from_slice(b"]}");
    json
}

/// What a row carries beside its cells.
fn carry(json: &mut Vec<u8>, shown: Shown<'_>, include: Include) {
    match (include, shown.kept) {
        (Include::None, _) => json.extend_from_slice(b"null"),
        (Include::Metadata, kept) => {
            json.extend_from_slice(
                br#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":"#,
            );
            match kept {
                Some(stored) => json.extend_from_slice(stored.metadata_json()),
                None => write_json(json, &shown.object.at(&["metadata"])),
            }
            json.push(b'}');
        }
        (Include::Object, Some(stored)) => json.extend(stored.json(&shown.object.gvk())),
        (Include::Object, None) => write_json(json, shown.object.as_map()),
    }
}
