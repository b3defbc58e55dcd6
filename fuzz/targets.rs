//! What strangers write, read by us: each function takes any bytes, and must neither panic nor break its promise.

use std::{collections::BTreeMap, sync::OnceLock};

use serde_json::Value;
use waxwing::{
    api::{base64, certificate, sealed_secret::SealedSecret},
    controller::key_secret as stored,
    lint::{self, config::Config, layout::Layout, report::Surroundings},
    object::{
        Object,
        edit::{Change, To, apply},
        yaml::{self, ReadOptions},
    },
    seal::{
        Binding, Certificate, DeprecatedData, KeyRing, Scope, SealingKey, check, diagnose,
        identities, is_locked, opened_secret, recipients, unseal_items,
    },
    secret::Hidden,
    template::{self, Policy},
};

/// A key of the tests.
pub const KEY: &str = include_str!("../tests/vectors/kubeseal/keys/small.key");
/// Its certificate.
pub const CERTIFICATE: &str = include_str!("../tests/vectors/kubeseal/keys/small.crt");
/// A value that no error may show.
const PLANTED: &str = "planted-value";

fn ring() -> &'static KeyRing {
    static RING: OnceLock<KeyRing> = OnceLock::new();
    RING.get_or_init(|| {
        let mut ring = KeyRing::new();
        if let Ok(key) = SealingKey::from_pem(KEY.as_bytes()) {
            ring.insert(key, Default::default());
        }
        ring
    })
}

fn small() -> Certificate {
    static SMALL: OnceLock<Certificate> = OnceLock::new();
    let read = || Certificate::from_pem(CERTIFICATE.as_bytes());
    SMALL
        .get_or_init(|| read().unwrap_or_else(|error| panic!("{error}")))
        .clone()
}

fn binding() -> Binding {
    Binding {
        scope: Scope::Strict,
        namespace: "ns".to_owned(),
        name: "name".to_owned(),
    }
}

/// The bytes of a ciphertext: nothing that was not sealed opens, and what is wrong with it is told without a panic.
pub fn ciphertext(data: &[u8]) {
    let text = base64::encode(data);
    let here = binding();
    assert!(here.open(&text, ring()).is_err(), "nobody sealed this");
    let outside = diagnose::outside(&text);
    if let Ok((bytes, _)) = &outside {
        assert_eq!(bytes, data);
    }
    let _ = diagnose::with_certificate(&text, &small());
    let others = [("ns".to_owned(), "other".to_owned())];
    assert!(diagnose::with_keys(&text, &here, ring(), &others).is_err());
    // The text itself, which need not be base64.
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = base64::decode(text);
        let _ = diagnose::outside(text);
    }
}

/// A SealedSecret: what was read is written and read again as the same.
pub fn sealed_secret(data: &[u8]) {
    let Ok(documents) = yaml::read(data, &ReadOptions::default()) else {
        return;
    };
    for document in documents {
        let Ok(sealed) = SealedSecret::from_any(document.value) else {
            continue;
        };
        let written = sealed.to_value();
        let again = SealedSecret::from_any(written.clone()).map(|again| again.to_value());
        assert_eq!(again, Ok(written), "written, read and written again");
        let none = KeyRing::new();
        if !sealed.spec.encrypted_data.is_empty() {
            assert!(unseal_items(&sealed, &none).is_err(), "there is no key");
        }
        let _ = check(&sealed, ring(), DeprecatedData::Accept);
        let _ = opened_secret(&sealed, ring(), DeprecatedData::Refuse);
    }
}

/// A template: bounded, and no error shows a value.
pub fn template(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let context: BTreeMap<String, Hidden<Vec<u8>>> = [("password", PLANTED), ("user", "me")]
        .map(|(name, value)| (name.to_owned(), Hidden::new(value.as_bytes().to_vec())))
        .into();
    if let Err(error) = template::render("t", text, &context, &Policy::default()) {
        let shown = error.to_string();
        assert!(!shown.contains(PLANTED), "{shown}");
    }
}

/// PEM, private keys, certificates, and the files of backups.
pub fn pem(data: &[u8]) {
    let _ = SealingKey::from_pem(data);
    let _ = SealingKey::all_from_pem(data);
    let _ = certificate::read(data);
    if let Ok(certificate) = Certificate::from_pem(data) {
        assert!(certificate.facts().bits >= 2048);
        let _ = binding().seal(b"v", &certificate);
    }
    let _ = is_locked(data);
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = identities(text);
        let _ = recipients(text);
    }
}

/// The Secret of a sealing key.
pub fn key_secret(data: &[u8]) {
    let Ok(documents) = yaml::read(data, &ReadOptions::default()) else {
        return;
    };
    for document in documents {
        let Ok(secret) = Object::from_value(document.value) else {
            continue;
        };
        if let Ok((key, complaint)) = stored::read(&secret) {
            assert_eq!(key.certificate().is_some(), complaint.is_none());
        }
        let _ = stored::created_at(&secret);
    }
}

/// A text that is changed in place: the change is there, and everything else is as it was.
pub fn edit(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(documents) = yaml::read(data, &ReadOptions::default()) else {
        return;
    };
    for (document, value) in documents.iter().map(|one| &one.value).enumerate() {
        let Value::Object(fields) = value else {
            continue;
        };
        for name in fields.keys().take(4) {
            let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            for to in [To::Text("AgA=".to_owned()), To::Gone] {
                let change = Change {
                    document,
                    pointer: pointer.clone(),
                    to: to.clone(),
                };
                let Ok(changed) = apply(text, &[change]) else {
                    continue;
                };
                let again = yaml::read(changed.as_bytes(), &ReadOptions::default());
                let again = again.unwrap_or_else(|error| panic!("{error}"));
                let mut wanted = value.clone();
                if let Value::Object(wanted) = &mut wanted {
                    match to {
                        To::Text(text) => drop(wanted.insert(name.clone(), text.into())),
                        _ => drop(wanted.remove(name)),
                    }
                }
                assert_eq!(again[document].value, wanted);
            }
        }
    }
}

/// Names under which the linter looks at a file: each makes something else of the same bytes.
const NAMES: &[&str] = &[
    "a/b.yaml",
    "a/b.json",
    "kustomization.yaml",
    "values.yaml",
    ".env",
    ".waxwing-lint.yaml",
    "run.sh",
    "tls.key",
    "config.json",
];

/// A file of a repository that is linted: whatever it holds, what is found has a place in it, what is not read is told,
/// and the configuration and the baseline are read or refused.
pub fn linted(data: &[u8]) {
    let _ = Config::read(data);
    let _ = lint::baseline::Baseline::read(data);
    let config = Config::default();
    let around = Surroundings {
        config: &config,
        certificates: &[],
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    for name in NAMES {
        let mut layout = Layout::default();
        if lint::layout::is_kustomization(name) {
            layout.add_kustomization(name, data);
            let roots: Vec<String> = layout.roots().into_iter().map(str::to_owned).collect();
            for root in &roots {
                let _ = layout.closure(root);
            }
        }
        let mut scan = lint::scan::scan(name, data, &layout, &around, &|| false);
        let lines = String::from_utf8_lossy(data).lines().count() + 1;
        for finding in &scan.findings {
            let place = &finding.place;
            assert_eq!(place.path, *name);
            assert!((1..=lines).contains(&place.line), "{finding:?}");
            assert!(place.end_line <= lines, "{finding:?}");
        }
        if lint::scan::is_manifest(name) && yaml::read(data, &ReadOptions::default()).is_err() {
            let is_json = name.ends_with(".json");
            assert!(
                is_json || !scan.unscanned.is_empty(),
                "{name} is passed over"
            );
        }
        let facts = std::mem::take(&mut scan.facts);
        assert!(facts.len() >= lint::project::loose(&layout, &facts).facts.len());
        let outcome = lint::project::finish(vec![scan], Vec::new(), Vec::new(), &around);
        for finding in &outcome.findings {
            let _ = finding.fingerprint();
        }
    }
}
