//! Ways into a value: RFC 6901 pointers, whose parts may also name an element of a list by its keys
//! (`k:{"name":"a"}`) or by its value (`v:"a"`), as managed fields do.

use serde_json::{Map, Value};

/// What a way leads to.
pub(super) fn get<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    let mut here = value;
    for part in parts(pointer) {
        here = match here {
            Value::Object(map) => map.get(&part)?,
            Value::Array(list) => list.get(index(list, &part)?)?,
            _ => return None,
        };
    }
    Some(here)
}

/// Removes what a way leads to; a way that is not there is fine.
pub(super) fn remove(value: &mut Value, pointer: &str) {
    let mut here = value;
    let mut parts = parts(pointer).peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        let next = match here {
            Value::Object(map) if is_last => {
                map.remove(&part);
                return;
            }
            Value::Object(map) => map.get_mut(&part),
            Value::Array(list) => match index(list, &part) {
                Some(at) if is_last => {
                    list.remove(at);
                    return;
                }
                Some(at) => list.get_mut(at),
                None => None,
            },
            _ => None,
        };
        let Some(next) = next else { return };
        here = next;
    }
}

/// Sets what a way leads to; maps on the way are made, elements of lists are not.
pub(super) fn put(value: &mut Value, pointer: &str, new: Value) {
    let mut here = value;
    let mut parts = parts(pointer).peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        let next = match here {
            Value::Object(map) if is_last => {
                map.insert(part, new);
                return;
            }
            Value::Object(map) => Some(map.entry(part).or_insert_with(|| Map::new().into())),
            Value::Array(list) => match index(list, &part) {
                Some(at) => list.get_mut(at),
                None => None,
            },
            _ => None,
        };
        let Some(next) = next else { return };
        if is_last {
            *next = new;
            return;
        }
        here = next;
    }
}

/// One part, written so that it can stand in a way.
pub(super) fn escaped(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

fn parts(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer
        .split('/')
        .skip(1)
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
}

/// The place of an element that a part names.
fn index(list: &[Value], part: &str) -> Option<usize> {
    if let Some(keys) = part.strip_prefix("k:") {
        let keys: Map<String, Value> = serde_json::from_str(keys).ok()?;
        return list.iter().position(|element| {
            keys.iter()
                .all(|(name, value)| element.get(name) == Some(value))
        });
    }
    if let Some(wanted) = part.strip_prefix("v:") {
        let wanted: Value = serde_json::from_str(wanted).ok()?;
        return list.iter().position(|element| *element == wanted);
    }
    let at: usize = part.strip_prefix("i:").unwrap_or(part).parse().ok()?;
    (at < list.len()).then_some(at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn elements_are_named_by_place_key_or_value() {
        let value = json!({"l": [{"name": "a", "w": 1}, {"name": "b", "w": 2}], "s": ["x", "y"]});
        for (way, found) in [
            ("/l/1/w", Some(json!(2))),
            (r#"/l/k:{"name":"b"}/w"#, Some(json!(2))),
            (r#"/s/v:"y""#, Some(json!("y"))),
            ("/l/7", None),
            ("/l/k:{/w", None),
            ("/s/x/y", None),
            ("", Some(value.clone())),
        ] {
            assert_eq!(get(&value, way), found.as_ref(), "{way}");
        }
        let mut changed = value.clone();
        put(&mut changed, r#"/l/k:{"name":"a"}/w"#, json!(9));
        remove(&mut changed, r#"/s/v:"x""#);
        put(&mut changed, "/new/a~1b", json!(1));
        remove(&mut changed, "/none/of/it");
        assert_eq!(
            changed,
            json!({"l": [{"name": "a", "w": 9}, {"name": "b", "w": 2}], "s": ["y"], "new": {"a/b": 1}})
        );
    }
}
