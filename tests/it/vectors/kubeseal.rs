//! Every file that the real kubeseal made opens to what was put in, and to nobody else.

use std::{collections::BTreeMap, fs, path::PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use waxwing::{
    api::{base64, metadata::Metadata, sealed_secret::SealedSecret},
    object::yaml,
    seal::{DeprecatedData, KeyRing, Scope, SealingKey, check, label, opened_secret, unseal_items},
};

/// A file below the vectors.
pub fn vector(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/kubeseal");
    fs::read(folder.join(name)).unwrap()
}

/// A ring with one of the key pairs of the vectors.
pub fn ring_of(name: &str) -> KeyRing {
    let mut ring = KeyRing::new();
    let key = SealingKey::from_pem(&vector(&format!("keys/{name}.key"))).unwrap();
    ring.insert(key, Timestamp::UNIX_EPOCH);
    ring
}

fn read(file: &str) -> Vec<SealedSecret> {
    yaml::read(&vector(file), &yaml::ReadOptions::default())
        .unwrap()
        .into_iter()
        .map(|document| SealedSecret::from_value(document.value).unwrap())
        .collect()
}

#[derive(Deserialize)]
struct Expected {
    secrets: Vec<Sealed>,
    raw: Vec<Raw>,
    stream: Stream,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sealed {
    file: String,
    sealed_for: String,
    name: String,
    namespace: String,
    #[serde(rename = "type")]
    secret_type: String,
    immutable: bool,
    labels: BTreeMap<String, String>,
    data: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Raw {
    scope: String,
    name: String,
    namespace: String,
    ciphertext: String,
    plaintext: String,
}

#[derive(Deserialize)]
struct Stream {
    file: String,
    names: Vec<String>,
    values: Vec<String>,
    namespace: String,
}

fn expected() -> Expected {
    serde_json::from_slice(&vector("expected.json")).unwrap()
}

#[test]
fn every_file_opens_to_what_was_put_in() {
    let mut ring = KeyRing::new();
    for (age, name) in ["small", "previous", "primary"].iter().enumerate() {
        let key = SealingKey::from_pem(&vector(&format!("keys/{name}.key"))).unwrap();
        let at = Timestamp::from_second(i64::try_from(age).unwrap()).unwrap();
        assert!(ring.insert(key, at));
    }
    for wanted in expected().secrets {
        let file = &wanted.file;
        let mut sealed = read(file);
        assert_eq!(sealed.len(), 1, "{file}");
        let sealed = sealed.remove(0);
        for ring in [&ring, &ring_of(&wanted.sealed_for)] {
            let secret = opened_secret(&sealed, ring, DeprecatedData::Refuse).unwrap();
            assert_eq!(secret.metadata.name(), wanted.name, "{file}");
            assert_eq!(secret.metadata.namespace(), wanted.namespace, "{file}");
            assert_eq!(secret.secret_type, wanted.secret_type, "{file}");
            assert_eq!(
                secret.immutable.unwrap_or(false),
                wanted.immutable,
                "{file}"
            );
            let labels: BTreeMap<_, _> = wanted
                .labels
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            assert_eq!(secret.metadata.texts("labels"), labels, "{file}");
            let data: BTreeMap<_, _> = secret
                .data
                .iter()
                .map(|(name, value)| (name.clone(), base64::encode(value.expose())))
                .collect();
            assert_eq!(data, wanted.data, "{file}");
        }
    }
}

#[test]
fn every_raw_value_opens() {
    let ring = ring_of("primary");
    for raw in expected().raw {
        let scope: Scope = raw.scope.parse().unwrap();
        let mut sealed = SealedSecret {
            metadata: Metadata::named(&raw.namespace, &raw.name),
            ..SealedSecret::default()
        };
        scope.annotate(&mut sealed.metadata);
        sealed.spec.encrypted_data = [("raw".to_owned(), raw.ciphertext)].into();
        let items = unseal_items(&sealed, &ring).unwrap();
        assert_eq!(base64::encode(items["raw"].expose()), raw.plaintext);
    }
}

#[test]
fn every_document_of_the_stream_opens() {
    let ring = ring_of("primary");
    let wanted = expected().stream;
    let sealed = read(&wanted.file);
    assert_eq!(sealed.len(), wanted.names.len());
    for ((sealed, name), value) in sealed.iter().zip(wanted.names).zip(wanted.values) {
        assert_eq!(sealed.metadata.name(), name);
        assert_eq!(sealed.metadata.namespace(), wanted.namespace);
        let items = unseal_items(sealed, &ring).unwrap();
        let found: Vec<_> = items.values().map(|item| item.expose().clone()).collect();
        assert_eq!(found, [value.into_bytes()]);
    }
}

/// Whatever is wrong, the answer is the same, so that it tells nothing.
#[test]
fn nobody_else_opens_and_all_refusals_are_one() {
    let ring = ring_of("primary");
    let other = ring_of("previous");
    for wanted in expected().secrets {
        if wanted.sealed_for != "primary" {
            continue;
        }
        let file = &wanted.file;
        let sealed = read(file).remove(0);
        let names: Vec<_> = sealed.spec.encrypted_data.keys().cloned().collect();
        let refusal = format!("no key could decrypt secret ({})", names.join(", "));
        let refused = |sealed: &SealedSecret, ring: &KeyRing, what: &str| {
            let error = check(sealed, ring, DeprecatedData::Refuse).unwrap_err();
            assert_eq!(error.to_string(), refusal, "{file}: {what}");
        };
        refused(&sealed, &other, "wrong key");
        refused(&sealed, &KeyRing::new(), "no key");
        let scope = Scope::of(&sealed.metadata);
        let changed = |field: &str| {
            let mut changed = sealed.clone();
            changed.metadata.set_text(field, "elsewhere");
            changed
        };
        match scope {
            Scope::Strict => {
                refused(&changed("name"), &ring, "wrong name");
                refused(&changed("namespace"), &ring, "wrong namespace");
            }
            Scope::NamespaceWide => {
                check(&changed("name"), &ring, DeprecatedData::Refuse).unwrap();
                refused(&changed("namespace"), &ring, "wrong namespace");
            }
            Scope::ClusterWide => {
                check(&changed("name"), &ring, DeprecatedData::Refuse).unwrap();
                check(&changed("namespace"), &ring, DeprecatedData::Refuse).unwrap();
            }
        }
        for wrong in [Scope::Strict, Scope::NamespaceWide, Scope::ClusterWide] {
            // Without a namespace the labels of the two wide scopes are the same empty text.
            let bytes = |scope| label(scope, &wanted.namespace, &wanted.name);
            if bytes(wrong) != bytes(scope) {
                let mut sealed = sealed.clone();
                wrong.annotate(&mut sealed.metadata);
                refused(&sealed, &ring, "wrong scope");
            }
        }
        let mut damaged = sealed.clone();
        for text in damaged.spec.encrypted_data.values_mut() {
            let mut bytes = base64::decode(text).unwrap();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            *text = base64::encode(&bytes);
        }
        refused(&damaged, &ring, "damaged");
    }
}
