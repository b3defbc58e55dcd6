//! The hashes that name a revision and its steps (upstream `utils/hash/hash.go`).
//!
//! A hash is over the text that Go writes: fields in the order of the Go structs, absent ones by Go's rules,
//! quantities in their canonical form. The order is data, in `hash/order.txt`.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

use crate::object::quantity;

/// The letters of a hash: no vowels, so that no words come about.
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// The hash of a pod template, with the number of collisions that were seen before.
pub fn pod_template_hash(template: &Value, collisions: Option<i64>) -> String {
    let mut text = canonical(template);
    if let Some(collisions) = collisions {
        let number = u32::try_from(collisions).unwrap_or(0);
        let mut bytes = text.into_bytes();
        bytes.extend(number.to_le_bytes());
        bytes.extend([0; 4]);
        return safe(fnv1a(&bytes));
    }
    text.shrink_to_fit();
    safe(fnv1a(text.as_bytes()))
}

/// A pod template as Go writes it: equal texts mean equal templates.
pub fn canonical(template: &Value) -> String {
    let mut text = String::new();
    write(&mut text, template, "&PodTemplateSpec");
    text
}

/// The hash of the steps of a canary; `None` where there are none.
pub fn step_hash(steps: Option<&Value>) -> String {
    let mut text = String::new();
    match steps {
        Some(steps) if !steps.is_null() => write(&mut text, steps, "[&CanaryStep"),
        _ => text.push_str("null"),
    }
    safe(fnv1a(text.as_bytes()))
}

fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

fn safe(number: u32) -> String {
    number
        .to_string()
        .bytes()
        .filter_map(|digit| ALPHABET.get(usize::from(digit) % ALPHABET.len()))
        .map(|letter| char::from(*letter))
        .collect()
}

/// When a field is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    NotEmpty,
}

struct Field {
    name: &'static str,
    of: &'static str,
    when: When,
}

/// The types of `order.txt` by name.
static TYPES: LazyLock<BTreeMap<&'static str, Vec<Field>>> = LazyLock::new(|| {
    let mut types: BTreeMap<&'static str, Vec<Field>> = BTreeMap::new();
    let mut current = "";
    for line in include_str!("hash/order.txt").lines() {
        if line.starts_with('#') {
            continue;
        }
        let Some(field) = line.strip_prefix('\t') else {
            current = line;
            continue;
        };
        let mut words = field.split(' ');
        if let (Some(name), Some(of), Some(when)) = (words.next(), words.next(), words.next()) {
            let when = if when == "always" {
                When::Always
            } else {
                When::NotEmpty
            };
            types
                .entry(current)
                .or_default()
                .push(Field { name, of, when });
        }
    }
    types
});

fn write(text: &mut String, value: &Value, of: &str) {
    if let Some(inner) = of.strip_prefix('*') {
        return if value.is_null() {
            text.push_str("null");
        } else {
            write(text, value, inner);
        };
    }
    if let Some(inner) = of.strip_prefix('[') {
        let Some(items) = value.as_array() else {
            text.push_str("null");
            return;
        };
        text.push('[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            write(text, item, inner);
        }
        text.push(']');
        return;
    }
    if let Some(inner) = of.strip_prefix('{') {
        let Some(items) = value.as_object() else {
            text.push_str("null");
            return;
        };
        // Maps are sorted by name already.
        text.push('{');
        for (index, (name, item)) in items.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            quote(text, name);
            text.push(':');
            write(text, item, inner);
        }
        text.push('}');
        return;
    }
    if let Some(fields) = of.strip_prefix('&').and_then(|name| TYPES.get(name)) {
        return write_struct(text, value, fields);
    }
    match (of, value) {
        ("text", Value::String(value)) => quote(text, value),
        ("text", _) => text.push_str("\"\""),
        ("quantity", Value::String(value)) => {
            quote(text, quantity::canonical(value).as_deref().unwrap_or(value));
        }
        ("quantity", Value::Number(value)) => {
            let value = value.to_string();
            quote(
                text,
                quantity::canonical(&value).as_deref().unwrap_or(&value),
            );
        }
        ("quantity", _) => text.push_str("\"0\""),
        ("bool", Value::Bool(true)) => text.push_str("true"),
        ("bool", _) => text.push_str("false"),
        ("int" | "float", Value::Number(number)) => text.push_str(&number.to_string()),
        ("int" | "float", _) => text.push('0'),
        ("intstr", Value::String(value)) => quote(text, value),
        ("intstr", Value::Number(number)) => text.push_str(&number.to_string()),
        ("intstr", _) => text.push('0'),
        (_, Value::String(value)) => quote(text, value),
        (_, value) => text.push_str(&escaped(&value.to_string())),
    }
}

fn write_struct(text: &mut String, value: &Value, fields: &[Field]) {
    text.push('{');
    let mut is_first = true;
    for field in fields {
        let item = value.get(field.name).unwrap_or(&Value::Null);
        if field.when == When::NotEmpty && is_empty(item, field.of) {
            continue;
        }
        if !is_first {
            text.push(',');
        }
        is_first = false;
        quote(text, field.name);
        text.push(':');
        write(text, item, field.of);
    }
    text.push('}');
}

/// Whether Go leaves a field out; structs are never empty.
fn is_empty(value: &Value, of: &str) -> bool {
    if of.starts_with('&') {
        return false;
    }
    if of.starts_with('*') {
        return value.is_null();
    }
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => of == "int" && number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(items) => items.is_empty(),
    }
}

fn quote(text: &mut String, value: &str) {
    text.push_str(&escaped(&Value::from(value).to_string()));
}

/// Go escapes what could end a script or a line in JavaScript.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                text.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            letter => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn steps_hash_as_the_original_does() {
        let timed = |a: Value, b: Value| {
            json!([{"setWeight": 20}, {"pause": {"duration": a}}, {"setWeight": 50},
                {"pause": {"duration": a}}, {"setWeight": 80}, {"pause": {"duration": b}}])
        };
        for (steps, hash) in [
            (None, "5ffbfbbd64"),
            (Some(json!([{"pause": {}}])), "6b9b86fbd5"),
            (Some(json!([{"pause": {}}, {"pause": {}}])), "79c9b9f6bf"),
            (Some(timed(json!("60s"), json!("30s"))), "64446b84bd"),
            (Some(timed(json!(60), json!(30))), "76b6969d9"),
        ] {
            assert_eq!(step_hash(steps.as_ref()), hash, "{steps:?}");
        }
    }

    #[test]
    fn templates_hash_as_the_original_does() {
        let template = json!({"metadata": {"labels": {"app": "demo"}},
            "spec": {"containers": [{"name": "demo", "image": "demo:1"}]}});
        for (collisions, hash) in [
            (None, "96bcd6d84"),
            (Some(0), "9df467796"),
            (Some(1), "6599bd9cd9"),
        ] {
            assert_eq!(pod_template_hash(&template, collisions), hash);
        }
    }

    #[test]
    fn equal_meanings_are_equal_texts() {
        let of = |cpu: Value| {
            canonical(
                &json!({"unknown": 1, "spec": {"containers": [{"name": "a", "args": ["<&>"],
                "resources": {"requests": {"cpu": cpu}}}]}}),
            )
        };
        assert_eq!(of(json!("0.5")), of(json!("500m")));
        assert_eq!(of(json!("1000m")), of(json!(1)));
        assert!(of(json!("1")).contains("[\"\\u003c\\u0026\\u003e\"]"));
    }
}
