//! The schema of one value, with all below it.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    kind::{ListKind, MapKind, PatchStrategy, ValueType},
    structural::Node,
    table::{self, Definition, Field, Link, Shape},
};
use crate::object::Gvk;

/// Built-in maps that hold whatever is written.
const FREE_FORM: &[&str] = &[
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
    "io.k8s.apimachinery.pkg.runtime.RawExtension",
];

/// The schema of one value; cheap to clone.
///
/// A value of the compiled table and a value of a structural schema answer the same questions.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema(Source);

#[derive(Clone, Debug, PartialEq)]
enum Source {
    Definition(&'static Definition),
    Field(&'static Field),
    /// An element of a list or a value of a map, of which only the type is known.
    Shape(&'static Shape),
    Structural(Arc<Node>),
}

impl Schema {
    /// The schema of a built-in kind.
    pub fn of(gvk: &Gvk) -> Option<Self> {
        table::of_kind(gvk).map(|definition| Self(Source::Definition(definition)))
    }

    /// The schema of a definition by its published name, such as `io.k8s.api.core.v1.PodSpec`.
    pub fn definition(name: &str) -> Option<Self> {
        table::definition(name).map(|definition| Self(Source::Definition(definition)))
    }

    /// The schema of a custom kind from `openAPIV3Schema`; `apiVersion` and `kind` are there even if
    /// they are not written, and `metadata` is that of any object.
    pub fn structural(schema: &Value) -> Self {
        Self(Source::Structural(Arc::new(Node::root(schema))))
    }

    /// The schema of a part of a structural schema, such as one branch of `allOf`.
    pub fn fragment(schema: &Value) -> Self {
        Self(Source::Structural(Arc::new(Node::read(schema))))
    }

    /// The schema of one field of a map with known fields.
    pub fn field(&self, name: &str) -> Option<Self> {
        match &self.0 {
            Source::Structural(node) => node.fields.get(name).cloned(),
            _ => self
                .known()?
                .field(name)
                .map(|field| Self(Source::Field(field))),
        }
    }

    /// The known fields, sorted by name.
    pub fn fields(&self) -> Vec<(&str, Self)> {
        match &self.0 {
            Source::Structural(node) => node
                .fields
                .iter()
                .map(|(name, schema)| (name.as_str(), schema.clone()))
                .collect(),
            _ => self
                .known()
                .into_iter()
                .flat_map(|definition| &definition.fields)
                .map(|field| (field.name, Self(Source::Field(field))))
                .collect(),
        }
    }

    /// The schema of each element of a list.
    pub fn items(&self) -> Option<Self> {
        match (&self.0, self.shape()) {
            (Source::Structural(node), _) => node.items.clone(),
            (_, Some(Shape::List(inner))) => Some(Self::of_shape(inner)),
            _ => None,
        }
    }

    /// The schema of each value of a map with free keys (`additionalProperties`).
    pub fn values(&self) -> Option<Self> {
        match (&self.0, self.shape()) {
            (Source::Structural(node), _) => node.values.clone(),
            (_, Some(Shape::Map(inner))) => Some(Self::of_shape(inner)),
            _ => None,
        }
    }

    /// What the value may be.
    pub fn value_type(&self) -> ValueType {
        match (&self.0, self.shape()) {
            (Source::Structural(node), _) => node.value_type(),
            (_, Some(Shape::Plain(value_type, _))) => *value_type,
            (_, Some(Shape::List(_))) => ValueType::Array,
            (_, Some(Shape::Map(_))) => ValueType::Object,
            (_, Some(Shape::Reference(_)) | None) => ValueType::Any,
        }
    }

    /// The format, such as `int32`, `byte`, `date-time`.
    pub fn format(&self) -> Option<&str> {
        match (&self.0, self.shape()) {
            (Source::Structural(node), _) => node.text("format"),
            (_, Some(Shape::Plain(ValueType::IntOrString, _))) => Some("int-or-string"),
            (_, Some(Shape::Plain(_, format))) => *format,
            _ => None,
        }
    }

    /// How the list is merged by server-side apply; atomic when nothing is said.
    pub fn list_kind(&self) -> ListKind {
        match &self.0 {
            Source::Structural(node) => node.list.clone(),
            _ => self
                .attributes()
                .find_map(|field| field.list.clone())
                .unwrap_or(ListKind::Atomic),
        }
    }

    /// How the list is merged by server-side apply, where patch strategies stand in for a list type that
    /// is not said (`kube-openapi/pkg/schemaconv`).
    pub fn associative_list_kind(&self) -> ListKind {
        let is_said = match &self.0 {
            Source::Structural(node) => node.text("x-kubernetes-list-type").is_some(),
            _ => self.attributes().any(|field| field.list.is_some()),
        };
        if is_said || !self.patch_strategies().contains(&PatchStrategy::Merge) {
            return self.list_kind();
        }
        match self.merge_key() {
            Some(key) => ListKind::Map(vec![key.to_owned()]),
            None => ListKind::Set,
        }
    }

    /// Whether the map has known fields.
    pub fn has_fields(&self) -> bool {
        match &self.0 {
            Source::Structural(node) => !node.fields.is_empty(),
            _ => self
                .known()
                .is_some_and(|definition| !definition.fields.is_empty()),
        }
    }

    /// How the map is merged by server-side apply; granular when nothing is said.
    pub fn map_kind(&self) -> MapKind {
        match &self.0 {
            Source::Structural(node) => node.map,
            _ => self
                .attributes()
                .find_map(|field| field.map)
                .unwrap_or(MapKind::Granular),
        }
    }

    /// The field that tells list elements apart in a strategic merge (`x-kubernetes-patch-merge-key`).
    pub fn merge_key(&self) -> Option<&str> {
        match &self.0 {
            Source::Field(field) => field.merge_key,
            Source::Structural(node) => node.text("x-kubernetes-patch-merge-key"),
            _ => None,
        }
    }

    /// How a strategic merge treats the field (`x-kubernetes-patch-strategy`).
    pub fn patch_strategies(&self) -> &[PatchStrategy] {
        match &self.0 {
            Source::Field(field) => &field.strategies,
            Source::Structural(node) => &node.strategies,
            _ => &[],
        }
    }

    /// The fields that must be there, as listed.
    pub fn required(&self) -> Vec<&str> {
        match &self.0 {
            Source::Structural(node) => node
                .keywords
                .get("required")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect(),
            _ => self
                .known()
                .into_iter()
                .flat_map(|definition| &definition.fields)
                .filter(|field| field.is_required)
                .map(|field| field.name)
                .collect(),
        }
    }

    /// The default. Of built-in kinds it is the published one, zero values (`""`, `{}`, 0) included:
    /// these matter for merge keys, and stand for nothing elsewhere.
    pub fn default(&self) -> Option<&Value> {
        match &self.0 {
            Source::Field(field) => field.default.as_ref(),
            Source::Structural(node) => node.keywords.get("default"),
            _ => None,
        }
    }

    /// Whether unknown fields are kept.
    pub fn is_preserving_unknown(&self) -> bool {
        match &self.0 {
            Source::Structural(node) => node.is("x-kubernetes-preserve-unknown-fields"),
            _ => {
                self.value_type() == ValueType::Any
                    || self
                        .reference()
                        .is_some_and(|name| FREE_FORM.contains(&name))
            }
        }
    }

    /// Whether the map is a whole object, with `apiVersion`, `kind` and `metadata`.
    pub fn is_embedded_resource(&self) -> bool {
        match &self.0 {
            Source::Structural(node) => node.is("x-kubernetes-embedded-resource"),
            _ => false,
        }
    }

    /// Whether the value may be a whole number or text.
    pub fn is_int_or_string(&self) -> bool {
        self.value_type() == ValueType::IntOrString
    }

    /// Whether null is a value of its own.
    pub fn is_nullable(&self) -> bool {
        match &self.0 {
            Source::Structural(node) => node.is("nullable"),
            _ => false,
        }
    }

    /// The published name of the definition that this value is of; none for structural schemas.
    pub fn reference(&self) -> Option<&'static str> {
        match &self.0 {
            Source::Definition(definition) => Some(definition.own.name),
            Source::Field(field) => link_of(&field.shape).map(|link| link.name),
            Source::Shape(shape) => link_of(shape).map(|link| link.name),
            Source::Structural(_) => None,
        }
    }

    /// The kinds that the definition stands for; mostly none or one.
    pub fn kinds(&self) -> &[Gvk] {
        self.known()
            .map(|definition| definition.kinds.as_slice())
            .unwrap_or_default()
    }

    /// What a structural schema says beside `properties`, `items` and `additionalProperties`:
    /// `enum`, `pattern`, `minimum`, `allOf`, `x-kubernetes-validations` and so on, as written.
    pub fn keywords(&self) -> Option<&Map<String, Value>> {
        match &self.0 {
            Source::Structural(node) => Some(&node.keywords),
            _ => None,
        }
    }

    fn of_shape(shape: &'static Shape) -> Self {
        match link_of(shape).and_then(Link::definition) {
            Some(definition) => Self(Source::Definition(definition)),
            None => Self(Source::Shape(shape)),
        }
    }

    /// The definition of the table behind this value.
    fn known(&self) -> Option<&'static Definition> {
        match &self.0 {
            Source::Definition(definition) => Some(definition),
            Source::Field(field) => link_of(&field.shape)?.definition(),
            Source::Shape(shape) => link_of(shape)?.definition(),
            Source::Structural(_) => None,
        }
    }

    /// The type, with references followed.
    fn shape(&self) -> Option<&'static Shape> {
        let own: &'static Shape = match &self.0 {
            Source::Definition(definition) => &definition.own.shape,
            Source::Field(field) => &field.shape,
            Source::Shape(shape) => shape,
            Source::Structural(_) => return None,
        };
        match own {
            Shape::Reference(link) => link.definition().map(|found| &found.own.shape),
            _ => Some(own),
        }
    }

    /// What is said at the field, then what is said at its definition.
    fn attributes(&self) -> impl Iterator<Item = &'static Field> {
        let field = match &self.0 {
            Source::Field(field) => Some(*field),
            _ => None,
        };
        field
            .into_iter()
            .chain(self.known().map(|definition| &definition.own))
    }
}

fn link_of(shape: &'static Shape) -> Option<&'static Link> {
    match shape {
        Shape::Reference(link) => Some(link),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
