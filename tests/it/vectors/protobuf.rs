//! Objects of every kind as Go's clients send them, against the JSON that Go writes of them.

use std::{collections::BTreeSet, fs, path::PathBuf};

use proptest::{prelude::*, sample::Index};
use serde::Deserialize;
use serde_json::Value;
use waxwing::{
    api::base64,
    object::Gvk,
    sandbox::protobuf::{ProtobufError, open},
};

#[derive(Deserialize)]
struct Vector {
    wire: String,
    json: Value,
}

fn vectors() -> Vec<(String, Vec<u8>, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/protobuf");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let vectors: Vec<Vector> = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        for (place, vector) in vectors.into_iter().enumerate() {
            let name = format!(
                "{} {place} {} {}",
                file.file_name().unwrap().display(),
                vector.json["apiVersion"],
                vector.json["kind"]
            );
            all.push((name, base64::decode(&vector.wire).unwrap(), vector.json));
        }
    }
    all
}

fn decode(wire: &[u8]) -> Result<Value, ProtobufError> {
    open(wire, &Gvk::new("", "", ""))?.value()
}

#[test]
fn every_vector_is_read_as_go_reads_it() {
    let all = vectors();
    let kinds: BTreeSet<_> = all
        .iter()
        .map(|(_, _, json)| (json["apiVersion"].to_string(), json["kind"].to_string()))
        .collect();
    assert!(kinds.len() > 150, "only {} kinds", kinds.len());
    let mut wrong = Vec::new();
    for (name, wire, json) in &all {
        match decode(wire) {
            Ok(value) if value == *json => {}
            Ok(value) => wrong.push(format!("{name}:\n  {value}\n  {json}")),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    wrong.sort_by_key(String::len);
    let shown: Vec<_> = wrong.iter().take(8).cloned().collect();
    assert!(
        wrong.is_empty(),
        "{} of {} are wrong:\n{}",
        wrong.len(),
        all.len(),
        shown.join("\n")
    );
}

#[test]
fn no_vector_can_be_cut_unseen_in_its_envelope() {
    for (name, wire, _) in vectors() {
        let cut = wire.len() - 1;
        // The last field of the envelope is an empty content type, a tag and a length.
        assert_eq!(
            decode(&wire[..cut]),
            Err(ProtobufError::Truncated),
            "{name}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn mutated_bodies_bring_nothing_down(
        which: Index,
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..6),
        cut: Index,
    ) {
        thread_local! {
            static ALL: Vec<(String, Vec<u8>, Value)> = vectors();
        }
        ALL.with(|all| {
            let mut wire = which.get(all).1.clone();
            for (place, byte) in changes {
                *place.get_mut(wire.as_mut_slice()) = byte;
            }
            let _ = decode(&wire);
            let _ = decode(&wire[..cut.index(wire.len())]);
        });
    }
}
