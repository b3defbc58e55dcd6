//! One resource on its way through a build, with what it was called before.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    id::Id,
    origin::Origin,
    scalar,
    schema::Schema,
    trace::{Cause, Trace},
};
use crate::object::Gvk;

/// What a generated object does with one of its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Behavior {
    /// It must be the first of its name.
    #[default]
    Unspecified,
    /// The same, said aloud.
    Create,
    /// It takes the place of the other.
    Replace,
    /// It adds to the other.
    Merge,
}

impl Behavior {
    /// Reads the word of a kustomization file; unknown ones stand for nothing said.
    pub(super) fn read(word: &str) -> Self {
        match word {
            "create" => Self::Create,
            "replace" => Self::Replace,
            "merge" => Self::Merge,
            _ => Self::Unspecified,
        }
    }

    /// The word in messages.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Create => "create",
            Self::Replace => "replace",
            Self::Merge => "merge",
        }
    }
}

/// A name that a resource had.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Former {
    namespace: String,
    name: String,
    kind: String,
}

/// One resource on its way through a build. `Debug` shows its name only, for it may hold secrets.
#[derive(Clone)]
pub struct Resource {
    /// The manifest as it is so far.
    pub value: Value,
    former: Vec<Former>,
    pub(super) prefixes: Vec<String>,
    pub(super) suffixes: Vec<String>,
    pub(super) behavior: Behavior,
    pub(super) needs_hash: bool,
    /// The line of its document in its file, from 1; 0 where it has none.
    pub(super) line: usize,
    /// Variables that read this resource.
    pub(super) variables: Vec<String>,
    pub(super) may_rename: bool,
    pub(super) may_change_kind: bool,
    /// Whether kustomize would have put an annotation of its own on it by now.
    pub(super) is_marked: bool,
    /// Where it came from, as the origin annotation says.
    pub(super) origin: Option<Origin>,
    pub(super) transformations: Vec<Origin>,
    /// What gave it its fields, where anyone wants to know.
    pub(super) trace: Option<Box<Trace>>,
    schema: Schema,
}

impl std::fmt::Debug for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resource({})", self.id())
    }
}

impl Resource {
    pub(super) fn new(value: Value, schema: &Schema) -> Self {
        Self {
            value,
            former: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            behavior: Behavior::default(),
            needs_hash: false,
            line: 0,
            variables: Vec::new(),
            may_rename: false,
            may_change_kind: false,
            is_marked: false,
            origin: None,
            transformations: Vec::new(),
            trace: None,
            schema: schema.clone(),
        }
    }

    /// `kind` as written.
    pub fn kind(&self) -> &str {
        self.top("kind")
    }

    /// `apiVersion` as written.
    pub fn api_version(&self) -> &str {
        self.top("apiVersion")
    }

    fn top(&self, field: &str) -> &str {
        self.value
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn metadata(&self, field: &str) -> String {
        self.value
            .get("metadata")
            .and_then(|metadata| metadata.get(field))
            .filter(|value| !value.is_null())
            .map(scalar::text)
            .unwrap_or_default()
    }

    /// `metadata.name`.
    pub fn name(&self) -> String {
        self.metadata("name")
    }

    /// `metadata.namespace`, empty when absent.
    pub fn namespace(&self) -> String {
        self.metadata("namespace")
    }

    /// Group, version and kind.
    pub fn gvk(&self) -> Gvk {
        Gvk::from_api_version(self.api_version(), self.kind())
    }

    fn id_of(&self, kind: &str, name: String, namespace: String) -> Id {
        let gvk = Gvk::from_api_version(self.api_version(), kind);
        Id {
            is_cluster_scoped: self.schema.is_cluster_scoped(&gvk),
            gvk,
            name,
            namespace,
        }
    }

    /// What it is called now.
    pub fn id(&self) -> Id {
        self.id_of(self.kind(), self.name(), self.namespace())
    }

    /// What it was called before, oldest first.
    pub fn former_ids(&self) -> Vec<Id> {
        self.former
            .iter()
            .map(|former| self.id_of(&former.kind, former.name.clone(), former.namespace.clone()))
            .collect()
    }

    /// What it was called in its file.
    pub fn original_id(&self) -> Id {
        match self.former.first() {
            Some(former) => self.id_of(&former.kind, former.name.clone(), former.namespace.clone()),
            None => self.id(),
        }
    }

    /// All that it was and is called.
    pub(super) fn all_ids(&self) -> Vec<Id> {
        let mut ids = self.former_ids();
        ids.push(self.id());
        ids
    }

    /// Whether it is or was called so.
    pub(super) fn has_had(&self, id: &Id) -> bool {
        (self.has_had_name(&id.name)) && self.all_ids().iter().any(|own| own.is_same(id))
    }

    /// Whether its name is or was this.
    pub(super) fn has_had_name(&self, name: &str) -> bool {
        let own = self
            .value
            .get("metadata")
            .and_then(|metadata| metadata.get("name"));
        let is_own = match own {
            Some(Value::String(own)) => own == name,
            _ => self.name() == name,
        };
        is_own || self.former.iter().any(|former| former.name == name)
    }

    /// Remembers what it is called now, before that changes.
    pub(super) fn remember_id(&mut self) {
        let id = self.id();
        self.is_marked = true;
        self.former.push(Former {
            namespace: id.effective_namespace().to_owned(),
            name: id.name,
            kind: id.gvk.kind,
        });
    }

    /// Takes the former names of another as the older ones.
    pub(super) fn inherit(&mut self, other: &Self) {
        let mut former = other.former.clone();
        former.append(&mut self.former);
        self.former = former;
        let join = |own: &mut Vec<String>, old: &[String]| {
            let mut all = old.to_vec();
            all.append(own);
            *own = all;
        };
        join(&mut self.prefixes, &other.prefixes);
        join(&mut self.suffixes, &other.suffixes);
        self.variables.clone_from(&other.variables);
        self.is_marked |= other.is_marked;
    }

    /// The map at a top-level field, made if there is none.
    pub(super) fn map_mut(&mut self, field: &str) -> Option<&mut Map<String, Value>> {
        let entry = self
            .value
            .as_object_mut()?
            .entry(field)
            .or_insert(Value::Null);
        if entry.is_null() {
            *entry = Value::Object(Map::new());
        }
        entry.as_object_mut()
    }

    pub(super) fn set_name(&mut self, name: &str) {
        if let Some(metadata) = self.map_mut("metadata") {
            metadata.insert("name".to_owned(), Value::String(name.to_owned()));
        }
    }

    /// Sets the namespace; an empty one goes away.
    pub(super) fn set_namespace(&mut self, namespace: &str) {
        if namespace.is_empty() {
            if let Some(Value::Object(metadata)) = self.value.get_mut("metadata") {
                metadata.remove("namespace");
            }
        } else if let Some(metadata) = self.map_mut("metadata") {
            metadata.insert("namespace".to_owned(), Value::String(namespace.to_owned()));
        }
    }

    pub(super) fn set_kind(&mut self, kind: &str) {
        if let Some(fields) = self.value.as_object_mut() {
            fields.insert("kind".to_owned(), Value::String(kind.to_owned()));
        }
    }

    /// A map of texts below the metadata.
    fn texts(&self, field: &str) -> BTreeMap<String, String> {
        let found = self
            .value
            .get("metadata")
            .and_then(|metadata| metadata.get(field))
            .and_then(Value::as_object);
        found
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), scalar::text(value)))
            .collect()
    }

    /// `metadata.annotations`.
    pub fn annotations(&self) -> BTreeMap<String, String> {
        self.texts("annotations")
    }

    /// `metadata.labels`.
    pub fn labels(&self) -> BTreeMap<String, String> {
        self.texts("labels")
    }

    /// Writes a map of texts below the metadata; an empty one goes away.
    pub(super) fn set_texts(&mut self, field: &str, texts: BTreeMap<String, String>) {
        if texts.is_empty() {
            if let Some(Value::Object(metadata)) = self.value.get_mut("metadata") {
                metadata.remove(field);
            }
            return;
        }
        let texts = texts
            .into_iter()
            .map(|(key, value)| (key, Value::String(value)))
            .collect();
        if let Some(metadata) = self.map_mut("metadata") {
            metadata.insert(field.to_owned(), Value::Object(texts));
        }
    }

    /// Its fields in order, each with what gave it its value; nothing unless the build was asked to explain.
    pub fn causes(&self) -> Vec<(String, Cause)> {
        self.trace
            .as_ref()
            .map(|trace| trace.fields())
            .unwrap_or_default()
    }

    /// Looks what a step has changed, where anyone wants to know.
    pub(super) fn note(&mut self, cause: &Cause) {
        if let Some(trace) = &mut self.trace {
            trace.note(&self.value, cause);
        }
    }

    /// The same with the schema of another build.
    pub(super) fn with_schema(&self, schema: &Schema) -> Self {
        Self {
            schema: schema.clone(),
            ..self.clone()
        }
    }

    /// The schema that tells how its lists are merged.
    pub(super) fn schema(&self) -> &Schema {
        &self.schema
    }
}
