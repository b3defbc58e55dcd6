//! JSON with the fields that it gives twice.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads JSON; of a field given twice the last value counts, and its path is told.
///
/// # Errors
/// The text is no JSON.
pub fn parse(bytes: &[u8]) -> Result<(Value, Vec<String>), serde_json::Error> {
    let mut found = Found::default();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Reader(&mut found).deserialize(&mut reader)?;
    reader.end()?;
    Ok((value, found.paths))
}

#[derive(Default)]
struct Found {
    path: String,
    paths: Vec<String>,
}

struct Reader<'a>(&'a mut Found);

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number that is none"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let found = self.0;
        let length = found.path.len();
        let mut items = Vec::new();
        loop {
            found.path.truncate(length);
            found.path.push_str(&format!("[{}]", items.len()));
            match seq.next_element_seed(Reader(found))? {
                Some(item) => items.push(item),
                None => break,
            }
        }
        found.path.truncate(length);
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let found = self.0;
        let length = found.path.len();
        let mut fields = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if length > 0 {
                found.path.push('.');
            }
            found.path.push_str(&name);
            let value = map.next_value_seed(Reader(found))?;
            if fields.insert(name, value).is_some() && !found.paths.contains(&found.path) {
                found.paths.push(found.path.clone());
            }
            found.path.truncate(length);
        }
        if found.path.len() < length {
            return Err(A::Error::custom("a path was lost"));
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_value_counts_and_the_path_is_told() {
        let text = br#"{"a": 1, "b": [{"c": 1, "c": 2}], "a": {"d": null}}"#;
        let (value, paths) = parse(text).unwrap();
        assert_eq!(value, json!({"a": {"d": null}, "b": [{"c": 2}]}));
        assert_eq!(paths, ["b[0].c", "a"]);
        assert!(parse(b"{\"a\": 1} x").is_err());
    }
}
