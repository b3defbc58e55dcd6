//! Types and kinds.

use super::{
    super::value::Value,
    equal::is_equal,
    signature::{
        Function,
        Parameter::{Any, Text},
        any, bytes,
    },
};

pub const FUNCTIONS: &[Function] = &[
    Function::new("typeOf", &[Any], |_, values| {
        Ok(Value::text(any(values, 0).type_name()))
    }),
    Function::new("typeIs", &[Text, Any], |_, values| {
        let name = any(values, 1).type_name();
        Ok(Value::Bool(bytes(values, 0) == name.as_bytes()))
    }),
    Function::new("typeIsLike", &[Text, Any], |_, values| {
        let (wanted, name) = (bytes(values, 0), any(values, 1).type_name().as_bytes());
        let is_like = wanted == name || name.strip_prefix(b"*") == Some(wanted);
        Ok(Value::Bool(is_like))
    }),
    Function::new("kindOf", &[Any], |_, values| {
        Ok(Value::text(any(values, 0).kind_name()))
    }),
    Function::new("kindIs", &[Text, Any], |_, values| {
        let name = any(values, 1).kind_name();
        Ok(Value::Bool(bytes(values, 0) == name.as_bytes()))
    }),
    Function::new("deepEqual", &[Any, Any], |call, values| {
        is_equal(call.budget, any(values, 0), any(values, 1), 0).map(Value::Bool)
    }),
];
