//! Values of expressions, and their types as Go names them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// With the type of its elements, where all have one.
    List(Vec<Value>, Box<Type>),
    Map(BTreeMap<String, Value>),
    Time(Timestamp),
    Span(SignedDuration),
}

/// What is known of a value before it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Nothing.
    Any,
    Nil,
    Bool,
    Int,
    Int64,
    Float,
    Text,
    List(Box<Type>),
    Map,
    Time,
    Span,
}

impl Value {
    /// A list whose elements may be anything.
    pub fn list(items: Vec<Self>) -> Self {
        Self::List(items, Box::new(Type::Any))
    }

    /// Its type.
    pub fn kind(&self) -> Type {
        match self {
            Self::Nil => Type::Nil,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Float(_) => Type::Float,
            Self::Text(_) => Type::Text,
            Self::List(_, of) => Type::List(of.clone()),
            Self::Map(_) => Type::Map,
            Self::Time(_) => Type::Time,
            Self::Span(_) => Type::Span,
        }
    }

    /// Its type as Go prints it (`%T`).
    pub fn printed_kind(&self) -> String {
        match self {
            Self::Nil => "<nil>".to_owned(),
            other => other.kind().printed(),
        }
    }

    /// As a float, if it is a number.
    pub fn number(&self) -> Option<f64> {
        match self {
            #[expect(
                clippy::cast_precision_loss,
                reason = "numbers are compared as floats, as in Go's expr"
            )]
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether two values are one, numbers whatever their type.
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::List(a, _), Self::List(b, _)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals(b))
            }
            (Self::Map(a), Self::Map(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .all(|(key, a)| b.get(key).is_some_and(|b| a.equals(b)))
            }
            _ => match (self.number(), other.number()) {
                (Some(a), Some(b)) => a == b,
                _ => self == other,
            },
        }
    }
}

impl Type {
    /// As error texts name it.
    pub fn printed(&self) -> String {
        match self {
            Self::Any => "unknown".to_owned(),
            Self::Nil => "nil".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Int => "int".to_owned(),
            Self::Int64 => "int64".to_owned(),
            Self::Float => "float64".to_owned(),
            Self::Text => "string".to_owned(),
            Self::List(of) if **of == Self::Any => "[]interface {}".to_owned(),
            Self::List(of) => format!("[]{}", of.printed()),
            Self::Map => "map[string]interface {}".to_owned(),
            Self::Time => "time.Time".to_owned(),
            Self::Span => "time.Duration".to_owned(),
        }
    }

    /// Whether it is a number.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Int64 | Self::Float)
    }

    /// Whether it is a whole number.
    pub fn is_integer(&self) -> bool {
        matches!(self, Self::Int | Self::Int64)
    }

    /// Whether values of both may be compared for equality.
    pub fn is_comparable(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any | Self::Nil, _) | (_, Self::Any | Self::Nil) => true,
            (Self::List(_), Self::List(_)) => true,
            _ => self == other || (self.is_number() && other.is_number()),
        }
    }
}
