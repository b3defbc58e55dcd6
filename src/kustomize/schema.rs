//! What kustomize's built-in schema (Kubernetes 1.21) says about merging lists and about scope.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use serde_json::Value;

use crate::object::Gvk;

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
#[derive(Debug, Default)]
struct Table {
    definitions: BTreeMap<String, BTreeMap<String, Field>>,
    kinds: BTreeMap<(String, String), String>,
    cluster_scoped: BTreeSet<(String, String)>,
}

/// The schema of one build; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Schema(Arc<Table>);

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
    /// The schema that is built in.
    pub(super) fn built_in() -> Self {
        static TABLE: OnceLock<Arc<Table>> = OnceLock::new();
        Self(
            TABLE
                .get_or_init(|| Arc::new(Table::read(include_str!("schema/table.txt"))))
                .clone(),
        )
    }

    /// The schema of an OpenAPI document, which stands for the whole instead of the built-in one.
    pub(super) fn of_document(document: &Value) -> Self {
        Self(Arc::new(Table::of_document(document)))
    }

    /// The schema of a kind.
    pub(super) fn of(&self, api_version: &str, kind: &str) -> Option<Place> {
        let key = (api_version.to_owned(), kind.to_owned());
        self.0.kinds.get(&key).map(|name| Place {
            table: self.0.clone(),
            at: At::Definition(name.clone()),
        })
    }

    /// Whether a kind is known to be cluster-scoped.
    pub(super) fn is_cluster_scoped(&self, gvk: &Gvk) -> bool {
        let key = (gvk.api_version(), gvk.kind.clone());
        self.0.cluster_scoped.contains(&key)
    }
}

impl Place {
    /// The schema of a field.
    pub(super) fn field(&self, name: &str) -> Option<Self> {
        let At::Definition(definition) = &self.at else {
            return None;
        };
        let field = self.table.definitions.get(definition)?.get(name)?;
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
                    table
                        .cluster_scoped
                        .insert(((*version).to_owned(), (*kind).to_owned()));
                }
                ["kind", version, kind, name] => {
                    table.kinds.insert(
                        ((*version).to_owned(), (*kind).to_owned()),
                        (*name).to_owned(),
                    );
                }
                _ => line.clone_into(&mut current),
            }
        }
        table
    }

    fn of_document(document: &Value) -> Self {
        const PREFIX: &str = "#/definitions/";
        let mut table = Self::default();
        let text =
            |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let reference = |value: Option<&Value>| {
            value?
                .get("$ref")?
                .as_str()?
                .strip_prefix(PREFIX)
                .map(str::to_owned)
        };
        let definitions = document.get("definitions").and_then(Value::as_object);
        for (name, definition) in definitions.into_iter().flatten() {
            let mut fields = BTreeMap::new();
            let properties = definition.get("properties").and_then(Value::as_object);
            for (key, property) in properties.into_iter().flatten() {
                let items = property.get("items");
                let strategy = text(property.get("x-kubernetes-patch-strategy"));
                let keys = match property.get("x-kubernetes-list-map-keys") {
                    Some(Value::Array(keys)) => keys.iter().map(|key| text(Some(key))).collect(),
                    _ => property
                        .get("x-kubernetes-patch-merge-key")
                        .and_then(Value::as_str)
                        .map(|key| vec![key.to_owned()])
                        .unwrap_or_default(),
                };
                let is_merged = strategy.split(',').any(|word| word == "merge");
                let field = Field {
                    reference: reference(items).or_else(|| reference(Some(property))),
                    is_list: items.is_some(),
                    keys: is_merged.then_some(keys),
                };
                fields.insert(key.clone(), field);
            }
            table.definitions.insert(name.clone(), fields);
            let kinds = definition
                .get("x-kubernetes-group-version-kind")
                .and_then(Value::as_array);
            for kind in kinds.into_iter().flatten() {
                let gvk = Gvk::new(
                    text(kind.get("group")),
                    text(kind.get("version")),
                    text(kind.get("kind")),
                );
                table
                    .kinds
                    .insert((gvk.api_version(), gvk.kind), name.clone());
            }
        }
        table.read_scopes(document);
        table
    }

    /// Scopes follow from paths: a kind that stands below a namespace is namespaced, another one is not.
    fn read_scopes(&mut self, document: &Value) {
        let mut namespaced = BTreeSet::new();
        let mut others = BTreeSet::new();
        let paths = document.get("paths").and_then(Value::as_object);
        for (path, item) in paths.into_iter().flatten() {
            let Some(kind) = item
                .get("get")
                .and_then(|get| get.get("x-kubernetes-group-version-kind"))
            else {
                continue;
            };
            let text = |field: &str| {
                let value = kind.get(field).and_then(Value::as_str);
                value.unwrap_or_default().to_owned()
            };
            let gvk = Gvk::new(text("group"), text("version"), text("kind"));
            let key = (gvk.api_version(), gvk.kind);
            if path.contains("namespaces/{namespace}") {
                namespaced.insert(key);
            } else if path.ends_with("/{name}") {
                others.insert(key);
            }
        }
        self.cluster_scoped = others.difference(&namespaced).cloned().collect();
    }
}
