//! The schema of one value, with all below it.

use std::sync::Arc;

use serde_json::Value;

use super::{
    structural::Node,
    table::{self, Definition, Field},
};
use crate::object::Gvk;

/// The schema of one value; cheap to clone.
///
/// A value of the compiled table and a value of a structural schema answer the same questions.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema(Source);

#[derive(Clone, Debug, PartialEq)]
enum Source {
    Definition(&'static Definition),
    /// A field, or its elements or values so many levels down.
    Field(&'static Field, usize),
    Structural(Arc<Node>),
}

/// What a value may be in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A map, with known fields ([`Schema::field`]) or values of one kind ([`Schema::values`]).
    Object,
    /// A list.
    Array,
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// A whole number or text.
    IntOrString,
    /// Text or any number (quantities).
    StringOrNumber,
    /// Nothing is said of it.
    Any,
}

/// How a list is merged (`x-kubernetes-list-type`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// Replaced as a whole.
    Atomic,
    /// Unique scalars.
    Set,
    /// Maps told apart by these key fields.
    Map(Vec<String>),
}

/// How a map is merged (`x-kubernetes-map-type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapKind {
    /// Field by field.
    Granular,
    /// Replaced as a whole.
    Atomic,
}

/// One word of `x-kubernetes-patch-strategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchStrategy {
    /// Lists are merged element by element.
    Merge,
    /// The value is replaced as a whole.
    Replace,
    /// Fields that a patch does not retain are removed.
    RetainKeys,
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

    /// The schema of a custom kind from `openAPIV3Schema`; `apiVersion`, `kind` and `metadata` are
    /// those of any object.
    pub fn structural(_schema: &Value) -> Self {
        todo!()
    }

    /// The schema of a part of a structural schema, such as one branch of `allOf`.
    pub fn fragment(_schema: &Value) -> Self {
        todo!()
    }

    /// The schema of one field of a map with known fields.
    pub fn field(&self, _name: &str) -> Option<Self> {
        todo!()
    }

    /// The known fields, sorted by name.
    pub fn fields(&self) -> Vec<(String, Self)> {
        todo!()
    }

    /// The schema of each element of a list.
    pub fn items(&self) -> Option<Self> {
        todo!()
    }

    /// The schema of each value of a map with free keys (`additionalProperties`).
    pub fn values(&self) -> Option<Self> {
        todo!()
    }

    /// What the value may be.
    pub fn value_type(&self) -> ValueType {
        todo!()
    }

    /// The published format, such as `int32`, `byte`, `date-time`.
    pub fn format(&self) -> Option<&str> {
        todo!()
    }

    /// How the list is merged by server-side apply; atomic when nothing is said.
    pub fn list_kind(&self) -> ListKind {
        todo!()
    }

    /// How the map is merged by server-side apply; granular when nothing is said.
    pub fn map_kind(&self) -> MapKind {
        todo!()
    }

    /// The field that tells list elements apart in a strategic merge.
    pub fn merge_key(&self) -> Option<&str> {
        todo!()
    }

    /// How a strategic merge treats the field.
    pub fn patch_strategies(&self) -> &[PatchStrategy] {
        todo!()
    }

    /// The fields that must be there, sorted.
    pub fn required(&self) -> Vec<&str> {
        todo!()
    }

    /// The published default; zero values (`""`, `{}`, 0) of built-in kinds are there as published.
    pub fn default(&self) -> Option<&Value> {
        todo!()
    }

    /// Whether unknown fields are kept.
    pub fn is_preserving_unknown(&self) -> bool {
        todo!()
    }

    /// Whether the map is a whole object, with `apiVersion`, `kind` and `metadata`.
    pub fn is_embedded_resource(&self) -> bool {
        todo!()
    }

    /// Whether the value may be a whole number or text.
    pub fn is_int_or_string(&self) -> bool {
        self.value_type() == ValueType::IntOrString
    }

    /// Whether null is a value of its own.
    pub fn is_nullable(&self) -> bool {
        todo!()
    }

    /// The definition that this value is of, by its published name.
    pub fn reference(&self) -> Option<&'static str> {
        todo!()
    }

    /// The kinds that the definition stands for; mostly none or one.
    pub fn kinds(&self) -> &[Gvk] {
        todo!()
    }

    /// What a structural schema says beside `properties`, `items` and `additionalProperties`:
    /// `enum`, `pattern`, `minimum`, `allOf`, `x-kubernetes-validations` and so on, as written.
    pub fn keywords(&self) -> Option<&serde_json::Map<String, Value>> {
        todo!()
    }
}
