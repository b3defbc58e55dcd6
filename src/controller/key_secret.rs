//! The Secret that keeps a sealing key, as the original writes it, and how new ones are to be.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::{Map, Value, json};

use crate::{
    api::{
        base64,
        sealed_secret::{KEY_LABEL, KEY_LABEL_ACTIVE},
        sealing_key::{CURRENT_FROM, KEY_STATE},
    },
    object::Object,
    seal::{Certificate, KeyError, KeyState, SealingKey},
    secret::Hidden,
};

/// How keys are made, kept and ordered; the flags of the original.
#[derive(Clone, Debug, PartialEq)]
pub struct KeySettings {
    /// Where the key Secrets live.
    pub namespace: String,
    /// Beginning of their names; a Secret of exactly this name is loaded too (`--key-prefix`).
    pub prefix: String,
    /// RSA bits of a new key (`--key-size`).
    pub bits: usize,
    /// Validity of the certificate of a new key (`--key-ttl`).
    pub ttl: SignedDuration,
    /// Common name in it (`--my-cn`).
    pub common_name: String,
    /// Age of the current key at which a new one is made, none for never (`--key-renew-period`).
    pub renew_period: Option<SignedDuration>,
    /// How long a new key only opens before it is sealed for, so that it can be backed up
    /// (`--key-grace-period`); where there is no other key to seal for it does not wait.
    pub grace: SignedDuration,
    /// Whether a first key is waited for instead of made (`--wait-for-first-key`).
    pub waits_for_first: bool,
    /// What makes one key newer than another (`--key-order-priority`).
    pub order: KeyOrder,
    /// A current key older than this is renewed at the start (`--key-cutoff-time`).
    pub cutoff: Option<Timestamp>,
    /// Labels of new key Secrets (`--privatekey-labels`).
    pub labels: BTreeMap<String, String>,
    /// Annotations of new key Secrets (`--privatekey-annotations`).
    pub annotations: BTreeMap<String, String>,
}

/// What makes one key newer than another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyOrder {
    /// The first instant of its certificate.
    #[default]
    CertNotBefore,
    /// When its Secret was made.
    SecretCreationTimestamp,
}

impl Default for KeySettings {
    fn default() -> Self {
        Self {
            namespace: "kube-system".to_owned(),
            prefix: "sealed-secrets-key".to_owned(),
            bits: 4096,
            ttl: SignedDuration::from_hours(87_600),
            common_name: String::new(),
            renew_period: Some(SignedDuration::from_hours(720)),
            grace: SignedDuration::ZERO,
            waits_for_first: false,
            order: KeyOrder::default(),
            cutoff: None,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
        }
    }
}

/// The Secret that keeps a key; the server makes its name.
///
/// Mirrors `writeKey` in `pkg/controller/keys.go`.
///
/// # Errors
/// [`KeyError::Malformed`], which a key that was made or read cannot be.
pub fn write(key: &SealingKey, settings: &KeySettings) -> Result<Object, KeyError> {
    let pem = key.to_pem()?;
    let certificate = key.certificate().map(Certificate::pem).unwrap_or_default();
    let texts = |map: &BTreeMap<String, String>| -> Map<String, Value> {
        map.iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect()
    };
    let mut labels = texts(&settings.labels);
    labels.insert(KEY_LABEL.to_owned(), KEY_LABEL_ACTIVE.into());
    let mut metadata = Map::new();
    metadata.insert("namespace".into(), settings.namespace.as_str().into());
    metadata.insert("generateName".into(), settings.prefix.as_str().into());
    metadata.insert("labels".into(), labels.into());
    if !settings.annotations.is_empty() {
        let annotations = texts(&settings.annotations);
        metadata.insert("annotations".into(), annotations.into());
    }
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "kubernetes.io/tls",
        "data": {
            "tls.key": base64::encode(pem.expose().as_bytes()),
            "tls.crt": base64::encode(certificate.as_bytes()),
        },
    });
    Object::from_value(secret).map_err(|_| KeyError::Malformed)
}

/// Says in a new key Secret that the key is current, or staged until an instant.
pub fn stage(secret: &mut Object, from: Option<Timestamp>) {
    let state = if from.is_some() {
        KeyState::Staged
    } else {
        KeyState::Current
    };
    secret.set(&["metadata", "labels", KEY_STATE], state.to_string().into());
    if let Some(from) = from {
        let from = from.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ");
        let path = ["metadata", "annotations", CURRENT_FROM];
        secret.set(&path, from.to_string().into());
    }
}

/// Reads the key of a Secret; a certificate that cannot be used does not take the key with it, and is told of.
///
/// # Errors
/// [`KeyError`] when there is no key that opens anything.
pub fn read(secret: &Object) -> Result<(SealingKey, Option<KeyError>), KeyError> {
    let part = |name: &str| {
        let text = secret.at(&["data", name]).and_then(Value::as_str);
        Hidden::new(
            text.and_then(|text| base64::decode(text).ok())
                .unwrap_or_default(),
        )
    };
    let pem = part("tls.key");
    let key = SealingKey::from_pem(pem.expose())?;
    let certificate = part("tls.crt");
    let certificate = first_certificate(certificate.expose());
    let fits = Certificate::from_pem(certificate)
        .map_err(KeyError::from)
        .and_then(|certificate| {
            if certificate.fingerprint() == key.fingerprint() {
                Ok(certificate)
            } else {
                Err(KeyError::OtherCertificate)
            }
        });
    match fits {
        Ok(certificate) => key.with_certificate(certificate).map(|key| (key, None)),
        Err(error) => Ok((key, Some(error))),
    }
}

/// The first certificate of a PEM text: only this one is served.
fn first_certificate(pem: &[u8]) -> &[u8] {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    const END: &[u8] = b"-----END CERTIFICATE-----";
    let find = |text: &[u8], word: &[u8]| text.windows(word.len()).position(|part| part == word);
    let Some(begin) = find(pem, BEGIN) else {
        return pem;
    };
    let rest = pem.get(begin..).unwrap_or_default();
    let Some(end) = find(rest, END) else {
        return rest;
    };
    let end = end + END.len();
    let end = if rest.get(end) == Some(&b'\n') {
        end + 1
    } else {
        end
    };
    rest.get(..end).unwrap_or(rest)
}

/// When a Secret was made, as the server says.
pub fn created_at(secret: &Object) -> Option<Timestamp> {
    let text = secret.at(&["metadata", "creationTimestamp"])?;
    text.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = include_str!("../../tests/vectors/kubeseal/keys/small.key");
    const CERTIFICATE: &str = include_str!("../../tests/vectors/kubeseal/keys/small.crt");
    const OTHER: &str = include_str!("../../tests/vectors/kubeseal/keys/primary.crt");

    fn secret(key: &str, certificate: &str) -> Object {
        Object::from_value(json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "k", "namespace": "ns"},
            "data": {"tls.key": base64::encode(key.as_bytes()),
                "tls.crt": base64::encode(certificate.as_bytes())},
        }))
        .unwrap()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let (key, complaint) = read(&secret(KEY, CERTIFICATE)).unwrap();
        assert_eq!(complaint, None);
        let settings = KeySettings {
            labels: [(KEY_LABEL, "off"), ("a", "b")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            annotations: [("c".to_owned(), "d".to_owned())].into(),
            ..KeySettings::default()
        };
        let written = write(&key, &settings).unwrap();
        assert_eq!(written.namespace(), Some("kube-system"));
        assert_eq!(
            written.at(&["metadata", "generateName"]),
            Some(&json!("sealed-secrets-key"))
        );
        assert_eq!(written.label(KEY_LABEL), Some("active"));
        assert_eq!(
            (written.label("a"), written.annotation("c")),
            (Some("b"), Some("d"))
        );
        assert_eq!(written.at(&["type"]), Some(&json!("kubernetes.io/tls")));
        let pem = base64::decode(written.at(&["data", "tls.key"]).unwrap().as_str().unwrap());
        let pem = String::from_utf8(pem.unwrap()).unwrap();
        assert!(pem.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
        let (again, _) = read(&written).unwrap();
        assert_eq!(again.fingerprint(), key.fingerprint());
    }

    #[test]
    fn only_the_first_certificate_is_served() {
        let chain = format!("a comment\n{CERTIFICATE}{OTHER}");
        let (key, _) = read(&secret(KEY, &chain)).unwrap();
        let served = key.certificate().unwrap().pem();
        assert_eq!(served.trim_end(), CERTIFICATE.trim_end());
    }

    #[test]
    fn a_bad_certificate_is_told_and_the_key_opens_still() {
        for (certificate, expected) in [
            (OTHER, KeyError::OtherCertificate),
            (
                "",
                KeyError::Certificate(crate::api::certificate::CertificateError::None),
            ),
        ] {
            let (key, complaint) = read(&secret(KEY, certificate)).unwrap();
            assert!(key.certificate().is_none());
            assert_eq!(complaint, Some(expected));
        }
        assert_eq!(
            read(&secret("garbage", CERTIFICATE)).unwrap_err(),
            KeyError::None
        );
    }
}
