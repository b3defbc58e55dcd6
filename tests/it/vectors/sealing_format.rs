//! The sealing format judged by independent cryptography: the `rsa` and `aes-gcm` crates.

use std::collections::BTreeMap;

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Nonce},
};
use jiff::Timestamp;
use rsa::{
    Oaep, RsaPrivateKey,
    pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey},
    pkcs8::DecodePrivateKey,
    rand_core::OsRng,
    sha2::Sha256,
    traits::PublicKeyParts,
};
use waxwing::{
    api::{
        base64,
        certificate::{self, Fingerprint},
        metadata::Metadata,
        sealed_secret::SealedSecret,
        secret::Secret,
    },
    seal::{
        Certificate, DeprecatedData, KeyRing, Scope, SealOptions, SealingKey, check, label, reseal,
        seal, unseal_items,
    },
    secret::Hidden,
};

use super::kubeseal::{ring_of, vector};

const SCOPES: [Scope; 3] = [Scope::Strict, Scope::NamespaceWide, Scope::ClusterWide];

fn judge() -> RsaPrivateKey {
    let pem = String::from_utf8(vector("keys/small.key")).unwrap();
    RsaPrivateKey::from_pkcs8_pem(&pem).unwrap()
}

fn oaep(label: &[u8]) -> Oaep {
    Oaep::new_with_label::<Sha256, _>(String::from_utf8(label.to_vec()).unwrap())
}

fn small() -> Certificate {
    Certificate::from_pem(&vector("keys/small.crt")).unwrap()
}

fn plain(namespace: &str, name: &str, items: &[(&str, &[u8])]) -> Secret {
    let data: BTreeMap<_, _> = items
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Hidden::new(value.to_vec())))
        .collect();
    Secret {
        metadata: Metadata::named(namespace, name),
        data,
        ..Secret::default()
    }
}

#[test]
fn what_we_seal_the_judge_opens() {
    for scope in SCOPES {
        let options = SealOptions {
            scope,
            allow_empty: false,
        };
        let secret = plain(
            "ns",
            "name",
            &[("empty", b""), ("value", b"\x00\xffvalue\n")],
        );
        let sealed = seal(&secret, &small(), options).unwrap();
        for (name, text) in &sealed.spec.encrypted_data {
            let item = base64::decode(text).unwrap();
            assert_eq!(item[..2], [1, 0]);
            let session = judge()
                .decrypt_blinded(&mut OsRng, oaep(&label(scope, "ns", "name")), &item[2..258])
                .unwrap();
            assert_eq!(session.len(), 32);
            let opened = Aes256Gcm::new_from_slice(&session)
                .unwrap()
                .decrypt(&Nonce::<Aes256Gcm>::default(), &item[258..])
                .unwrap();
            assert_eq!(&opened, secret.data[name].expose(), "{scope} {name}");
        }
    }
}

fn sealed_by_judge(value: &[u8], scope: Scope) -> SealedSecret {
    let session = [7; 32];
    let block = judge()
        .to_public_key()
        .encrypt(&mut OsRng, oaep(&label(scope, "ns", "name")), &session)
        .unwrap();
    let mut item = u16::try_from(block.len()).unwrap().to_be_bytes().to_vec();
    item.extend(block);
    item.extend(
        Aes256Gcm::new_from_slice(&session)
            .unwrap()
            .encrypt(&Nonce::<Aes256Gcm>::default(), value)
            .unwrap(),
    );
    let mut sealed = SealedSecret {
        metadata: Metadata::named("ns", "name"),
        ..SealedSecret::default()
    };
    scope.annotate(&mut sealed.metadata);
    sealed.spec.encrypted_data = [("value".to_owned(), base64::encode(&item))].into();
    sealed
}

#[test]
fn what_the_judge_seals_we_open() {
    let ring = ring_of("small");
    for scope in SCOPES {
        for value in [&b""[..], b"value", &[0xff; 70_000]] {
            let items = unseal_items(&sealed_by_judge(value, scope), &ring).unwrap();
            assert_eq!(items["value"].expose(), value);
        }
    }
}

#[test]
fn cut_short_or_changed_in_any_part_it_is_refused_alike() {
    let ring = ring_of("small");
    let sealed = sealed_by_judge(b"value", Scope::Strict);
    let item = base64::decode(&sealed.spec.encrypted_data["value"]).unwrap();
    let refused = |bytes: &[u8]| {
        let mut sealed = sealed.clone();
        sealed.spec.encrypted_data = [("value".to_owned(), base64::encode(bytes))].into();
        let error = check(&sealed, &ring, DeprecatedData::Refuse).unwrap_err();
        assert_eq!(error.to_string(), "no key could decrypt secret (value)");
    };
    for length in [0, 1, 2, 100, 257, 258, 260, item.len() - 1] {
        refused(&item[..length]);
    }
    for at in [0, 1, 2, 130, 257, 258, item.len() - 1] {
        let mut changed = item.clone();
        changed[at] ^= 0x40;
        refused(&changed);
    }
    let mut longer = item.clone();
    longer.push(0);
    refused(&longer);
}

#[test]
fn a_key_reads_and_writes_the_forms_of_others() {
    let pkcs8 = SealingKey::from_pem(&vector("keys/primary.key")).unwrap();
    let stored = vector("keys/primary.pkcs1.key");
    let pkcs1 = SealingKey::from_pem(&stored).unwrap();
    assert_eq!(pkcs8.fingerprint(), pkcs1.fingerprint());
    assert_eq!(pkcs8.to_pem().unwrap().expose().as_bytes(), stored);
    let certificate = Certificate::from_pem(&vector("keys/primary.crt")).unwrap();
    assert_eq!(certificate.fingerprint(), pkcs8.fingerprint());
    let key = judge();
    let of_judge = Fingerprint::of_rsa(&key.e().to_bytes_be(), &key.n().to_bytes_be());
    assert_eq!(small().fingerprint(), of_judge);
}

#[test]
fn a_key_of_another_kind_says_so() {
    let short = RsaPrivateKey::new(&mut OsRng, 1024).unwrap();
    let short = short.to_pkcs1_pem(rsa::pkcs8::LineEnding::LF).unwrap();
    for (pem, text) in [
        (
            &short[..],
            "RSA key has 1024 bits, at least 2048 are needed",
        ),
        ("", "data does not contain a valid RSA private key"),
        (
            "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
            "private key is an EC key, an RSA key is needed",
        ),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "private key is encrypted with a passphrase, a plain one is needed",
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
            "private key is malformed",
        ),
    ] {
        let error = SealingKey::from_pem(pem.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), text);
    }
    let other = Certificate::from_pem(&vector("keys/previous.crt")).unwrap();
    let key = SealingKey::from_pem(&vector("keys/small.key")).unwrap();
    assert_eq!(
        key.with_certificate(other).unwrap_err().to_string(),
        "certificate is for another key"
    );
}

#[test]
fn a_new_key_has_the_certificate_of_the_contract() {
    let begins = Timestamp::from_second(1_800_000_000).unwrap();
    let ends = Timestamp::from_second(1_900_000_000).unwrap();
    let key = SealingKey::generate(2048, "ours", begins, ends).unwrap();
    assert_eq!(key.bits(), 2048);
    let pem = key.certificate().unwrap().pem().to_owned();
    let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
    let read = block.parse_x509().unwrap();
    assert_eq!(read.version(), x509_parser::x509::X509Version::V3);
    assert_eq!(read.subject().to_string(), "CN=ours");
    assert_eq!(read.issuer().to_string(), "CN=ours");
    assert!(read.raw_serial().len() >= 15);
    assert_eq!(read.validity().not_before.timestamp(), begins.as_second());
    assert_eq!(read.validity().not_after.timestamp(), ends.as_second());
    assert!(read.basic_constraints().unwrap().unwrap().value.ca);
    let usage = read.key_usage().unwrap().unwrap().value;
    assert!(usage.encipher_only());
    assert_eq!(usage.flags.count_ones(), 1);
    // Stored and read again it is the same key.
    let stored = key.to_pem().unwrap();
    assert!(RsaPrivateKey::from_pkcs1_pem(stored.expose()).is_ok());
    let again = SealingKey::from_pem(stored.expose().as_bytes()).unwrap();
    assert_eq!(again.fingerprint(), key.fingerprint());
    let unnamed = SealingKey::generate(2048, "", begins, ends).unwrap();
    let facts = certificate::read(unnamed.certificate().unwrap().pem().as_bytes()).unwrap();
    assert_eq!(facts.common_name, "");
    for (bits, text) in [
        (1024, "RSA key has 1024 bits, at least 2048 are needed"),
        (
            2500,
            "cannot make an RSA key of 2500 bits: use 2048, 3072, 4096 or 8192",
        ),
    ] {
        let error = SealingKey::generate(bits, "", begins, ends).unwrap_err();
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn the_ring_takes_the_newest_that_is_valid_already() {
    let at = |second: i64| Timestamp::from_second(second).unwrap();
    let key = |begins: i64| SealingKey::generate(2048, "", at(begins), at(begins + 100)).unwrap();
    let mut ring = KeyRing::new();
    assert!(ring.current(at(0)).is_none());
    let (old, new, future) = (key(10), key(20), key(1_000));
    let prints = [&old, &new, &future].map(SealingKey::fingerprint);
    assert!(ring.insert(new, at(20)));
    assert!(ring.insert(future, at(1_000)));
    assert!(ring.insert(old, at(10)));
    let order: Vec<_> = ring.keys().map(|(key, _)| key.fingerprint()).collect();
    assert_eq!(order, [prints[2], prints[1], prints[0]]);
    let current = |now: i64| ring.current(at(now)).unwrap().fingerprint();
    assert_eq!(current(500), prints[1]);
    assert_eq!(current(15), prints[0]);
    assert_eq!(current(1_000), prints[2]);
    assert_eq!(current(0), prints[0], "a slow clock does not stop sealing");
    // The same public key again is no new entry, and its certificate is not lost.
    let pem = ring.current(at(500)).unwrap().to_pem().unwrap();
    let again = SealingKey::from_pem(pem.expose().as_bytes()).unwrap();
    assert!(!ring.insert(again, at(5)));
    assert_eq!(ring.len(), 3);
    assert_eq!(ring.current(at(500)).unwrap().fingerprint(), prints[1]);
    assert!(ring.remove(prints[1]).is_some());
    assert_eq!(ring.current(at(500)).unwrap().fingerprint(), prints[0]);
}

#[test]
fn sealing_again_widens_nothing() {
    let ring = ring_of("small");
    for own in SCOPES {
        for inner in SCOPES {
            let options = SealOptions {
                scope: own,
                allow_empty: false,
            };
            let mut sealed = seal(&plain("ns", "name", &[("a", b"1")]), &small(), options).unwrap();
            inner.annotate(&mut sealed.spec.template.metadata);
            sealed.spec.template.metadata.set_text("name", "other");
            sealed.spec.template.metadata.set_text("namespace", "other");
            sealed.spec.template.data =
                [("t".to_owned(), Some("{{ .a | upper }}".to_owned()))].into();
            let again = reseal(&sealed, &ring, &small(), DeprecatedData::Refuse).unwrap();
            assert_eq!(Scope::of(&again.metadata), own);
            assert_eq!(Scope::of(&again.spec.template.metadata), own);
            assert_eq!(again.metadata.name(), "name");
            assert_eq!(again.metadata.namespace(), "ns");
            assert_eq!(again.spec.template.data, sealed.spec.template.data);
            assert_ne!(again.spec.encrypted_data, sealed.spec.encrypted_data);
            assert_eq!(unseal_items(&again, &ring).unwrap()["a"].expose(), b"1");
        }
    }
}
