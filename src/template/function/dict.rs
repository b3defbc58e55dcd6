//! Dicts.

use std::{collections::BTreeMap, rc::Rc};

use super::{
    super::{
        budget::MAX_DEPTH,
        template_error::Limit,
        value::{ListType, Map, Text as Bytes, Value},
    },
    defaults::is_empty,
    signature::{
        Call, Called, Fault, Function,
        Parameter::{Any, Dict, Text},
        any, bytes, dict, from,
    },
};

pub const FUNCTIONS: &[Function] = &[
    Function::variadic("dict", &[], Any, |call, values| {
        call.budget.take(values.len())?;
        let mut entries = BTreeMap::new();
        for pair in values.chunks(2) {
            let key = call.string(any(pair, 0))?;
            entries.insert(key, pair.get(1).cloned().unwrap_or(Value::text("")));
        }
        Ok(Value::map(entries))
    }),
    Function::new("get", &[Dict, Text], |_, values| {
        Ok(found(values, 0, bytes(values, 1)).unwrap_or(Value::text("")))
    }),
    Function::new("set", &[Dict, Text, Any], |call, values| {
        let map = dict(values, 0).ok_or(Fault::Failed)?;
        if holds(call, any(values, 2), map, 0)? {
            return Err(Limit::Depth.into());
        }
        let key = Bytes::from(bytes(values, 1));
        map.entries.borrow_mut().insert(key, any(values, 2).clone());
        Ok(any(values, 0).clone())
    }),
    Function::new("unset", &[Dict, Text], |_, values| {
        if let Some(map) = dict(values, 0) {
            map.entries.borrow_mut().remove(bytes(values, 1));
        }
        Ok(any(values, 0).clone())
    }),
    Function::new("hasKey", &[Dict, Text], |_, values| {
        Ok(Value::Bool(found(values, 0, bytes(values, 1)).is_some()))
    }),
    Function::variadic("pluck", &[Text], Dict, |call, values| {
        let key = bytes(values, 0);
        let found = (1..values.len()).filter_map(|place| found(values, place, key));
        let found = found.collect();
        call.list(found)
    }),
    Function::variadic("keys", &[], Dict, |call, values| {
        let mut keys = Vec::new();
        for place in 0..values.len() {
            if let Some(map) = dict(values, place) {
                keys.extend(map.entries.borrow().keys().cloned().map(Value::Text));
            }
        }
        call.budget.take(keys.len())?;
        Ok(Value::list_of(ListType::Text, keys))
    }),
    Function::new("values", &[Dict], |call, values| {
        let found = dict(values, 0).map(|map| map.entries.borrow().values().cloned().collect());
        call.list(found.unwrap_or_default())
    }),
    Function::variadic("pick", &[Dict], Text, |call, values| {
        kept(call, values, |key, wanted| {
            wanted.iter().any(|name| is_text(name, key))
        })
    }),
    Function::variadic("omit", &[Dict], Text, |call, values| {
        kept(call, values, |key, unwanted| {
            !unwanted.iter().any(|name| is_text(name, key))
        })
    }),
    Function::variadic("merge", &[Dict], Dict, |call, values| {
        merged(call, values, false)
    }),
    Function::variadic("mustMerge", &[Dict], Dict, |call, values| {
        merged(call, values, false)
    }),
    Function::variadic("mergeOverwrite", &[Dict], Dict, |call, values| {
        merged(call, values, true)
    }),
    Function::variadic("mustMergeOverwrite", &[Dict], Dict, |call, values| {
        merged(call, values, true)
    }),
    Function::new("deepCopy", &[Any], |call, values| {
        copied(call, any(values, 0), 0)
    }),
    Function::new("mustDeepCopy", &[Any], |call, values| {
        copied(call, any(values, 0), 0)
    }),
    Function::variadic("dig", &[], Any, |_, values| {
        let [keys @ .., default, last] = values else {
            return Err(Fault::Failed);
        };
        let mut value = last.clone();
        if keys.is_empty() || keys.iter().any(|key| !matches!(key, Value::Text(_))) {
            return Err(Fault::Failed);
        }
        for key in keys {
            let next = match (&value, key) {
                (Value::Map(map), Value::Text(key)) if !map.is_text => {
                    map.entries.borrow().get(key).cloned()
                }
                _ => return Err(Fault::Failed),
            };
            match next {
                Some(next) => value = next,
                None => return Ok(default.clone()),
            }
        }
        Ok(value)
    }),
];

fn is_text(value: &Value, wanted: &Bytes) -> bool {
    matches!(value, Value::Text(text) if text == wanted)
}

fn found(values: &[Value], place: usize, key: &[u8]) -> Option<Value> {
    dict(values, place).and_then(|map| map.entries.borrow().get(key).cloned())
}

fn kept(call: &mut Call, values: &[Value], keeps: impl Fn(&Bytes, &[Value]) -> bool) -> Called {
    let mut entries = BTreeMap::new();
    if let Some(map) = dict(values, 0) {
        let map = map.entries.borrow();
        call.budget.take(map.len().saturating_mul(values.len()))?;
        let some = map.iter().filter(|(key, _)| keeps(key, from(values, 1)));
        entries.extend(some.map(|(key, value)| (key.clone(), value.clone())));
    }
    Ok(Value::map(entries))
}

/// Whether a value holds a map, itself or deeper down: a map that held itself could never be printed.
fn holds(call: &mut Call, value: &Value, wanted: &Map, depth: usize) -> Result<bool, Fault> {
    call.budget.take(1)?;
    if depth > MAX_DEPTH {
        return Err(Limit::Depth.into());
    }
    match value {
        Value::List(list) if matches!(list.kind, ListType::Any | ListType::Lists) => {
            for item in &list.items {
                if holds(call, item, wanted, depth + 1)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Map(map) => {
            if std::ptr::eq(&raw const **map, wanted) {
                return Ok(true);
            }
            for item in map.entries.borrow().values() {
                if holds(call, item, wanted, depth + 1)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Ok(false),
    }
}

fn copied(call: &mut Call, value: &Value, depth: usize) -> Called {
    call.budget.take(1)?;
    if depth > MAX_DEPTH {
        return Err(Limit::Depth.into());
    }
    match value {
        Value::Missing | Value::Nil if depth == 0 => Err(Fault::Failed),
        Value::List(list) => {
            let items = list.items.iter().map(|item| copied(call, item, depth + 1));
            let items = items.collect::<Result<_, _>>()?;
            if list.is_nil {
                return Ok(Value::nil_list(list.kind));
            }
            Ok(Value::list_of(list.kind, items))
        }
        Value::Map(map) => {
            let mut entries = BTreeMap::new();
            for (key, item) in map.entries.borrow().iter() {
                entries.insert(key.clone(), copied(call, item, depth + 1)?);
            }
            Ok(if map.is_text {
                Value::text_map(entries)
            } else {
                Value::map(entries)
            })
        }
        other => Ok(other.clone()),
    }
}

fn merged(call: &mut Call, values: &[Value], overwrites: bool) -> Called {
    let Some(target) = dict(values, 0) else {
        return Err(Fault::Failed);
    };
    for place in 1..values.len() {
        if let Some(source) = dict(values, place) {
            merge(call, target, source, overwrites, 0)?;
        }
    }
    Ok(any(values, 0).clone())
}

fn merge(
    call: &mut Call,
    target: &Map,
    source: &Map,
    overwrites: bool,
    depth: usize,
) -> Result<(), Fault> {
    if std::ptr::eq(target, source) {
        return Ok(());
    }
    if depth > MAX_DEPTH {
        return Err(Limit::Depth.into());
    }
    let entries = source.entries.borrow().clone();
    call.budget.take(entries.len() + 1)?;
    for (key, value) in entries {
        let before = target.entries.borrow().get(&key).cloned();
        let replaces = match (&before, &value) {
            (None, _) => true,
            (Some(Value::Map(inner)), Value::Map(outer)) if !inner.is_text && !outer.is_text => {
                let inner = Rc::clone(inner);
                merge(call, &inner, outer, overwrites, depth + 1)?;
                false
            }
            (Some(before), _) => overwrites || is_empty(before)?,
        };
        if replaces {
            if holds(call, &value, target, 0)? {
                return Err(Limit::Depth.into());
            }
            target.entries.borrow_mut().insert(key, value);
        }
    }
    Ok(())
}
