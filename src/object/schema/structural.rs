//! Structural schemas of custom kinds (`openAPIV3Schema`).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    Schema,
    kind::{ListKind, MapKind, PatchStrategy, ValueType},
};

const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// One level of a structural schema, read once.
#[derive(Debug, PartialEq)]
pub(super) struct Node {
    pub(super) fields: BTreeMap<String, Schema>,
    pub(super) items: Option<Schema>,
    pub(super) values: Option<Schema>,
    pub(super) list: ListKind,
    pub(super) map: MapKind,
    pub(super) strategies: Vec<PatchStrategy>,
    /// All other keywords, as written.
    pub(super) keywords: Map<String, Value>,
}

impl Node {
    /// The root of a kind: type and metadata are those of any object, whatever is written.
    pub(super) fn root(schema: &Value) -> Self {
        let mut node = Self::read(schema);
        node.make_object();
        node
    }

    pub(super) fn read(schema: &Value) -> Self {
        let mut keywords = schema.as_object().cloned().unwrap_or_default();
        let fields = match keywords.remove("properties") {
            Some(Value::Object(properties)) => properties
                .into_iter()
                .map(|(name, schema)| (name, Schema::fragment(&schema)))
                .collect(),
            _ => BTreeMap::new(),
        };
        let items = keywords
            .remove("items")
            .filter(Value::is_object)
            .map(|schema| Schema::fragment(&schema));
        let values = match keywords.remove("additionalProperties") {
            None | Some(Value::Null | Value::Bool(false)) => None,
            Some(schema) => Some(Schema::fragment(&schema)),
        };
        let text = |name: &str| keywords.get(name).and_then(Value::as_str);
        let list = match text("x-kubernetes-list-type") {
            Some("set") => ListKind::Set,
            Some("map") => ListKind::Map(
                keywords
                    .get("x-kubernetes-list-map-keys")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(|key| key.as_str().map(str::to_owned))
                    .collect(),
            ),
            _ => ListKind::Atomic,
        };
        let map = match text("x-kubernetes-map-type") {
            Some("atomic") => MapKind::Atomic,
            _ => MapKind::Granular,
        };
        let strategies = text("x-kubernetes-patch-strategy")
            .unwrap_or_default()
            .split(',')
            .filter_map(PatchStrategy::from_word)
            .collect();
        let mut node = Self {
            fields,
            items,
            values,
            list,
            map,
            strategies,
            keywords,
        };
        if node.is("x-kubernetes-embedded-resource") {
            node.make_object();
        }
        node
    }

    /// Whether a boolean keyword is set.
    pub(super) fn is(&self, keyword: &str) -> bool {
        self.keywords.get(keyword) == Some(&Value::Bool(true))
    }

    pub(super) fn text(&self, keyword: &str) -> Option<&str> {
        self.keywords.get(keyword)?.as_str()
    }

    pub(super) fn value_type(&self) -> ValueType {
        if self.is("x-kubernetes-int-or-string") {
            return ValueType::IntOrString;
        }
        match self.text("type") {
            Some(word) => ValueType::from_word(word),
            None if !self.fields.is_empty() || self.values.is_some() => ValueType::Object,
            None if self.items.is_some() => ValueType::Array,
            None => ValueType::Any,
        }
    }

    fn make_object(&mut self) {
        let text = Schema::fragment(&json!({"type": "string"}));
        for field in ["apiVersion", "kind"] {
            self.fields
                .entry(field.to_owned())
                .or_insert_with(|| text.clone());
        }
        if let Some(metadata) = Schema::definition(OBJECT_META) {
            self.fields.insert("metadata".to_owned(), metadata);
        }
    }
}
