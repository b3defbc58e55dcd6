//! A structural schema (`openAPIV3Schema` of a definition), read once.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use super::count::u64_at;
use crate::object::schema::ListKind;

/// The schema of one field with all below it; also of one branch of `allOf` and its like.
#[derive(Clone, Debug, Default)]
pub struct Structural {
    /// `type`, empty when nothing is said.
    pub(super) kind: String,
    /// Whether the value may be a whole number or text.
    pub(super) int_or_string: bool,
    /// Whether null is a value of its own.
    pub(super) nullable: bool,
    /// Whether fields that are not named are kept.
    pub(super) preserve_unknown: bool,
    /// Whether the map is a whole object with `apiVersion`, `kind` and `metadata`.
    pub(super) embedded: bool,
    pub(super) properties: BTreeMap<String, Structural>,
    pub(super) additional: Option<Additional>,
    pub(super) items: Option<Box<Structural>>,
    pub(super) default: Option<Value>,
    pub(super) list: Option<ListKind>,
    pub(super) rules: Rules,
}

/// What a map may hold beside its properties.
#[derive(Clone, Debug)]
pub(super) enum Additional {
    /// Anything, or nothing.
    Allowed(bool),
    /// Values of one kind.
    Schema(Box<Structural>),
}

/// Rules for the value itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub required: Vec<String>,
    pub one_of_values: Option<Vec<Value>>,
    pub format: String,
    pub pattern: Option<Regex>,
    pub maximum: Option<f64>,
    pub exclusive_maximum: bool,
    pub minimum: Option<f64>,
    pub exclusive_minimum: bool,
    pub multiple_of: Option<f64>,
    pub max_length: Option<u64>,
    pub min_length: Option<u64>,
    pub max_items: Option<u64>,
    pub min_items: Option<u64>,
    pub unique_items: bool,
    pub max_properties: Option<u64>,
    pub min_properties: Option<u64>,
    pub all_of: Vec<Structural>,
    pub any_of: Vec<Structural>,
    pub one_of: Vec<Structural>,
    pub not: Option<Box<Structural>>,
}

/// A pattern that is no regular expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {reason}: `{pattern}`")]
pub struct PatternError {
    /// As written.
    pub pattern: String,
    /// Why.
    pub reason: String,
}

/// The most bytes that one compiled pattern may take.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// Compiles a pattern as RE2 would read it.
pub(super) fn pattern(text: &str) -> Result<Regex, PatternError> {
    regex::RegexBuilder::new(text)
        .size_limit(MAX_PATTERN_BYTES)
        .build()
        .map_err(|error| PatternError {
            pattern: text.to_owned(),
            // Above the reason stands a drawing of where it is.
            reason: error
                .to_string()
                .lines()
                .next_back()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned(),
        })
}

impl Structural {
    /// Reads a schema; what is not of its type in it is as if absent.
    ///
    /// # Errors
    /// [`PatternError`] for a pattern that is no regular expression.
    pub fn read(schema: &Value) -> Result<Self, PatternError> {
        let text = |name: &str| {
            let text = schema.get(name).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let flag = |name: &str| schema.get(name).and_then(Value::as_bool).unwrap_or(false);
        let properties = schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(name, schema)| Ok((name.clone(), Self::read(schema)?)))
            .collect::<Result<_, PatternError>>()?;
        let additional = match schema.get("additionalProperties") {
            Some(Value::Bool(allowed)) => Some(Additional::Allowed(*allowed)),
            Some(schema @ Value::Object(_)) => {
                Some(Additional::Schema(Box::new(Self::read(schema)?)))
            }
            _ => None,
        };
        Ok(Self {
            kind: text("type"),
            int_or_string: flag("x-kubernetes-int-or-string"),
            nullable: flag("nullable"),
            preserve_unknown: flag("x-kubernetes-preserve-unknown-fields"),
            embedded: flag("x-kubernetes-embedded-resource"),
            properties,
            additional,
            items: boxed(schema.get("items"))?,
            default: schema.get("default").filter(|d| !d.is_null()).cloned(),
            list: match text("x-kubernetes-list-type").as_str() {
                "set" => Some(ListKind::Set),
                "map" => Some(ListKind::Map(texts(
                    schema.get("x-kubernetes-list-map-keys"),
                ))),
                _ => None,
            },
            rules: Rules::read(schema)?,
        })
    }

    /// Whether null stands for no value, so that it is dropped or takes the default.
    pub(super) fn drops_null(&self) -> bool {
        !self.nullable
    }
}

impl Rules {
    fn read(schema: &Value) -> Result<Self, PatternError> {
        let number = |name: &str| schema.get(name).and_then(Value::as_f64);
        let flag = |name: &str| schema.get(name).and_then(Value::as_bool).unwrap_or(false);
        let written = schema.get("pattern").and_then(Value::as_str);
        let branches = |name: &str| {
            schema
                .get(name)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(Structural::read)
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            required: texts(schema.get("required")),
            one_of_values: schema.get("enum").and_then(Value::as_array).cloned(),
            format: schema
                .get("format")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            pattern: written
                .filter(|text| !text.is_empty())
                .map(pattern)
                .transpose()?,
            maximum: number("maximum"),
            exclusive_maximum: flag("exclusiveMaximum"),
            minimum: number("minimum"),
            exclusive_minimum: flag("exclusiveMinimum"),
            multiple_of: number("multipleOf"),
            max_length: u64_at(schema, "maxLength"),
            min_length: u64_at(schema, "minLength"),
            max_items: u64_at(schema, "maxItems"),
            min_items: u64_at(schema, "minItems"),
            unique_items: flag("uniqueItems"),
            max_properties: u64_at(schema, "maxProperties"),
            min_properties: u64_at(schema, "minProperties"),
            all_of: branches("allOf")?,
            any_of: branches("anyOf")?,
            one_of: branches("oneOf")?,
            not: boxed(schema.get("not"))?,
        })
    }
}

fn boxed(schema: Option<&Value>) -> Result<Option<Box<Structural>>, PatternError> {
    schema
        .filter(|schema| schema.is_object())
        .map(|schema| Ok(Box::new(Structural::read(schema)?)))
        .transpose()
}

fn texts(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|text| Some(text.as_str()?.to_owned()))
        .collect()
}
