//! How values of a schema are merged: which are maps, lists and scalars, which are whole
//! (`kube-openapi/pkg/schemaconv`, `typed/helpers.go`).

use std::borrow::Cow;

use serde_json::Value;

use super::element::PathElement;
use crate::object::schema::{ListKind, MapKind, Schema, ValueType};

/// How one value is merged; cheap to clone.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// As the schema says; the flag tells whether a level above keeps unknown fields.
    Known(Schema, bool),
    /// Nothing is said: maps field by field, lists as a whole.
    Deduced,
    /// Everything as a whole.
    Whole,
}

/// What a value is taken as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Take {
    Map,
    Scalar,
    List,
}

/// What a scalar may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    Text,
    Number,
    Boolean,
    Any,
}

/// What the values of a form may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) map: bool,
    pub(super) list: bool,
    pub(super) scalar: Option<Scalar>,
}

const ANY: Options = Options {
    map: true,
    list: true,
    scalar: Some(Scalar::Any),
};
const RAW_EXTENSION: &str = "io.k8s.apimachinery.pkg.runtime.RawExtension";

impl Options {
    /// What is left of the options when the value is seen; all of them when it fits none, or is null.
    pub(super) fn of(self, value: Option<&Value>) -> Self {
        let none = Self {
            map: false,
            list: false,
            scalar: None,
        };
        match value {
            Some(Value::Object(_)) if self.map => Self { map: true, ..none },
            Some(Value::Array(_)) if self.list => Self { list: true, ..none },
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_)) if self.scalar.is_some() => {
                Self {
                    scalar: self.scalar,
                    ..none
                }
            }
            _ => self,
        }
    }

    pub(super) fn take(self) -> Take {
        if self.map {
            Take::Map
        } else if self.scalar.is_some() {
            Take::Scalar
        } else {
            Take::List
        }
    }
}

impl Form {
    /// The form of a whole object.
    pub(super) fn of(schema: Option<&Schema>) -> Self {
        schema.map_or(Self::Deduced, |schema| Self::below(schema.clone(), false))
    }

    fn below(schema: Schema, keeps_unknown: bool) -> Self {
        if schema.reference() == Some(RAW_EXTENSION) {
            return Self::Whole;
        }
        let keeps_unknown =
            keeps_unknown || (schema.keywords().is_some() && schema.is_preserving_unknown());
        Self::Known(schema, keeps_unknown)
    }

    pub(super) fn options(&self) -> Options {
        let Self::Known(schema, _) = self else {
            return ANY;
        };
        let scalar = |scalar| Options {
            map: false,
            list: false,
            scalar: Some(scalar),
        };
        match schema.value_type() {
            ValueType::Object => Options {
                map: true,
                list: false,
                scalar: None,
            },
            ValueType::Array => Options {
                map: false,
                list: true,
                scalar: None,
            },
            ValueType::String => match schema.format() {
                None | Some("" | "byte") => scalar(Scalar::Text),
                Some(_) => scalar(Scalar::Any),
            },
            ValueType::Integer | ValueType::Number => scalar(Scalar::Number),
            ValueType::Boolean => scalar(Scalar::Boolean),
            ValueType::IntOrString if schema.keywords().is_some() => ANY,
            ValueType::IntOrString | ValueType::StringOrNumber => scalar(Scalar::Any),
            ValueType::Any => ANY,
        }
    }

    /// What a value is taken as.
    pub(super) fn take(&self, value: &Value) -> Take {
        self.options().of(Some(value)).take()
    }

    /// Whether maps are merged as a whole.
    pub(super) fn is_whole_map(&self) -> bool {
        match self {
            Self::Known(schema, _) => schema.map_kind() == MapKind::Atomic,
            Self::Deduced => false,
            Self::Whole => true,
        }
    }

    /// The form of one value of a map, and whether it is a field of its own; none for an unknown one.
    pub(super) fn field(&self, name: &str) -> Option<(Self, bool)> {
        match self {
            Self::Deduced => Some((Self::Deduced, false)),
            Self::Whole => Some((Self::Whole, false)),
            Self::Known(schema, keeps_unknown) => {
                if let Some(field) = schema.field(name) {
                    return Some((Self::below(field, *keeps_unknown), true));
                }
                if let Some(values) = schema.values() {
                    return Some((Self::below(values, *keeps_unknown), false));
                }
                (*keeps_unknown || !schema.has_fields()).then_some((Self::Deduced, false))
            }
        }
    }

    /// The form of one value of a map; of an unknown one, deduced.
    pub(super) fn field_or_deduced(&self, name: &str) -> (Self, bool) {
        self.field(name).unwrap_or((Self::Deduced, false))
    }

    /// How the elements of a list are told apart; none when the list is merged as a whole.
    pub(super) fn keys(&self) -> Option<Keys> {
        let Self::Known(schema, keeps_unknown) = self else {
            return None;
        };
        let names = match schema.associative_list_kind() {
            ListKind::Atomic => return None,
            ListKind::Set => Vec::new(),
            ListKind::Map(names) => names,
        };
        let items = schema
            .items()
            .map_or(Self::Whole, |items| Self::below(items, *keeps_unknown));
        Some(Keys { names, items })
    }

    /// The form of the elements of a list that is merged as a whole.
    pub(super) fn items(&self) -> Self {
        match self {
            Self::Known(schema, keeps_unknown) => schema
                .items()
                .map_or(Self::Whole, |items| Self::below(items, *keeps_unknown)),
            Self::Deduced | Self::Whole => Self::Whole,
        }
    }

    /// Whether nothing is known of the fields, so that ownership has no granularity to mend.
    pub(super) fn is_untold(&self) -> bool {
        !matches!(self, Self::Known(schema, _) if schema.has_fields() || schema.values().is_some())
    }
}

/// How the elements of an associative list are told apart.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    /// Names of the key fields; none for a set.
    pub(super) names: Vec<String>,
    /// The form of an element.
    pub(super) items: Form,
}

impl Keys {
    /// The path element of a list element.
    ///
    /// # Errors
    /// It has no key; tells why.
    pub(super) fn element(&self, child: &Value) -> Result<PathElement, Cow<'static, str>> {
        if self.names.is_empty() {
            return match child {
                Value::Object(_) => {
                    Err("associative list without keys has an element that's a map type".into())
                }
                Value::Array(_) => {
                    Err("not supported: associative list with lists as elements".into())
                }
                Value::Null => Err(
                    "associative list without keys has an element that's an explicit null".into(),
                ),
                scalar => Ok(PathElement::Value(scalar.clone())),
            };
        }
        let map = match child {
            Value::Object(map) => map,
            Value::Null => {
                return Err("associative list with keys may not have a null element".into());
            }
            _ => return Err("associative list with keys may not have non-map elements".into()),
        };
        let mut keys: Vec<(String, Value)> = Vec::with_capacity(self.names.len());
        for name in &self.names {
            if let Some(value) = map.get(name).cloned().or_else(|| self.default(name)) {
                keys.push((name.clone(), value));
            }
        }
        if keys.is_empty() {
            let names: Vec<String> = self.names.iter().map(|name| format!("{name:?}")).collect();
            return Err(format!(
                "associative list with keys has an element that omits all key fields [{}] (and doesn't have default values for any key fields)",
                names.join(" ")
            )
            .into());
        }
        keys.sort_by(|(left, _), (right, _)| left.cmp(right));
        Ok(PathElement::Key(keys))
    }

    fn default(&self, name: &str) -> Option<Value> {
        match &self.items {
            Form::Known(schema, _) => schema.field(name)?.default().cloned(),
            Form::Deduced | Form::Whole => None,
        }
    }
}
