//! The `SealedSecret` of `bitnami.com/v1alpha1`: names, fields, and the layout of its ciphertext.
//!
//! Mirrors `pkg/apis/sealedsecrets/v1alpha1/types.go` of sealed-secrets, lenient where that is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::metadata::Metadata;

/// API group of the kind.
pub const GROUP: &str = "bitnami.com";
/// API version of the kind.
pub const VERSION: &str = "v1alpha1";
/// `apiVersion` of a manifest of the kind.
pub const API_VERSION: &str = "bitnami.com/v1alpha1";
/// The kind.
pub const KIND: &str = "SealedSecret";
/// Resource name in paths.
pub const PLURAL: &str = "sealedsecrets";

/// Annotation that makes a secret open under any name in any namespace; only the value `true` counts.
pub const CLUSTER_WIDE: &str = "sealedsecrets.bitnami.com/cluster-wide";
/// Annotation that makes a secret open under any name in its namespace; only the value `true` counts.
pub const NAMESPACE_WIDE: &str = "sealedsecrets.bitnami.com/namespace-wide";
/// Annotation on a live Secret that lets the controller replace it though it does not own it.
pub const MANAGED: &str = "sealedsecrets.bitnami.com/managed";
/// Annotation on a live Secret that lets the controller add to it.
pub const PATCH: &str = "sealedsecrets.bitnami.com/patch";
/// Annotation in the template that keeps the owner reference off the Secret.
pub const SKIP_SET_OWNER_REFERENCES: &str = "sealedsecrets.bitnami.com/skip-set-owner-references";
/// Label of the Secrets that hold sealing keys.
pub const KEY_LABEL: &str = "sealedsecrets.bitnami.com/sealed-secrets-key";
/// The one value of [`KEY_LABEL`] with which a key is loaded.
pub const KEY_LABEL_ACTIVE: &str = "active";

/// Our annotation that records which certificate a SealedSecret was sealed for, by the fingerprint of its key.
pub const SEALED_WITH: &str = "waxwing.dev/sealed-with";

/// The value of an annotation that counts as set.
pub const TRUE: &str = "true";

/// Bytes of one encrypted item before base64, as data: lengths only, no keys.
pub mod layout {
    /// Length of the field that gives the length of the RSA block, big-endian.
    pub const LENGTH_BYTES: usize = 2;
    /// Length of the session key that the RSA block carries.
    pub const SESSION_KEY_BYTES: usize = 32;
    /// Length of the AES-256-GCM nonce, which is all zero and never stored.
    pub const NONCE_BYTES: usize = 12;
    /// Length of the AES-256-GCM tag at the end.
    pub const TAG_BYTES: usize = 16;
    /// The shortest RSA key that we use, in bits.
    pub const MIN_RSA_BITS: usize = 2048;

    /// Splits an item into its RSA block and its AES part; `None` when it is cut short.
    ///
    /// Mirrors `HybridDecrypt` in `pkg/crypto/crypto.go`, and also asks for a whole tag.
    pub fn split(item: &[u8]) -> Option<(&[u8], &[u8])> {
        let (length, rest) = item.split_first_chunk::<LENGTH_BYTES>()?;
        let (rsa, sealed) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        (sealed.len() >= TAG_BYTES).then_some((rsa, sealed))
    }
}

/// Why a value is no SealedSecret at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealedSecretError {
    /// The document is of another kind.
    #[error(
        "kind is {kind:?} and apiVersion {api_version:?}, not SealedSecret of bitnami.com/v1alpha1"
    )]
    Kind {
        /// `kind` as written.
        kind: String,
        /// `apiVersion` as written.
        api_version: String,
    },
    /// A field is not of its type.
    #[error("field {field} must be {wanted}")]
    Field {
        /// Path of the field.
        field: &'static str,
        /// What it must be, with its article.
        wanted: &'static str,
    },
}

/// A sealed secret: items that only the cluster can open, and how the Secret around them looks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SealedSecret {
    /// `kind` as written; [`KIND`] on everything that we make.
    pub kind: String,
    /// `apiVersion` as written; [`API_VERSION`] on everything that we make.
    pub api_version: String,
    /// Its own metadata: name, namespace and scope annotation decide how it opens.
    pub metadata: Metadata,
    /// What is sealed.
    pub spec: Spec,
    /// What the controller last said, if anything.
    pub status: Option<Status>,
}

/// `spec` of a [`SealedSecret`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spec {
    /// How the opened Secret looks.
    pub template: Template,
    /// The deprecated form: a whole Secret as one ciphertext, base64.
    pub data: Option<String>,
    /// Item name to base64 ciphertext. A value that was no text is an empty text, and fails to open.
    pub encrypted_data: BTreeMap<String, String>,
}

/// `spec.template` of a [`SealedSecret`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    /// Metadata of the opened Secret.
    pub metadata: Metadata,
    /// `type` of the opened Secret, empty for the server's default.
    pub secret_type: String,
    /// `immutable` of the opened Secret.
    pub immutable: Option<bool>,
    /// Text templates of further items; `None` takes the item of that name out of the Secret.
    pub data: BTreeMap<String, Option<String>>,
}

/// `status` of a [`SealedSecret`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    /// The generation that the conditions speak of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Synced` first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}

/// One condition of a [`SealedSecret`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    /// Such as `Synced`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// When it was last written, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_update_time: Option<String>,
    /// When its status last flipped, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<String>,
    /// A word for machines.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// A sentence for people, empty on success.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

impl SealedSecret {
    /// Reads a manifest of this kind.
    ///
    /// # Errors
    /// [`SealedSecretError`] when it is of another kind, or a field that is not lenient is of a wrong type.
    pub fn from_value(value: Value) -> Result<Self, SealedSecretError> {
        let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or("");
        if text("kind") != KIND || text("apiVersion") != API_VERSION {
            return Err(SealedSecretError::Kind {
                kind: text("kind").to_owned(),
                api_version: text("apiVersion").to_owned(),
            });
        }
        Self::from_any(value)
    }

    /// Reads a manifest without looking at its kind, which is kept as written.
    ///
    /// # Errors
    /// [`SealedSecretError::Field`] when a field that is not lenient is of a wrong type.
    pub fn from_any(value: Value) -> Result<Self, SealedSecretError> {
        let Value::Object(mut root) = value else {
            return Err(wrong("(root)", "a map"));
        };
        let mut text = |field: &str| match root.remove(field) {
            Some(Value::String(text)) => text,
            _ => String::new(),
        };
        let (kind, api_version) = (text("kind"), text("apiVersion"));
        let metadata = Metadata::from_value(root.remove("metadata"));
        let spec = match root.remove("spec") {
            None | Some(Value::Null) => Spec::default(),
            Some(Value::Object(spec)) => Spec::from_map(spec)?,
            Some(_) => return Err(wrong("spec", "a map")),
        };
        // A status that cannot be read is the controller's to write anew; it never hides the secret.
        let status = root
            .remove("status")
            .and_then(|status| serde_json::from_value(status).ok());
        Ok(Self {
            kind,
            api_version,
            metadata,
            spec,
            status,
        })
    }

    /// The manifest as a value: fields that Go would omit as empty are left out.
    pub fn to_value(&self) -> Value {
        let mut root = Map::new();
        put_text(&mut root, "kind", &self.kind);
        put_text(&mut root, "apiVersion", &self.api_version);
        root.insert("metadata".into(), self.metadata.to_value());
        root.insert("spec".into(), self.spec.to_value());
        if let Some(status) = &self.status
            && let Ok(status) = serde_json::to_value(status)
        {
            root.insert("status".into(), status);
        }
        Value::Object(root)
    }
}

impl Spec {
    fn from_map(mut map: Map<String, Value>) -> Result<Self, SealedSecretError> {
        let template = match map.remove("template") {
            None | Some(Value::Null) => Template::default(),
            Some(Value::Object(template)) => Template::from_map(template)?,
            Some(_) => return Err(wrong("spec.template", "a map")),
        };
        let data = match map.remove("data") {
            None | Some(Value::Null) => None,
            Some(Value::String(data)) => Some(data),
            Some(_) => return Err(wrong("spec.data", "a text in base64")),
        };
        // Lenient as upstream: one bad object must not stop the watch of all the others.
        let encrypted_data = match map.remove("encryptedData") {
            Some(Value::Object(items)) => items
                .into_iter()
                .map(|(name, value)| match value {
                    Value::String(text) => (name, text),
                    _ => (name, String::new()),
                })
                .collect(),
            _ => BTreeMap::new(),
        };
        Ok(Self {
            template,
            data,
            encrypted_data,
        })
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("template".into(), self.template.to_value());
        if let Some(data) = &self.data {
            map.insert("data".into(), data.as_str().into());
        }
        let items = self.encrypted_data.iter();
        let items = items.map(|(name, text)| (name.clone(), text.as_str().into()));
        map.insert("encryptedData".into(), Value::Object(items.collect()));
        Value::Object(map)
    }
}

impl Template {
    fn from_map(mut map: Map<String, Value>) -> Result<Self, SealedSecretError> {
        let secret_type = match map.remove("type") {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text,
            Some(_) => return Err(wrong("spec.template.type", "a text")),
        };
        let immutable = match map.remove("immutable") {
            None | Some(Value::Null) => None,
            Some(Value::Bool(immutable)) => Some(immutable),
            Some(_) => return Err(wrong("spec.template.immutable", "true or false")),
        };
        let data = match map.remove("data") {
            None | Some(Value::Null) => BTreeMap::new(),
            Some(Value::Object(items)) => items
                .into_iter()
                .map(|(name, value)| match value {
                    Value::String(text) => Ok((name, Some(text))),
                    Value::Null => Ok((name, None)),
                    _ => Err(wrong("spec.template.data", "a map of texts")),
                })
                .collect::<Result<_, _>>()?,
            Some(_) => return Err(wrong("spec.template.data", "a map of texts")),
        };
        Ok(Self {
            metadata: Metadata::from_value(map.remove("metadata")),
            secret_type,
            immutable,
            data,
        })
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("metadata".into(), self.metadata.to_value());
        put_text(&mut map, "type", &self.secret_type);
        if let Some(immutable) = self.immutable {
            map.insert("immutable".into(), immutable.into());
        }
        if !self.data.is_empty() {
            let items = self.data.iter();
            let items = items.map(|(name, text)| (name.clone(), text.as_deref().into()));
            map.insert("data".into(), Value::Object(items.collect()));
        }
        Value::Object(map)
    }
}

fn put_text(map: &mut Map<String, Value>, field: &str, text: &str) {
    if !text.is_empty() {
        map.insert(field.to_owned(), text.into());
    }
}

fn wrong(field: &'static str, wanted: &'static str) -> SealedSecretError {
    SealedSecretError::Field { field, wanted }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn encrypted_data_is_read_leniently() {
        for (data, names) in [
            (json!("text"), vec![]),
            (json!(null), vec![]),
            (
                json!({"a": 1, "b": "x", "c": null}),
                vec![("a", ""), ("b", "x"), ("c", "")],
            ),
        ] {
            let sealed = SealedSecret::from_any(json!({"spec": {"encryptedData": data}})).unwrap();
            let found: Vec<_> = sealed
                .spec
                .encrypted_data
                .iter()
                .map(|(name, text)| (name.as_str(), text.as_str()))
                .collect();
            assert_eq!(found, names);
        }
    }

    #[test]
    fn another_kind_is_refused() {
        let error = SealedSecret::from_value(json!({"apiVersion": "v1", "kind": "Secret"}));
        assert!(matches!(error, Err(SealedSecretError::Kind { .. })));
    }

    #[test]
    fn what_was_read_is_written_again() {
        let value = json!({
            "apiVersion": API_VERSION, "kind": KIND,
            "metadata": {"name": "a", "namespace": "b"},
            "spec": {"encryptedData": {"k": "AgA="}, "template": {
                "data": {"t": "{{ .k }}", "gone": null}, "immutable": false,
                "metadata": {"name": "a", "own": {"x": 1}}, "type": "Opaque"}},
            "status": {"observedGeneration": 2, "conditions": [
                {"type": "Synced", "status": "True", "lastUpdateTime": "2020-01-01T00:00:00Z"}]},
        });
        let sealed = SealedSecret::from_value(value.clone()).unwrap();
        assert_eq!(sealed.to_value(), value);
    }

    #[test]
    fn an_item_cut_short_has_no_layout() {
        let mut item = vec![0, 4, 1, 2, 3, 4];
        item.extend([9; layout::TAG_BYTES]);
        assert_eq!(
            layout::split(&item),
            Some((&[1, 2, 3, 4][..], &[9; 16][..]))
        );
        for length in 0..item.len() {
            assert_eq!(layout::split(&item[..length]), None, "{length}");
        }
    }
}
