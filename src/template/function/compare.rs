//! Go's comparisons.

use std::cmp::Ordering;

use super::{
    super::value::Value,
    signature::{Call, Called, Fault, Function, Parameter::Any, any, from},
};

pub const FUNCTIONS: &[Function] = &[
    Function::variadic("eq", &[Any], Any, |_, values| {
        let others = from(values, 1);
        if others.is_empty() {
            return Err(Fault::Failed);
        }
        for other in others {
            if equal(any(values, 0), other)? {
                return Ok(Value::Bool(true));
            }
        }
        Ok(Value::Bool(false))
    }),
    Function::new("ne", &[Any, Any], |_, values| {
        equal(any(values, 0), any(values, 1)).map(|is_equal| Value::Bool(!is_equal))
    }),
    Function::new("lt", &[Any, Any], |_, values| less(values).map(Value::Bool)),
    Function::new("le", &[Any, Any], |_, values| {
        less_or_equal(values).map(Value::Bool)
    }),
    Function::new(
        "gt",
        &[Any, Any],
        |_: &mut Call, values: &[Value]| -> Called {
            less_or_equal(values).map(|is_less| Value::Bool(!is_less))
        },
    ),
    Function::new("ge", &[Any, Any], |_, values| {
        less(values).map(|is_less| Value::Bool(!is_less))
    }),
];

/// Go's basic kinds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Complex,
    Int,
    Float,
    Text,
    Uint,
}

fn kind(value: &Value) -> Option<Kind> {
    Some(match value {
        Value::Bool(_) => Kind::Bool,
        Value::Complex(..) => Kind::Complex,
        Value::Int(_) | Value::Int64(_) => Kind::Int,
        Value::Float(_) => Kind::Float,
        Value::Text(_) => Kind::Text,
        Value::Uint8(_) | Value::Uint64(_) => Kind::Uint,
        _ => return None,
    })
}

fn wide(value: &Value) -> Option<i128> {
    Some(match value {
        Value::Int(int) | Value::Int64(int) => i128::from(*int),
        Value::Uint8(int) => i128::from(*int),
        Value::Uint64(int) => i128::from(*int),
        _ => return None,
    })
}

fn equal(left: &Value, right: &Value) -> Result<bool, Fault> {
    if let (Some(left), Some(right)) = (wide(left), wide(right)) {
        return Ok(left == right);
    }
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Ok(left == right),
        (Value::Float(left), Value::Float(right)) => Ok(left == right),
        (Value::Complex(a, b), Value::Complex(c, d)) => Ok(a == c && b == d),
        (Value::Text(left), Value::Text(right)) => Ok(left == right),
        (Value::Time(left), Value::Time(right)) => Ok(left == right),
        (Value::Version(left), Value::Version(right)) => Ok(std::rc::Rc::ptr_eq(left, right)),
        (Value::List(left), Value::List(right)) if left.is_nil || right.is_nil => {
            Ok(left.is_nil == right.is_nil)
        }
        (left, right) if left.is_nothing() || right.is_nothing() => {
            let is_nil = |value: &Value| match value {
                Value::List(list) => list.is_nil,
                _ => value.is_nothing(),
            };
            Ok(is_nil(left) == is_nil(right) && (kind(left).is_none() && kind(right).is_none()))
        }
        _ => Err(Fault::Failed),
    }
}

fn less(values: &[Value]) -> Result<bool, Fault> {
    let (left, right) = (any(values, 0), any(values, 1));
    if let (Some(left), Some(right)) = (wide(left), wide(right)) {
        return Ok(left < right);
    }
    match (left, right) {
        (Value::Float(left), Value::Float(right)) => {
            Ok(left.partial_cmp(right) == Some(Ordering::Less))
        }
        (Value::Text(left), Value::Text(right)) => Ok(left < right),
        _ => Err(Fault::Failed),
    }
}

fn less_or_equal(values: &[Value]) -> Result<bool, Fault> {
    Ok(less(values)? || equal(any(values, 0), any(values, 1))?)
}
