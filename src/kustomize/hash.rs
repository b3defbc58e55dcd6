//! The suffix of generated names: a digest of the content (kustomize's `api/hasher`).

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::resource_set::ResourceSet;

/// How many letters a suffix has.
const LENGTH: usize = 10;

/// Puts the suffix behind the names of generated resources.
pub(super) fn run(set: &mut ResourceSet) {
    for resource in set.list_mut() {
        if resource.needs_hash {
            let suffix = suffix(&resource.value);
            resource.remember_id();
            let name = resource.name();
            resource.set_name(&format!("{name}-{suffix}"));
        }
    }
}

/// The suffix for a ConfigMap, a Secret, or any other object.
pub(super) fn suffix(value: &Value) -> String {
    let kind = value
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let text = match kind {
        "ConfigMap" => go_json(&chosen(value, &["data"], &["binaryData"], false)),
        "Secret" => go_json(&chosen(value, &["data"], &["stringData"], true)),
        _ => go_json(value),
    };
    Sha256::digest(text.as_bytes())
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xf])
        .take(LENGTH)
        .map(|digit| match digit {
            0 => 'g',
            1 => 'h',
            3 => 'k',
            0xa => 'm',
            0xe => 't',
            other => char::from_digit(u32::from(other), 16).unwrap_or_default(),
        })
        .collect()
}

/// What counts of a ConfigMap or a Secret; the name never does.
fn chosen(value: &Value, always: &[&str], if_map: &[&str], with_type: bool) -> Value {
    let mut fields = Map::new();
    for field in always {
        let found = value.get(*field).filter(|found| !found.is_null());
        let found = found
            .cloned()
            .unwrap_or_else(|| Value::String(String::new()));
        fields.insert((*field).to_owned(), found);
    }
    for field in if_map {
        if let Some(found @ Value::Object(_)) = value.get(*field) {
            fields.insert((*field).to_owned(), found.clone());
        }
    }
    let text = |field: &str| {
        let found = value.get(field).and_then(Value::as_str);
        Value::String(found.unwrap_or_default().to_owned())
    };
    fields.insert("kind".to_owned(), text("kind"));
    fields.insert("name".to_owned(), Value::String(String::new()));
    if with_type {
        fields.insert("type".to_owned(), text("type"));
    }
    Value::Object(fields)
}

/// JSON as Go writes it: compact, sorted, with the letters of HTML escaped.
pub(super) fn go_json(value: &Value) -> String {
    let text = value.to_string();
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_is_that_of_kustomize() {
        let map =
            serde_json::json!({"kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "b"}});
        assert_eq!(suffix(&map), "4h2mbtbbt6");
    }
}
