//! Defaults and choices.

use super::{
    super::value::Value,
    signature::{
        Fault, Function,
        Parameter::{Any, Bool, Text},
        any, from,
    },
};

pub const FUNCTIONS: &[Function] = &[
    Function::variadic("default", &[Any], Any, |_, values| {
        let given = any(values, 1);
        let is_set = values.len() > 1 && !is_empty(given)?;
        Ok(any(values, usize::from(is_set)).clone())
    }),
    Function::new("empty", &[Any], |_, values| {
        is_empty(any(values, 0)).map(Value::Bool)
    }),
    Function::variadic("coalesce", &[], Any, |_, values| {
        for value in values {
            if !is_empty(value)? {
                return Ok(value.clone());
            }
        }
        Ok(Value::Nil)
    }),
    Function::variadic("all", &[], Any, |_, values| {
        for value in values {
            if is_empty(value)? {
                return Ok(Value::Bool(false));
            }
        }
        Ok(Value::Bool(true))
    }),
    Function::variadic("any", &[], Any, |_, values| {
        for value in values {
            if !is_empty(value)? {
                return Ok(Value::Bool(true));
            }
        }
        Ok(Value::Bool(false))
    }),
    Function::new("ternary", &[Any, Any, Bool], |_, values| {
        let is_true = from(values, 2).first().is_some_and(Value::is_true);
        Ok(any(values, usize::from(!is_true)).clone())
    }),
    Function::new("fail", &[Text], |_, _| Err(Fault::Failed)),
];

/// Sprig's `empty`.
pub fn is_empty(value: &Value) -> Result<bool, Fault> {
    Ok(!value.is_true())
}
