//! When an entry is new (`apiserver/pkg/endpoints/handlers/fieldmanager/equality.go`).

use serde_json::{Map, Value};

use super::manage::entries;

/// Keeps the old times of managers when nothing but times differs, so that a write that changes nothing
/// is none (`apiserver/pkg/endpoints/handlers/fieldmanager/equality.go`).
pub fn without_new_times(old: &Map<String, Value>, new: &mut Map<String, Value>) {
    let (Some(was), Some(is)) = (entries(old), entries(new)) else {
        return;
    };
    if was == is || timeless(was) != timeless(is) {
        return;
    }
    let is_same = old.len() == new.len()
        && old
            .iter()
            .zip(new.iter())
            .all(|((name, was), (other, is))| {
                name == other
                    && match (name.as_str(), was, is) {
                        ("metadata", Value::Object(was), Value::Object(is)) => {
                            was.len() == is.len()
                                && was.iter().zip(is).all(|((name, was), (other, is))| {
                                    name == other && (name == "managedFields" || was == is)
                                })
                        }
                        _ => was == is,
                    }
            });
    if is_same && let Some(Value::Object(metadata)) = new.get_mut("metadata") {
        metadata.insert("managedFields".to_owned(), was.clone());
    }
}

fn timeless(entries: &Value) -> Vec<Value> {
    let mut entries = entries.as_array().cloned().unwrap_or_default();
    for entry in &mut entries {
        if let Value::Object(entry) = entry {
            entry.remove("time");
        }
    }
    entries
}
