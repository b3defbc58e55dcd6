//! Sealing and opening: the format itself, and the whole `kubeseal` process beside the original.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use divan::Bencher;
use jiff::Timestamp;
use waxwing::{
    api::{metadata::Metadata, secret::Secret},
    seal::{Certificate, KeyRing, SealOptions, SealingKey, seal, unseal_items},
    secret::Hidden,
};

/// Names the real kubeseal, which is then measured beside ours.
const PEER: &str = "WAXWING_PEER_KUBESEAL";

fn key_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors/kubeseal/keys")
        .join(name)
}

fn certificate() -> Certificate {
    Certificate::from_pem(&fs::read(key_file("primary.crt")).unwrap()).unwrap()
}

fn secret(items: usize) -> Secret {
    let data: BTreeMap<_, _> = (0..items)
        .map(|item| {
            (
                format!("item-{item}"),
                Hidden::new(b"a value of some length".to_vec()),
            )
        })
        .collect();
    Secret {
        metadata: Metadata::named("namespace", "name"),
        data,
        ..Secret::default()
    }
}

/// Five items for an RSA-4096 key.
#[divan::bench]
fn seal_five_items(bencher: Bencher<'_, '_>) {
    let (certificate, secret) = (certificate(), secret(5));
    bencher.bench(|| seal(&secret, &certificate, SealOptions::default()).unwrap());
}

/// One item with an RSA-4096 key: the private operation above all.
#[divan::bench]
fn open_one_item(bencher: Bencher<'_, '_>) {
    let sealed = seal(&secret(1), &certificate(), SealOptions::default()).unwrap();
    let mut ring = KeyRing::new();
    let key = SealingKey::from_pem(&fs::read(key_file("primary.key")).unwrap()).unwrap();
    ring.insert(key, Timestamp::UNIX_EPOCH);
    bencher.bench(|| unseal_items(&sealed, &ring).unwrap());
}

/// One item when nine newer keys do not fit: the first opening tries them all, the others remember.
#[divan::bench]
fn open_one_item_with_the_oldest_of_ten_keys(bencher: Bencher<'_, '_>) {
    let sealed = seal(&secret(1), &certificate(), SealOptions::default()).unwrap();
    let mut ring = KeyRing::new();
    let key = SealingKey::from_pem(&fs::read(key_file("primary.key")).unwrap()).unwrap();
    ring.insert(key, Timestamp::UNIX_EPOCH);
    for age in 1..10 {
        let at = Timestamp::from_second(age).unwrap();
        ring.insert(SealingKey::generate(4096, "", at, at).unwrap(), at);
    }
    bencher.bench(|| unseal_items(&sealed, &ring).unwrap());
}

/// Three hundred objects of three items, each opened once on all cores with one key: what a controller has to do for
/// objects that it has never seen.
#[divan::bench(sample_count = 5)]
fn open_300_objects_of_three_items(bencher: Bencher<'_, '_>) {
    let sealed: Vec<_> = (0..300)
        .map(|_| seal(&secret(3), &certificate(), SealOptions::default()).unwrap())
        .collect();
    let pem = fs::read(key_file("primary.key")).unwrap();
    bencher.bench(|| {
        let mut ring = KeyRing::new();
        ring.insert(SealingKey::from_pem(&pem).unwrap(), Timestamp::UNIX_EPOCH);
        let cores = std::thread::available_parallelism().unwrap().get();
        std::thread::scope(|scope| {
            for part in sealed.chunks(sealed.len().div_ceil(cores)) {
                let ring = &ring;
                scope.spawn(move || part.iter().for_each(|one| drop(unseal_items(one, ring))));
            }
        });
    });
}

/// One object of three items with a ring of twelve keys of which the oldest fits, never seen before: one search through
/// the ring, and then two openings with the key that was found.
#[divan::bench(sample_count = 10)]
fn open_an_unseen_object_with_a_ring_of_twelve(bencher: Bencher<'_, '_>) {
    let pem = fs::read(key_file("primary.key")).unwrap();
    let mut ring = KeyRing::new();
    ring.insert(SealingKey::from_pem(&pem).unwrap(), Timestamp::UNIX_EPOCH);
    for age in 1..12 {
        let at = Timestamp::from_second(age).unwrap();
        ring.insert(SealingKey::generate(4096, "", at, at).unwrap(), at);
    }
    bencher
        .with_inputs(|| seal(&secret(3), &certificate(), SealOptions::default()).unwrap())
        .bench_values(|sealed| unseal_items(&sealed, &ring).unwrap());
}

/// Why an item does not open, told with one key and sixteen other names.
#[divan::bench]
fn tell_why_a_moved_item_does_not_open(bencher: Bencher<'_, '_>) {
    use waxwing::seal::{Binding, Scope, diagnose::with_keys};
    let sealed = seal(&secret(1), &certificate(), SealOptions::default()).unwrap();
    let mut ring = KeyRing::new();
    let key = SealingKey::from_pem(&fs::read(key_file("primary.key")).unwrap()).unwrap();
    ring.insert(key, Timestamp::UNIX_EPOCH);
    let here = Binding {
        scope: Scope::Strict,
        namespace: "namespace".to_owned(),
        name: "moved".to_owned(),
    };
    let others: Vec<_> = (0..16)
        .map(|n| ("other".to_owned(), format!("n{n}")))
        .collect();
    let item = sealed.spec.encrypted_data.values().next().unwrap();
    bencher.bench(|| with_keys(item, &here, &ring, &others).unwrap_err());
}

/// The programs to measure: ours, and the original where the variable names it.
fn programs() -> Vec<PathBuf> {
    let mut programs = vec![PathBuf::from(env!("CARGO_BIN_EXE_kubeseal"))];
    programs.extend(std::env::var_os(PEER).map(PathBuf::from));
    programs
}

/// The whole process: start, read a five-item Secret, seal it with `--cert`, write, end.
#[divan::bench(args = 0..programs().len())]
fn kubeseal_process(bencher: Bencher<'_, '_>, which: usize) {
    let program = programs().swap_remove(which);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret.yaml");
    let text = "kind: Secret\nmetadata: {name: a, namespace: b}\nstringData: {a: a, b: b, c: c, d: d, e: e}\n";
    fs::write(&file, text).unwrap();
    bencher.bench(|| {
        let status = Command::new(&program)
            .arg("--cert")
            .arg(key_file("primary.crt"))
            .arg("-f")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
    });
}
