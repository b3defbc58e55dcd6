//! The normal form in which objects are compared: what means the same is written the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    api::{application::LAST_APPLIED, base64},
    object::Object,
};

/// Fields of the metadata that the API server writes.
const SERVER_FIELDS: &[&str] = &[
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// A manifest as it is applied: without status and without what the API server writes.
pub(super) fn target(object: &Object) -> Value {
    let mut value = object.to_value();
    if let Some(map) = value.as_object_mut() {
        map.remove("status");
        if let Some(metadata) = map.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("creationTimestamp");
            metadata.remove("managedFields");
        }
    }
    if object.kind() == "Secret" && object.api_version() == "v1" {
        fold_secret(&mut value);
    }
    value
}

/// An object in the form in which it is compared.
pub(super) fn form(mut value: Value, kind: &str) -> Value {
    if let Some(map) = value.as_object_mut() {
        map.remove("status");
        if let Some(metadata) = map.get_mut("metadata").and_then(Value::as_object_mut) {
            for field in SERVER_FIELDS {
                metadata.remove(*field);
            }
            if let Some(annotations) = metadata
                .get_mut("annotations")
                .and_then(Value::as_object_mut)
            {
                annotations.remove(LAST_APPLIED);
            }
        }
    }
    if kind == "Secret" {
        fold_secret(&mut value);
    }
    quantities(&mut value);
    without_empties(value).unwrap_or(Value::Object(Map::new()))
}

/// `stringData` goes into `data`; what is not text stays, so that the apply fails loudly.
fn fold_secret(value: &mut Value) {
    let Some(map) = value.as_object_mut() else {
        return;
    };
    let texts: BTreeMap<String, Value> = match map.get("stringData") {
        Some(Value::Object(texts)) => texts.clone().into_iter().collect(),
        _ => BTreeMap::new(),
    };
    if !texts.is_empty() && texts.values().all(Value::is_string) {
        map.remove("stringData");
        let data = map
            .entry("data")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(data) = data {
            for (name, text) in texts {
                let bytes = text.as_str().unwrap_or_default().as_bytes();
                data.insert(name, base64::encode(bytes).into());
            }
        }
    }
    if let Some(Value::Object(data)) = map.get_mut("data") {
        for (_, item) in data.iter_mut() {
            if item.is_null() {
                *item = "".into();
            }
        }
    }
}

/// Nothing, null, `{}` and `[]` mean the same; inside of lists places are kept.
fn without_empties(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(map) => {
            let kept: Map<String, Value> = map
                .into_iter()
                .filter_map(|(name, value)| Some((name, without_empties(value)?)))
                .collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(list) if list.is_empty() => None,
        Value::Array(list) => Some(Value::Array(
            list.into_iter()
                .map(|value| without_empties(value).unwrap_or(Value::Null))
                .collect(),
        )),
        // Whole numbers are equal however they are written.
        Value::Number(number) => Some(match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "a whole number below 2^53 is exact"
                )]
                let whole = float as i64;
                whole.into()
            }
            _ => Value::Number(number),
        }),
        other => Some(other),
    }
}

/// Maps whose values are quantities.
const QUANTITY_MAPS: &[&str] = &["limits", "requests", "hard", "capacity", "allocatable"];

/// Writes quantities as the API server does.
fn quantities(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, below) in map.iter_mut() {
                match below {
                    Value::Object(amounts) if QUANTITY_MAPS.contains(&name.as_str()) => {
                        for (_, amount) in amounts.iter_mut() {
                            if let Some(text) = quantity(amount) {
                                *amount = text.into();
                            } else {
                                quantities(amount);
                            }
                        }
                    }
                    below => quantities(below),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(quantities),
        _ => {}
    }
}

/// Thousandths of one, as a number; `None` for what is no quantity, or too fine or too large for this.
fn quantity(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let end = text
        .find(|letter: char| !(letter.is_ascii_digit() || "+-.".contains(letter)))
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(end)?;
    let scale: i128 = match unit {
        "m" => 1,
        "" => 1000,
        "k" => 1_000_000,
        "M" => 1_000_000_000,
        "G" => 1_000_000_000_000,
        "T" => 1_000_000_000_000_000,
        "Ki" => 1000 << 10,
        "Mi" => 1000 << 20,
        "Gi" => 1000 << 30,
        "Ti" => 1000 << 40,
        _ => return None,
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part_digits = u32::try_from(part.len()).ok().filter(|count| *count <= 9)?;
    let base = 10_i128.pow(part_digits);
    let number: i128 = format!("{whole}{part}").parse().ok()?;
    let thousandths = number.checked_mul(scale)?;
    (thousandths % base == 0).then(|| format!("{}m", thousandths / base))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_amounts_are_written_the_same() {
        for (one, other) in [
            (json!("1000m"), json!("1")),
            (json!("1024Mi"), json!("1Gi")),
            (json!(1), json!("1")),
            (json!("0.5"), json!("500m")),
            (json!("1.5Gi"), json!("1536Mi")),
        ] {
            assert_eq!(quantity(&one), quantity(&other), "{one} {other}");
        }
        assert_ne!(quantity(&json!("1")), quantity(&json!("1m")));
        assert_eq!(quantity(&json!("many")), None);
    }

    #[test]
    fn nothing_in_its_many_forms_is_equal() {
        let one = form(
            json!({"a": {}, "b": [], "c": null, "d": 1.0, "metadata": {"uid": "x"}}),
            "A",
        );
        assert_eq!(one, json!({"d": 1}));
    }

    #[test]
    fn string_data_is_data() {
        let one = form(
            json!({"stringData": {"k": "v"}, "data": {"n": null}}),
            "Secret",
        );
        assert_eq!(one, json!({"data": {"k": "dg==", "n": ""}}));
    }
}
