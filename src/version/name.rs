//! How versions are named, and which secret and number a name says.

use sha2::{Digest, Sha256};

use crate::{
    api::version::{SECRET, SECRET_NAME, VERSION},
    object::Object,
};

/// The longest value of a label.
const MAX_LABEL: usize = 63;
/// The longest name of a Secret.
const MAX_NAME: usize = 253;
/// How many letters of the hash stand in a shortened name.
const HASH_LETTERS: usize = 10;

/// The name of a version: `<secret>-v<number>`, the secret's part shortened where the whole would be too long.
pub fn version_name(secret: &str, number: u64) -> String {
    let end = format!("-v{number}");
    format!("{}{end}", shortened(secret, MAX_NAME - end.len()))
}

/// The value of the label with the name of the secret, shortened where the name is too long for a label.
pub fn label_value(secret: &str) -> String {
    shortened(secret, MAX_LABEL)
}

/// A name, or its beginning and a hash of the whole name (never of a content).
fn shortened(name: &str, most: usize) -> String {
    if name.len() <= most {
        return name.to_owned();
    }
    let hash: String = Sha256::digest(name.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let hash = hash.get(..HASH_LETTERS).unwrap_or_default();
    // Names of objects are ASCII.
    let start = name.get(..most - HASH_LETTERS - 1).unwrap_or_default();
    let start = start.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
    format!("{start}-{hash}")
}

/// The number of the version of a secret that a name says, if it says one.
pub fn number_in(secret: &str, name: &str) -> Option<u64> {
    let (_, digits) = name.rsplit_once("-v")?;
    let number = digits.parse().ok().filter(|number| *number > 0)?;
    (version_name(secret, number) == name).then_some(number)
}

/// The name without what looks like the number of a version: the secret it may belong to.
pub fn stem(name: &str) -> Option<&str> {
    let (stem, digits) = name.rsplit_once("-v")?;
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then_some(stem).filter(|stem| !stem.is_empty())
}

/// The secret that a labelled Secret says it is a version of.
pub fn secret_of(version: &Object) -> Option<&str> {
    version
        .annotation(SECRET_NAME)
        .or_else(|| version.label(SECRET))
}

/// The number of a Secret as a version of a secret: labels and name must say the same, and nobody else may
/// control it.
pub fn number_of(version: &Object, secret: &str) -> Option<u64> {
    let number = number_in(secret, version.name())?;
    let is_labelled = version.label(VERSION) == Some(number.to_string().as_str())
        && version.label(SECRET) == Some(label_value(secret).as_str())
        && secret_of(version) == Some(secret);
    let is_controlled = version
        .at(&["metadata", "ownerReferences"])
        .and_then(serde_json::Value::as_array)
        .is_some_and(|owners| {
            owners
                .iter()
                .any(|owner| owner.get("controller") == Some(&true.into()))
        });
    (is_labelled && !is_controlled).then_some(number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn point_02_versions_are_named_by_secret_and_number() {
        assert_eq!(version_name("db", 2), "db-v2");
        assert_eq!(label_value("db.main"), "db.main");
        for (name, number) in [
            ("db-v2", Some(2)),
            ("db-v12", Some(12)),
            ("db", None),
            ("db-v", None),
            ("db-v0", None),
            ("db-v02", None),
            ("db-v2x", None),
            ("other-v2", None),
            ("db-v1-v2", None),
        ] {
            assert_eq!(number_in("db", name), number, "{name}");
        }
        assert_eq!(stem("db-v1-v2"), Some("db-v1"));
        assert_eq!(stem("db"), None);
        assert_eq!(stem("-v1"), None);
    }

    #[test]
    fn point_02_long_names_are_shortened_and_stay_apart() {
        for (length, is_whole) in [(63, true), (64, false), (253, false)] {
            let name = format!("{}x", "a".repeat(length - 1));
            let label = label_value(&name);
            assert!(label.len() <= MAX_LABEL);
            assert_eq!(label == name, is_whole);
            let other = format!("{}y", "a".repeat(length - 1));
            assert_ne!(label, label_value(&other));
            for number in [1, 9, 10, u64::MAX] {
                let version = version_name(&name, number);
                assert!(version.len() <= MAX_NAME, "{version}");
                assert_eq!(number_in(&name, &version), Some(number));
                assert_eq!(number_in(&other, &version), None);
            }
        }
        // A shortened part never ends in a dot or a dash before the dash.
        let dotted = format!("{}.{}", "a".repeat(51), "b".repeat(20));
        assert!(!label_value(&dotted).contains(".-"));
    }

    #[test]
    fn a_version_says_the_same_by_name_labels_and_annotation() {
        let version = |name: &str, secret: &str, number: &str, controlled: bool| {
            Object::from_value(
                json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name,
                "labels": {SECRET: secret, VERSION: number},
                "ownerReferences": [{"uid": "u", "controller": controlled}]}}),
            )
            .unwrap()
        };
        assert_eq!(
            number_of(&version("db-v2", "db", "2", false), "db"),
            Some(2)
        );
        assert_eq!(number_of(&version("db-v2", "db", "3", false), "db"), None);
        assert_eq!(number_of(&version("db-v2", "x", "2", false), "db"), None);
        assert_eq!(number_of(&version("db-v2", "db", "2", true), "db"), None);
        let long = "n".repeat(70);
        let mut short = version(&version_name(&long, 1), &label_value(&long), "1", false);
        assert_eq!(
            number_of(&short, &long),
            None,
            "the label alone may mean another"
        );
        short.set(
            &["metadata", "annotations", SECRET_NAME],
            long.as_str().into(),
        );
        assert_eq!(number_of(&short, &long), Some(1));
    }
}
