//! Lists.

use super::{
    super::value::{List, ListType, Value},
    convert::to_int,
    defaults::is_empty,
    equal::is_equal,
    signature::{
        Call, Called, Fault, Function,
        Parameter::{Any, Int},
        any, from, int, items,
    },
};

pub const FUNCTIONS: &[Function] = &[
    Function::variadic("list", &[], Any, made),
    Function::variadic("tuple", &[], Any, made),
    Function::new("append", &[Any, Any], push),
    Function::new("push", &[Any, Any], push),
    Function::new("mustAppend", &[Any, Any], push),
    Function::new("mustPush", &[Any, Any], push),
    Function::new("prepend", &[Any, Any], prepend),
    Function::new("mustPrepend", &[Any, Any], prepend),
    Function::new("first", &[Any], first),
    Function::new("mustFirst", &[Any], first),
    Function::new("last", &[Any], last),
    Function::new("mustLast", &[Any], last),
    Function::new("rest", &[Any], rest),
    Function::new("mustRest", &[Any], rest),
    Function::new("initial", &[Any], initial),
    Function::new("mustInitial", &[Any], initial),
    Function::new("reverse", &[Any], reverse),
    Function::new("mustReverse", &[Any], reverse),
    Function::new("compact", &[Any], compact),
    Function::new("mustCompact", &[Any], compact),
    Function::new("uniq", &[Any], uniq),
    Function::new("mustUniq", &[Any], uniq),
    Function::variadic("without", &[Any], Any, without),
    Function::variadic("mustWithout", &[Any], Any, without),
    Function::new("has", &[Any, Any], has),
    Function::new("mustHas", &[Any, Any], has),
    Function::variadic("slice", &[Any], Any, slice),
    Function::variadic("mustSlice", &[Any], Any, slice),
    Function::new("chunk", &[Int, Any], chunk),
    Function::new("mustChunk", &[Int, Any], chunk),
    Function::variadic("concat", &[], Any, |call, values| {
        let mut all = Vec::new();
        for place in 0..values.len() {
            let items = items(values, place)?;
            call.budget.take(items.len())?;
            all.extend_from_slice(items);
        }
        if all.is_empty() {
            return Ok(Value::nil_list(ListType::Any));
        }
        Ok(Value::list(all))
    }),
];

fn made(call: &mut Call, values: &[Value]) -> Called {
    call.list(values.to_vec())
}

fn push(call: &mut Call, values: &[Value]) -> Called {
    let items = items(values, 0)?;
    call.list([items, from(values, 1)].concat())
}

fn prepend(call: &mut Call, values: &[Value]) -> Called {
    let items = items(values, 0)?;
    call.list([from(values, 1), items].concat())
}

fn first(_: &mut Call, values: &[Value]) -> Called {
    Ok(items(values, 0)?.first().cloned().unwrap_or(Value::Nil))
}

fn last(_: &mut Call, values: &[Value]) -> Called {
    Ok(items(values, 0)?.last().cloned().unwrap_or(Value::Nil))
}

fn rest(call: &mut Call, values: &[Value]) -> Called {
    match items(values, 0)? {
        [] => Ok(Value::nil_list(ListType::Any)),
        [_, rest @ ..] => call.list(rest.to_vec()),
    }
}

fn initial(call: &mut Call, values: &[Value]) -> Called {
    match items(values, 0)? {
        [] => Ok(Value::nil_list(ListType::Any)),
        [rest @ .., _] => call.list(rest.to_vec()),
    }
}

fn reverse(call: &mut Call, values: &[Value]) -> Called {
    call.list(items(values, 0)?.iter().rev().cloned().collect())
}

fn compact(call: &mut Call, values: &[Value]) -> Called {
    let mut kept = Vec::new();
    for item in items(values, 0)? {
        if !is_empty(item)? {
            kept.push(item.clone());
        }
    }
    call.list(kept)
}

fn is_in(call: &mut Call, list: &[Value], wanted: &Value) -> Result<bool, Fault> {
    for item in list {
        if is_equal(call.budget, item, wanted, 0)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn uniq(call: &mut Call, values: &[Value]) -> Called {
    let mut kept = Vec::new();
    for item in items(values, 0)? {
        if !is_in(call, &kept, item)? {
            kept.push(item.clone());
        }
    }
    call.list(kept)
}

fn without(call: &mut Call, values: &[Value]) -> Called {
    let mut kept = Vec::new();
    for item in items(values, 0)? {
        if !is_in(call, from(values, 1), item)? {
            kept.push(item.clone());
        }
    }
    call.list(kept)
}

fn has(call: &mut Call, values: &[Value]) -> Called {
    if any(values, 1).is_nothing() {
        return Ok(Value::Bool(false));
    }
    is_in(call, items(values, 1)?, any(values, 0)).map(Value::Bool)
}

fn slice(call: &mut Call, values: &[Value]) -> Called {
    let Value::List(list) = any(values, 0) else {
        return Err(Fault::Failed);
    };
    if list.items.is_empty() {
        return Ok(Value::Nil);
    }
    let start = values.get(1).map_or(0, to_int);
    let end = values
        .get(2)
        .map_or(i64::try_from(list.items.len()).unwrap_or(i64::MAX), to_int);
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let kept = range
        .and_then(|(start, end)| list.items.get(start..end))
        .ok_or(Fault::Failed)?;
    call.budget.take(kept.len())?;
    let List { kind, .. } = **list;
    Ok(Value::list_of(kind, kept.to_vec()))
}

fn chunk(call: &mut Call, values: &[Value]) -> Called {
    let (size, items) = (int(values, 0), items(values, 1)?);
    let Ok(size) = usize::try_from(size) else {
        // Go computes the number of chunks with floats: for a negative size it is none from some length on.
        let count = ((items.len() as f64 - 1.0) / size as f64).floor() + 1.0;
        let none = Value::list_of(ListType::Lists, Vec::new());
        return if count == 0.0 {
            Ok(none)
        } else {
            Err(Fault::Failed)
        };
    };
    if size == 0 {
        return Err(Fault::Failed);
    }
    call.budget.take(items.len())?;
    let chunks = items.chunks(size).map(|chunk| Value::list(chunk.to_vec()));
    Ok(Value::list_of(ListType::Lists, chunks.collect()))
}
