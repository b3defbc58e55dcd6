//! Pins: a Rollout that went back to a revision keeps the versions of that revision until they are sealed anew.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::choose::Delivered;
use crate::{api::version::PIN, object::Object};

/// The version of one secret that a Rollout keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pin {
    /// The number.
    pub version: u64,
    /// What was sealed when it was pinned: the pin ends when something else is. Empty until a controller has noted it.
    pub sealed_from: String,
}

/// The pins of a Rollout, by the name of the secret: each a number, or a number with what was sealed then. What cannot
/// be read pins nothing.
pub fn pins(rollout: &Object) -> BTreeMap<String, Pin> {
    let map: Map<String, Value> = rollout
        .annotation(PIN)
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    map.into_iter()
        .filter_map(|(secret, pin)| {
            let version = pin.as_u64().or_else(|| pin.get("version")?.as_u64())?;
            let sealed_from = pin.get("sealedFrom").and_then(Value::as_str);
            let sealed_from = sealed_from.unwrap_or_default().to_owned();
            let pin = Pin {
                version,
                sealed_from,
            };
            Some((secret, pin))
        })
        .collect()
}

/// The pins as they are to be noted: with what is sealed now, and without those that have ended. `None` if all stand
/// as they should.
pub fn noted(rollout: &Object, delivered: &BTreeMap<String, Delivered>) -> Option<Value> {
    let before = pins(rollout);
    let after: Map<String, Value> = before
        .iter()
        .filter_map(|(secret, pin)| {
            let now = delivered.get(secret).map(|found| &found.sealed_from);
            let sealed_from = match now {
                Some(now) if pin.sealed_from.is_empty() => now,
                Some(now) if pin.sealed_from != *now => return None,
                _ => &pin.sealed_from,
            };
            let pin = json!({"version": pin.version, "sealedFrom": sealed_from});
            Some((secret.clone(), pin))
        })
        .collect();
    let is_same = after.len() == before.len()
        && before
            .values()
            .zip(after.values())
            .all(|(pin, noted)| noted.get("sealedFrom") == Some(&pin.sealed_from.as_str().into()));
    if is_same {
        return None;
    }
    Some(if after.is_empty() {
        Value::Null
    } else {
        Value::Object(after).to_string().into()
    })
}

#[cfg(test)]
mod tests {
    use super::{super::testing::*, *};

    fn pinned(text: &str) -> Object {
        annotated(rollout("web", "db", "a", "a"), PIN, text)
    }

    #[test]
    fn point_04_pins_are_numbers_with_or_without_what_was_sealed() {
        let read = pins(&pinned(
            r#"{"db":{"version":1,"sealedFrom":"abc"},"tls":2,"x":"y"}"#,
        ));
        let pin = |version, sealed_from: &str| Pin {
            version,
            sealed_from: sealed_from.to_owned(),
        };
        let expected = [
            ("db".to_owned(), pin(1, "abc")),
            ("tls".to_owned(), pin(2, "")),
        ];
        assert_eq!(read, expected.into());
        assert!(pins(&pinned("{")).is_empty());
    }

    #[test]
    fn point_04_a_pin_is_noted_with_what_is_sealed_and_ends_with_it() {
        let delivered = |sealed_from: &str| {
            let found = Delivered {
                sealed_from: sealed_from.to_owned(),
                ..Delivered::default()
            };
            BTreeMap::from([("db".to_owned(), found)])
        };
        let bare = pinned(r#"{"db":1}"#);
        let text = noted(&bare, &delivered("abc")).unwrap();
        assert_eq!(text, r#"{"db":{"sealedFrom":"abc","version":1}}"#);
        let pinned = pinned(text.as_str().unwrap());
        assert_eq!(noted(&pinned, &delivered("abc")), None);
        assert_eq!(noted(&pinned, &delivered("def")), Some(Value::Null));
        assert_eq!(noted(&pinned, &BTreeMap::new()), None);
        assert_eq!(
            noted(&rollout("web", "db", "a", "a"), &delivered("abc")),
            None
        );
    }
}
