//! What kustomize's built-in schema (Kubernetes 1.21) says about merging lists and about scope.

mod openapi;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::Value;

use crate::object::Gvk;

/// The field that stands for those which have no name of their own.
const ANY_FIELD: &str = "*";

/// One field of a definition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Field {
    /// The definition of the value, or of the elements of the list.
    reference: Option<String>,
    is_list: bool,
    /// How the list is merged; absent when it is replaced.
    keys: Option<Vec<String>>,
}

/// Definitions by name, kinds by their definition, and scopes.
#[derive(Clone, Debug, Default)]
struct Table {
    definitions: BTreeMap<String, BTreeMap<String, Field>>,
    /// The definition of a kind, by kind and `apiVersion`.
    kinds: BTreeMap<String, BTreeMap<String, String>>,
    /// The `apiVersion`s of kinds.
    cluster_scoped: BTreeMap<String, BTreeSet<String>>,
}

/// The schema of one build, the same for all that hold it. A build starts with the built-in one; the first
/// kustomization that names another one decides for the whole build, as kustomize's own is global.
#[derive(Clone, Debug, Default)]
pub(super) struct Schema(Arc<Choice>);

#[derive(Debug, Default)]
struct Choice {
    chosen: OnceLock<Arc<Table>>,
    /// Whether the built-in schema was asked for before another one was chosen: then it stays below that one.
    was_asked: AtomicBool,
}

/// The schema of one value.
#[derive(Clone, Debug)]
pub(super) struct Place {
    table: Arc<Table>,
    at: At,
}

#[derive(Clone, Debug)]
enum At {
    Definition(String),
    List {
        reference: Option<String>,
        keys: Option<Vec<String>>,
    },
}

impl Schema {
    /// Whether a kustomization has chosen already.
    pub(super) fn is_set(&self) -> bool {
        self.0.chosen.get().is_some()
    }

    /// Chooses the schema of an OpenAPI document; without effect after the first choice.
    pub(super) fn set(&self, document: &Value) {
        self.0.chosen.get_or_init(|| {
            let mut table = if self.0.was_asked.load(Ordering::Relaxed) {
                Table::clone(Table::built_in())
            } else {
                Table::default()
            };
            openapi::read(&mut table, document);
            Arc::new(table)
        });
    }

    /// Chooses the built-in schema.
    pub(super) fn keep_built_in(&self) {
        self.0.chosen.get_or_init(|| Table::built_in().clone());
    }

    fn table(&self) -> &Arc<Table> {
        self.0.chosen.get().unwrap_or_else(|| {
            self.0.was_asked.store(true, Ordering::Relaxed);
            Table::built_in()
        })
    }

    /// The schema of a kind.
    pub(super) fn of(&self, api_version: &str, kind: &str) -> Option<Place> {
        let table = self.table();
        let name = table.kinds.get(kind)?.get(api_version)?;
        Some(Place {
            table: table.clone(),
            at: At::Definition(name.clone()),
        })
    }

    /// Whether a kind is known to be cluster-scoped. What the built-in schema says of its kinds stands.
    pub(super) fn is_cluster_scoped(&self, gvk: &Gvk) -> bool {
        let built_in = Table::built_in();
        let has = |versions: &BTreeSet<String>| {
            versions
                .iter()
                .any(|version| match version.split_once('/') {
                    Some((group, version)) => group == gvk.group && version == gvk.version,
                    None => gvk.group.is_empty() && *version == gvk.version,
                })
        };
        if built_in.cluster_scoped.get(&gvk.kind).is_some_and(has) {
            return true;
        }
        if built_in.kinds.contains_key(&gvk.kind)
            && built_in
                .kinds
                .get(&gvk.kind)
                .is_some_and(|versions| versions.contains_key(&gvk.api_version()))
        {
            return false;
        }
        let own = self.table().cluster_scoped.get(&gvk.kind);
        own.is_some_and(has)
    }
}

impl Place {
    /// The schema of a field.
    pub(super) fn field(&self, name: &str) -> Option<Self> {
        let At::Definition(definition) = &self.at else {
            return None;
        };
        let fields = self.table.definitions.get(definition)?;
        let field = fields.get(name).or_else(|| fields.get(ANY_FIELD))?;
        let at = if field.is_list {
            At::List {
                reference: field.reference.clone(),
                keys: field.keys.clone(),
            }
        } else {
            At::Definition(field.reference.clone()?)
        };
        Some(Self {
            table: self.table.clone(),
            at,
        })
    }

    /// The schema of the elements of a list.
    pub(super) fn elements(&self) -> Option<Self> {
        match &self.at {
            At::List {
                reference: Some(reference),
                ..
            } => Some(Self {
                table: self.table.clone(),
                at: At::Definition(reference.clone()),
            }),
            _ => None,
        }
    }

    /// The keys of a list that is merged; empty for a list of scalars.
    pub(super) fn merge_keys(&self) -> Option<&[String]> {
        match &self.at {
            At::List { keys, .. } => keys.as_deref(),
            At::Definition(_) => None,
        }
    }
}

impl Table {
    /// The table that is compiled in.
    fn built_in() -> &'static Arc<Self> {
        static TABLE: OnceLock<Arc<Table>> = OnceLock::new();
        TABLE.get_or_init(|| Arc::new(Self::read(include_str!("schema/table.txt"))))
    }

    fn read(text: &str) -> Self {
        let mut table = Self::default();
        let mut current = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(line) = line.strip_prefix('\t') {
                let mut words = line.split(' ');
                let name = words.next().unwrap_or_default().to_owned();
                let reference = words.next().unwrap_or_default();
                let inner = reference
                    .strip_prefix('[')
                    .and_then(|rest| rest.strip_suffix(']'));
                let keys = words
                    .next()
                    .and_then(|word| word.strip_prefix("merge="))
                    .map(|keys| {
                        let keys = keys.split(',').filter(|key| !key.is_empty());
                        keys.map(str::to_owned).collect()
                    });
                let reference_name = inner.unwrap_or(reference);
                let field = Field {
                    reference: (!reference_name.is_empty()).then(|| reference_name.to_owned()),
                    is_list: inner.is_some(),
                    keys,
                };
                table
                    .definitions
                    .entry(current.clone())
                    .or_default()
                    .insert(name, field);
                continue;
            }
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["cluster", version, kind] => {
                    let versions = table.cluster_scoped.entry((*kind).to_owned());
                    versions.or_default().insert((*version).to_owned());
                }
                ["kind", version, kind, name] => {
                    let versions = table.kinds.entry((*kind).to_owned()).or_default();
                    versions.insert((*version).to_owned(), (*name).to_owned());
                }
                _ => line.clone_into(&mut current),
            }
        }
        table
    }
}
