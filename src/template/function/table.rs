//! All functions by name.

use std::{collections::BTreeMap, sync::LazyLock};

use super::{
    super::value::Value,
    builtin, case, compare, convert, crypto, date, defaults, dict, encoding, json, list, math,
    path, reflect, refused, regex,
    signature::{Function, Run},
    strings, url, version, wrap,
};

const FAMILIES: &[&[Function]] = &[
    builtin::FUNCTIONS,
    case::FUNCTIONS,
    compare::FUNCTIONS,
    convert::FUNCTIONS,
    crypto::FUNCTIONS,
    date::FUNCTIONS,
    defaults::FUNCTIONS,
    dict::FUNCTIONS,
    encoding::FUNCTIONS,
    json::FUNCTIONS,
    list::FUNCTIONS,
    math::FUNCTIONS,
    path::FUNCTIONS,
    reflect::FUNCTIONS,
    refused::FUNCTIONS,
    regex::FUNCTIONS,
    strings::FUNCTIONS,
    url::FUNCTIONS,
    version::FUNCTIONS,
    wrap::FUNCTIONS,
];

static BY_NAME: LazyLock<BTreeMap<&'static str, &'static Function>> = LazyLock::new(|| {
    let all = FAMILIES.iter().flat_map(|family| family.iter());
    all.map(|function| (function.name, function)).collect()
});

/// The function of a name.
pub fn find(name: &str) -> Option<&'static Function> {
    BY_NAME.get(name).copied()
}

/// The method of a value.
pub fn method(value: &Value, name: &[u8]) -> Option<&'static Function> {
    let methods = match value {
        Value::Time(_) => date::METHODS,
        Value::Version(_) => version::METHODS,
        _ => &[],
    };
    methods.iter().find(|method| method.name.as_bytes() == name)
}

/// The names of all functions, sorted.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    BY_NAME.keys().copied()
}

/// Whether a function is known by name, yet refused in every policy.
pub fn is_refused(name: &str) -> bool {
    find(name).is_some_and(|function| matches!(function.run, Run::Refused))
}
