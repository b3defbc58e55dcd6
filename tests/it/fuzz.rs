//! The fuzz targets of `fuzz/`, bounded: any bytes, and good inputs with a few bytes changed.

#[path = "../../fuzz/targets.rs"]
mod targets;

use proptest::prelude::*;
use waxwing::api::base64;

use crate::vectors::vector;

/// A change of some bytes: where, which way, with what.
type Harm = (usize, u8, Vec<u8>);

fn harms() -> impl Strategy<Value = Vec<Harm>> {
    prop::collection::vec(
        (
            any::<usize>(),
            0..4_u8,
            prop::collection::vec(any::<u8>(), 0..4),
        ),
        1..6,
    )
}

fn harmed(seed: &[u8], harms: &[Harm]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for (at, way, with) in harms {
        let at = at % (bytes.len() + 1);
        let end = (at + with.len()).min(bytes.len());
        match way {
            0 => drop(bytes.splice(at..end, with.iter().copied())),
            1 => drop(bytes.splice(at..at, with.iter().copied())),
            2 => drop(bytes.drain(at..end)),
            _ => {
                let part = bytes[at..].iter().take(64).copied().collect::<Vec<_>>();
                bytes.splice(at..at, part);
            }
        }
    }
    bytes
}

/// Runs a target on its seeds, on any bytes, and on seeds with some harm done.
fn run(target: fn(&[u8]), seeds: &[Vec<u8>]) {
    for seed in seeds {
        target(seed);
    }
    let config = ProptestConfig {
        cases: 192,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let any_bytes = prop::collection::vec(any::<u8>(), 0..600);
    let input = prop_oneof![
        any_bytes,
        (0..seeds.len(), harms()).prop_map({
            let seeds = seeds.to_vec();
            move |(which, harms)| harmed(&seeds[which], &harms)
        }),
    ];
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&input, |bytes| {
            target(&bytes);
            Ok(())
        })
        .unwrap();
}

fn sealed_files() -> Vec<Vec<u8>> {
    [
        "strict-opaque.yaml",
        "strict-json.json",
        "stream.yaml",
        "labels-annotations-immutable.yaml",
        "rsa-2048.yaml",
    ]
    .map(vector)
    .to_vec()
}

#[test]
fn ciphertext() {
    let file: serde_json::Value = serde_json::from_slice(&vector("strict-json.json")).unwrap();
    let items = file["spec"]["encryptedData"].as_object().unwrap();
    let seeds: Vec<Vec<u8>> = items
        .values()
        .map(|item| base64::decode(item.as_str().unwrap()).unwrap())
        .collect();
    run(targets::ciphertext, &seeds);
}

#[test]
fn sealed_secret() {
    run(targets::sealed_secret, &sealed_files());
}

#[test]
fn template() {
    let seeds = [
        "{{ .password | b64enc | quote }}",
        "{{ range $i, $c := splitList \",\" .user }}{{ $i }}{{ else }}none{{ end }}",
        "{{ if and .user (eq .password \"x\") }}{{ printf \"%05d %q %v\" 7 .user . }}{{ end }}",
        "{{ with .password }}{{ fail . }}{{ end }}",
        "{{ index . \"password\" | trunc 3 | repeat 4 }}{{/* note */}}{{- toJson . -}}",
    ]
    .map(|text| text.as_bytes().to_vec());
    run(targets::template, &seeds);
}

#[test]
fn pem() {
    let seeds = [
        targets::KEY.as_bytes().to_vec(),
        targets::CERTIFICATE.as_bytes().to_vec(),
        vector("keys/primary.pkcs1.key"),
        format!("{}{}", targets::CERTIFICATE, targets::KEY).into_bytes(),
    ];
    run(targets::pem, &seeds);
}

#[test]
fn key_secret() {
    let encode = |text: &str| base64::encode(text.as_bytes());
    let secret = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: k, creationTimestamp: \"2026-01-01T00:00:00Z\"}}\ndata:\n  tls.key: {}\n  tls.crt: {}\n",
        encode(targets::KEY),
        encode(targets::CERTIFICATE)
    );
    run(targets::key_secret, &[secret.into_bytes()]);
}

#[test]
fn edit() {
    let mut seeds = sealed_files();
    seeds.push(b"# head\na: {b: c, d: 'e'} # tail\nf: |-\n  g\n  h\n\"i\": \"j\"\nk: &x l\nm: *x\nn:\n- o\n".to_vec());
    run(targets::edit, &seeds);
}

#[test]
fn linted() {
    let mut seeds = sealed_files();
    let texts = [
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  pw: hunter2 # x\n",
        "resources: [a.yaml]\nsecretGenerator: [{name: a, literals: [pw=x], envs: [.env]}]\npatches: [{target: {kind: Secret}, patch: '- {op: add, path: /data/k, value: x}'}]\n",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: c, env: [{name: TOKEN, value: x7kf93}], args: ['--password=x']}]}}}\n",
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, data: {a.yaml: \"kind: Secret\\nstringData: {a: b}\\n\"}}\n",
        "auth: &a {password: x7kf93, url: 'postgres://a:b@c/d'}\nb: *a\n---\nfailOn: error\nrules: {P101: off}\n",
        "export A=1\nkubectl create secret generic a --from-literal=k=\"$K\" \\\n  --from-literal k2=v\n",
    ];
    seeds.extend(texts.map(|text| text.as_bytes().to_vec()));
    run(targets::linted, &seeds);
}
