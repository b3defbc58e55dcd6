//! Paths with slashes; the `os` names are the same on the systems that controllers run on.

use super::{
    super::value::Value,
    signature::{Call, Called, Function, Parameter::Text, bytes},
    strings::part,
};

pub const FUNCTIONS: &[Function] = &[
    Function::new("base", &[Text], base),
    Function::new("osBase", &[Text], base),
    Function::new("dir", &[Text], dir),
    Function::new("osDir", &[Text], dir),
    Function::new("clean", &[Text], |call, values| {
        call.text(clean(bytes(values, 0)))
    }),
    Function::new("osClean", &[Text], |call, values| {
        call.text(clean(bytes(values, 0)))
    }),
    Function::new("ext", &[Text], ext),
    Function::new("osExt", &[Text], ext),
    Function::new("isAbs", &[Text], is_absolute),
    Function::new("osIsAbs", &[Text], is_absolute),
];

fn is_absolute(_: &mut Call, values: &[Value]) -> Called {
    Ok(Value::Bool(bytes(values, 0).starts_with(b"/")))
}

fn last_slash(path: &[u8]) -> Option<usize> {
    path.iter().rposition(|byte| *byte == b'/')
}

fn base(call: &mut Call, values: &[Value]) -> Called {
    let path = bytes(values, 0);
    if path.is_empty() {
        return call.text(".");
    }
    let end = path
        .iter()
        .rposition(|byte| *byte != b'/')
        .map_or(0, |at| at + 1);
    let path = part(path, 0, end);
    let start = last_slash(path).map_or(0, |at| at + 1);
    let name = part(path, start, path.len());
    call.text(if name.is_empty() { b"/" } else { name })
}

fn dir(call: &mut Call, values: &[Value]) -> Called {
    let path = bytes(values, 0);
    let end = last_slash(path).map_or(0, |at| at + 1);
    call.text(clean(part(path, 0, end)))
}

fn ext(call: &mut Call, values: &[Value]) -> Called {
    let path = bytes(values, 0);
    let name = part(path, last_slash(path).map_or(0, |at| at + 1), path.len());
    let dot = name
        .iter()
        .rposition(|byte| *byte == b'.')
        .unwrap_or(name.len());
    call.text(part(name, dot, name.len()))
}

/// Go's `path.Clean`.
pub fn clean(path: &[u8]) -> Vec<u8> {
    let is_rooted = path.starts_with(b"/");
    let mut kept: Vec<&[u8]> = Vec::new();
    for name in path.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." => match kept.last() {
                Some(last) if *last != b".." => _ = kept.pop(),
                _ if is_rooted => {}
                _ => kept.push(name),
            },
            _ => kept.push(name),
        }
    }
    let joined = kept.join(&b'/');
    match (is_rooted, joined.is_empty()) {
        (true, _) => [b"/", joined.as_slice()].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}
