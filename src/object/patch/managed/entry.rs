//! The managers of an object, as `metadata.managedFields` lists them
//! (`managedfields/internal/managedfields.go`).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    fields_v1::{from_fields_v1, to_fields_v1},
    set::FieldSet,
};

/// How a manager wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// By server-side apply.
    Apply,
    /// By any other write.
    Update,
}

impl Operation {
    fn text(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Update => "Update",
        }
    }
}

/// Which entry of `managedFields` a manager has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ManagerId {
    /// Name of the manager.
    pub name: String,
    /// How it wrote.
    pub operation: Operation,
    /// The version it wrote in; empty for an applier, which has one entry whatever the version.
    pub api_version: String,
    /// The subresource it wrote to, empty for the object itself.
    pub subresource: String,
}

impl ManagerId {
    /// The entry of a writer; an empty name stands for `unknown`.
    pub fn new(name: &str, operation: Operation, api_version: &str, subresource: &str) -> Self {
        Self {
            name: if name.is_empty() { "unknown" } else { name }.to_owned(),
            operation,
            api_version: match operation {
                Operation::Apply => String::new(),
                Operation::Update => api_version.to_owned(),
            },
            subresource: subresource.to_owned(),
        }
    }
}

/// What one manager has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// The fields.
    pub fields: FieldSet,
    /// The version that the fields are of.
    pub api_version: String,
    /// When it last changed, as RFC 3339 in whole seconds.
    pub time: Option<String>,
}

/// All managers of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Managers(pub BTreeMap<ManagerId, Ownership>);

impl Managers {
    /// Reads `managedFields`.
    ///
    /// # Errors
    /// An entry is broken; tells why.
    pub fn read(entries: Option<&Value>) -> Result<Self, String> {
        let mut managers = BTreeMap::new();
        let entries = entries.and_then(Value::as_array).into_iter().flatten();
        for (place, entry) in entries.enumerate() {
            let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
            let operation = match text("operation") {
                "Apply" => Operation::Apply,
                "Update" => Operation::Update,
                _ => return Err("operation must be `Apply` or `Update`".to_owned()),
            };
            let api_version = text("apiVersion");
            if api_version.is_empty() {
                return Err("apiVersion must not be empty".to_owned());
            }
            match text("fieldsType") {
                "FieldsV1" => {}
                "" => {
                    return Err(format!(
                        "missing fieldsType in managed fields entry {place}"
                    ));
                }
                other => {
                    return Err(format!(
                        "invalid fieldsType {other:?} in managed fields entry {place}"
                    ));
                }
            }
            let fields = match entry.get("fieldsV1") {
                None | Some(Value::Null) => FieldSet::default(),
                Some(fields) => from_fields_v1(fields)
                    .map_err(|error| format!("error decoding set: {error}"))?,
            };
            let id = ManagerId {
                name: text("manager").to_owned(),
                ..ManagerId::new("-", operation, api_version, text("subresource"))
            };
            let time = Some(text("time")).filter(|time| !time.is_empty());
            let ownership = Ownership {
                fields,
                api_version: api_version.to_owned(),
                time: time.map(str::to_owned),
            };
            managers.insert(id, ownership);
        }
        Ok(Self(managers))
    }

    /// Writes `managedFields`: appliers first, then by time; nothing when there is no manager.
    pub fn write(&self) -> Option<Value> {
        if self.0.is_empty() {
            return None;
        }
        let mut entries: Vec<_> = self.0.iter().collect();
        entries.sort_by(|(left, had), (right, has)| {
            let key = |id: &ManagerId, owned: &Ownership| {
                (
                    id.operation,
                    owned.time.clone(),
                    id.name.clone(),
                    owned.api_version.clone(),
                    id.subresource.clone(),
                )
            };
            key(left, had).cmp(&key(right, has))
        });
        Some(
            entries
                .into_iter()
                .map(|(id, owned)| entry(id, owned))
                .collect(),
        )
    }
}

fn entry(id: &ManagerId, owned: &Ownership) -> Value {
    let mut map = Map::new();
    map.insert("apiVersion".into(), owned.api_version.as_str().into());
    map.insert("fieldsType".into(), "FieldsV1".into());
    map.insert("fieldsV1".into(), to_fields_v1(&owned.fields));
    let time = owned.time.as_deref().unwrap_or_default();
    for (name, text) in [
        ("manager", id.name.as_str()),
        ("subresource", &id.subresource),
        ("time", time),
    ] {
        if !text.is_empty() {
            map.insert(name.into(), text.into());
        }
    }
    map.insert("operation".into(), id.operation.text().into());
    Value::Object(map)
}
