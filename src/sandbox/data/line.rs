//! A line of the log or the snapshot: a checksum and what was written.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    object::Object,
    sandbox::store::{Change, GroupResource, Key, Place, Stored},
};

/// Hexadecimal digits of the checksum: as many as tell a torn line from a whole one.
const CHECKSUM: usize = 16;

/// One object as it was written, or that it is gone.
#[derive(Debug, Deserialize)]
pub struct Record {
    /// API group.
    #[serde(rename = "g")]
    group: String,
    /// Name in paths.
    #[serde(rename = "p")]
    plural: String,
    /// Namespace.
    #[serde(rename = "ns")]
    namespace: String,
    /// Name.
    #[serde(rename = "n")]
    name: String,
    /// Version of the change.
    #[serde(rename = "v")]
    pub version: u64,
    /// The object, absent when it is gone.
    #[serde(rename = "o")]
    object: Option<Value>,
}

impl Record {
    /// Where it belongs, and what it is now.
    pub fn open(self) -> (Key, Option<Object>) {
        let key = Key::new(
            GroupResource::new(self.group, self.plural),
            Place::new(self.namespace, self.name),
        );
        let object = self.object.and_then(|value| Object::from_value(value).ok());
        (key, object)
    }
}

fn append_record(line: &mut Vec<u8>, key: &Key, version: u64, stored: Option<&Stored>) {
    let head = serde_json::json!({
        "g": key.resource.group, "p": key.resource.plural,
        "ns": key.place.namespace, "n": key.place.name, "v": version,
    })
    .to_string();
    match stored {
        None => line.extend_from_slice(head.as_bytes()),
        Some(stored) => {
            line.extend_from_slice(head.trim_end_matches('}').as_bytes());
            line.extend_from_slice(b",\"o\":");
            line.extend_from_slice(&stored.json(&stored.object.gvk()));
            line.push(b'}');
        }
    }
}

/// A transaction as a line.
pub fn of_changes(changes: &[Arc<Change>]) -> Vec<u8> {
    let mut text = vec![b'['];
    for (index, change) in changes.iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        let stored = change.after().map(|stored| &**stored);
        append_record(&mut text, &change.key, change.version(), stored);
    }
    text.push(b']');
    sealed(&text)
}

/// An object of a snapshot as a line.
pub fn of_object(key: &Key, stored: &Stored) -> Vec<u8> {
    let mut text = vec![b'['];
    append_record(&mut text, key, stored.version, Some(stored));
    text.push(b']');
    sealed(&text)
}

/// Any text as a line with its checksum.
pub fn sealed(text: &[u8]) -> Vec<u8> {
    let mut line = checksum(text);
    line.reserve(text.len() + 2);
    line.push(b' ');
    line.extend_from_slice(text);
    line.push(b'\n');
    line
}

/// The text of a line without its end, if it is whole.
pub fn opened(line: &[u8]) -> Option<&[u8]> {
    let (sum, rest) = line.split_at_checked(CHECKSUM)?;
    let text = rest.strip_prefix(b" ")?;
    (checksum(text) == sum).then_some(text)
}

fn checksum(text: &[u8]) -> Vec<u8> {
    let digest = Sha256::digest(text);
    let mut hex = Vec::with_capacity(CHECKSUM);
    for byte in digest.iter().take(CHECKSUM / 2) {
        hex.extend_from_slice(format!("{byte:02x}").as_bytes());
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_line_is_told_from_a_whole_one() {
        let line = sealed(b"[1,2]");
        let whole = line.strip_suffix(b"\n").unwrap();
        assert_eq!(opened(whole), Some(&b"[1,2]"[..]));
        for end in 0..whole.len() {
            assert_eq!(opened(&whole[..end]), None, "{end}");
        }
    }
}
