//! The real kubeseal as judge, in both directions, when a variable names it.
//!
//! What ours seals it opens, and what it seals ours opens: all scopes, types, formats, streams, raw values.

use std::{collections::BTreeMap, path::PathBuf};

use serde_json::{Value, json};
use waxwing::object::yaml;

use super::program::Program;

/// Names the real kubeseal; a name that leads nowhere is a failure, not a reason to skip.
const VARIABLE: &str = "WAXWING_PEER_KUBESEAL";

/// The real kubeseal, if the variable names it.
pub fn path() -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os(VARIABLE)?);
    assert!(
        path.is_file(),
        "{VARIABLE} names {}, which is not there",
        path.display()
    );
    Some(path)
}

fn peer() -> Option<Program> {
    let peer = Program::at(&path()?);
    let version = peer.answer(&["--version"], "");
    assert!(version.starts_with("kubeseal version: "), "{version}");
    Some(peer)
}

fn secret(name: &str, secret_type: &str, data: &[(&str, &str)]) -> Value {
    let data: BTreeMap<_, _> = data.iter().copied().collect();
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": secret_type, "immutable": true,
        "metadata": {"name": name, "namespace": "ns", "labels": {"a": "yes"},
            "annotations": {"b": "<&>"}},
        "stringData": data,
    })
}

fn secrets() -> Vec<Value> {
    let long = "x".repeat(70_000);
    vec![
        secret(
            "plain",
            "Opaque",
            &[("user", "u"), ("pass", "p w\n"), ("empty", "")],
        ),
        secret(
            "tls",
            "kubernetes.io/tls",
            &[("tls.crt", "c"), ("tls.key", "k")],
        ),
        secret(
            "docker",
            "kubernetes.io/dockerconfigjson",
            &[(".dockerconfigjson", "{}")],
        ),
        secret(
            "odd",
            "example.com/odd",
            &[("ключ-is-no-key", "значение\u{1f511}"), ("long", &long)],
        ),
    ]
}

/// The parts of an opened Secret that must be those of the sealed one.
fn essence(text: &str) -> Vec<Value> {
    yaml::read(text.as_bytes(), &yaml::ReadOptions::default())
        .unwrap()
        .into_iter()
        .map(|document| {
            let metadata = &document.value["metadata"];
            let mut annotations = metadata["annotations"].clone();
            if let Value::Object(map) = &mut annotations {
                map.retain(|name, _| name == "b");
            }
            let mut data = document.value["data"].clone();
            // The original writes an empty value as null, which a server reads as empty.
            for (_, value) in data.as_object_mut().into_iter().flatten() {
                if value.is_null() {
                    *value = "".into();
                }
            }
            json!([
                metadata["name"],
                metadata["namespace"],
                metadata["labels"],
                annotations,
                document.value["type"],
                document.value["immutable"],
                data,
            ])
        })
        .collect()
}

fn wanted(secret: &Value) -> Value {
    let data: BTreeMap<_, _> = secret["stringData"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, text)| {
            (
                name.clone(),
                waxwing::api::base64::encode(text.as_str().unwrap().as_bytes()),
            )
        })
        .collect();
    json!([
        secret["metadata"]["name"], "ns", {"a": "yes"}, {"b": "<&>"},
        secret["type"], true, data,
    ])
}

const OPEN: [&str; 3] = ["--recovery-unseal", "--recovery-private-key", "small.key"];

#[test]
fn each_opens_what_the_other_seals() {
    let Some(peer) = peer() else { return };
    let ours = Program::ours();
    for (sealer, opener) in [(&ours, &peer), (&peer, &ours)] {
        for secret in secrets() {
            for scope in ["strict", "namespace-wide", "cluster-wide"] {
                for format in ["json", "yaml"] {
                    let arguments = ["--cert", "small.crt", "--scope", scope, "-o", format];
                    let sealed = sealer.answer(&arguments, secret.to_string());
                    let opened = opener.answer(&OPEN, &sealed);
                    assert_eq!(essence(&opened), [wanted(&secret)], "{scope} {format}");
                    let elsewhere = sealed
                        .replace("\"namespace\": \"ns\"", "\"namespace\": \"other\"")
                        .replace("namespace: ns\n", "namespace: other\n");
                    let done = opener.run(&OPEN, elsewhere);
                    assert_eq!(done.code == 0, scope == "cluster-wide", "{scope} {format}");
                }
            }
        }
    }
}

#[test]
fn each_opens_the_streams_of_the_other() {
    let Some(peer) = peer() else { return };
    let ours = Program::ours();
    let secrets = secrets();
    let stream: String = secrets
        .iter()
        .map(|secret| format!("---\n{secret}\n"))
        .collect();
    for (sealer, opener) in [(&ours, &peer), (&peer, &ours)] {
        let sealed = sealer.answer(&["--cert", "small.crt", "-oyaml"], &stream);
        let documents: Vec<_> = sealed
            .split("---\n")
            .filter(|part| !part.is_empty())
            .collect();
        assert_eq!(documents.len(), secrets.len());
        for (document, secret) in documents.iter().zip(&secrets) {
            assert_eq!(essence(&opener.answer(&OPEN, document)), [wanted(secret)]);
        }
    }
}

#[test]
fn each_opens_the_raw_values_of_the_other() {
    let Some(peer) = peer() else { return };
    let ours = Program::ours();
    for (sealer, opener) in [(&ours, &peer), (&peer, &ours)] {
        for (scope, annotations) in [
            ("strict", json!({})),
            (
                "namespace-wide",
                json!({"sealedsecrets.bitnami.com/namespace-wide": "true"}),
            ),
            (
                "cluster-wide",
                json!({"sealedsecrets.bitnami.com/cluster-wide": "true"}),
            ),
        ] {
            let arguments = [
                "--cert",
                "small.crt",
                "--raw",
                "--scope",
                scope,
                "--name",
                "n",
                "-n",
                "ns",
            ];
            let item = sealer.answer(&arguments, "raw value\n");
            let sealed = json!({
                "apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
                "metadata": {"name": "n", "namespace": "ns", "annotations": annotations},
                "spec": {"encryptedData": {"v": item}},
            });
            let opened = opener.answer(&OPEN, sealed.to_string());
            assert_eq!(
                essence(&opened)[0][6],
                json!({"v": "cmF3IHZhbHVlCg=="}),
                "{scope}"
            );
        }
    }
}

#[test]
fn each_reads_the_merged_files_of_the_other() {
    let Some(peer) = peer() else { return };
    let ours = Program::ours();
    let first = secret("a", "Opaque", &[("one", "1"), ("two", "2")]);
    let more = secret("b", "Opaque", &[("two", "zwei"), ("three", "3")]);
    for (sealer, merger) in [(&ours, &peer), (&peer, &ours)] {
        let sealed = sealer.answer(&["--cert", "small.crt", "-oyaml"], first.to_string());
        merger.put("sealed.yaml", sealed);
        let arguments = [
            "--cert",
            "small.crt",
            "--merge-into",
            "sealed.yaml",
            "-oyaml",
        ];
        assert_eq!(merger.answer(&arguments, more.to_string()), "");
        let merged = merger.read("sealed.yaml");
        let data = json!({"one": "MQ==", "two": "endlaQ==", "three": "Mw=="});
        for opener in [&ours, &peer] {
            assert_eq!(essence(&opener.answer(&OPEN, &merged))[0][6], data);
        }
    }
}
