//! What the reader takes and refuses.

use serde_json::{Value, json};

use super::{ReadOptions, read};

fn one(text: &str) -> Value {
    let mut found = read(text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(found.len(), 1, "{text}");
    found.remove(0).value
}

#[test]
fn values_are_those_of_kubectl() {
    for (text, value) in [("yes", json!(true)), ("0644", json!(420)), ("08", json!(8))] {
        assert_eq!(one(&format!("v: {text}\n")), json!({"v": value}), "{text}");
    }
}
