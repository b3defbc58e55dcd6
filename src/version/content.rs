//! Contents of Secrets: type and data, compared as values and never hashed.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{api::base64, object::Object, secret::Hidden};

/// The type that a Secret without one has.
const DEFAULT_TYPE: &str = "Opaque";

/// The type and data of a Secret, hidden.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// `type`, with the server's default.
    pub kind: String,
    /// Items by name, decoded.
    pub data: BTreeMap<String, Hidden<Vec<u8>>>,
}

impl Content {
    /// The content of a Secret, or of something that looks like one.
    pub fn of(secret: &Object) -> Self {
        let kind = secret
            .at(&["type"])
            .and_then(Value::as_str)
            .filter(|kind| !kind.is_empty())
            .unwrap_or(DEFAULT_TYPE);
        let items = secret.at(&["data"]).and_then(Value::as_object);
        Self {
            kind: kind.to_owned(),
            data: items
                .into_iter()
                .flatten()
                .map(|(name, value)| {
                    let text = value.as_str().unwrap_or_default();
                    // What is no base64 cannot be stored; it stays apart from everything that can.
                    let bytes = base64::decode(text).unwrap_or_else(|_| text.as_bytes().to_vec());
                    (name.clone(), Hidden::new(bytes))
                })
                .collect(),
        }
    }

    /// Gives a Secret this content.
    pub fn put(&self, secret: &mut Object) {
        secret.set(&["type"], self.kind.as_str().into());
        if self.data.is_empty() {
            secret.remove(&["data"]);
            return;
        }
        let data = self.data.iter();
        let data = data.map(|(name, value)| (name.clone(), base64::encode(value.expose()).into()));
        secret.set(&["data"], Value::Object(data.collect()));
    }

    /// The names of the items that are not the same in another content; never their values.
    pub fn changed_keys<'a>(&'a self, other: &'a Self) -> Vec<&'a str> {
        let names = self.data.keys().chain(other.data.keys());
        let mut names: Vec<&str> = names
            .filter(|name| self.data.get(*name) != other.data.get(*name))
            .map(String::as_str)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secret(kind: &str, data: Value) -> Object {
        Object::from_value(
            json!({"apiVersion": "v1", "kind": "Secret", "type": kind, "data": data}),
        )
        .unwrap()
    }

    #[test]
    fn point_02_content_is_type_and_data() {
        let one = Content::of(&secret("", json!({"k": "djE="})));
        let mut same = secret("Opaque", json!({"k": "djE="}));
        same.set(&["metadata"], json!({"labels": {"a": "b"}}));
        same.set(&["immutable"], true.into());
        assert_eq!(one, Content::of(&same));
        assert_ne!(
            one,
            Content::of(&secret("kubernetes.io/tls", json!({"k": "djE="})))
        );
        assert_ne!(one, Content::of(&secret("", json!({"k": "djI="}))));
        assert_ne!(one, Content::of(&secret("", json!({"l": "djE="}))));
        assert_eq!(
            Content::of(&secret("", json!({}))),
            Content::of(&secret("", json!(null)))
        );
    }

    #[test]
    fn a_content_can_be_put_and_never_be_shown() {
        let content = Content::of(&secret("x", json!({"k": "cGxhbnRlZA=="})));
        let shown = format!("{content:?}");
        assert!(
            !shown.contains("planted") && !shown.contains("cGxh"),
            "{shown}"
        );
        let mut other = secret("", json!({"gone": "djE="}));
        content.put(&mut other);
        assert_eq!(Content::of(&other), content);
    }

    #[test]
    fn changed_keys_are_named_without_values() {
        let one = Content::of(&secret("", json!({"a": "MQ==", "b": "MQ==", "c": "MQ=="})));
        let two = Content::of(&secret("", json!({"a": "MQ==", "b": "Mg==", "d": "MQ=="})));
        assert_eq!(one.changed_keys(&two), ["b", "c", "d"]);
    }
}
