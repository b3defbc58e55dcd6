//! Go's `reflect.DeepEqual`.

use super::{
    super::{
        budget::{Budget, MAX_DEPTH},
        template_error::Limit,
        value::Value,
    },
    signature::Fault,
};

/// Whether two values are the same in type and content.
pub fn is_equal(
    budget: &mut Budget,
    left: &Value,
    right: &Value,
    depth: usize,
) -> Result<bool, Fault> {
    budget.take(1)?;
    if depth > MAX_DEPTH {
        return Err(Limit::Depth.into());
    }
    Ok(match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Int(left), Value::Int(right)) | (Value::Int64(left), Value::Int64(right)) => {
            left == right
        }
        (Value::Uint8(left), Value::Uint8(right)) => left == right,
        (Value::Uint64(left), Value::Uint64(right)) => left == right,
        (Value::Float(left), Value::Float(right)) => left == right,
        (Value::Complex(a, b), Value::Complex(c, d)) => a == c && b == d,
        (Value::Text(left), Value::Text(right)) => {
            budget.take_bytes(left.bytes().len())?;
            left == right
        }
        (Value::Time(left), Value::Time(right)) => left == right,
        (Value::Version(left), Value::Version(right)) => left == right,
        (Value::List(left), Value::List(right)) => {
            if left.kind != right.kind
                || left.is_nil != right.is_nil
                || left.items.len() != right.items.len()
            {
                return Ok(false);
            }
            for (left, right) in left.items.iter().zip(&right.items) {
                if !is_equal(budget, left, right, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(left), Value::Map(right)) => {
            let (first, second) = (left.entries.borrow(), right.entries.borrow());
            if left.is_text != right.is_text || first.len() != second.len() {
                return Ok(false);
            }
            for ((name, left), (other, right)) in first.iter().zip(second.iter()) {
                if name != other || !is_equal(budget, left, right, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        (left, right) => left.is_nothing() && right.is_nothing(),
    })
}
