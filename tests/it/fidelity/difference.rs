//! Where two values differ.

use std::collections::BTreeSet;

use serde_json::Value;

/// A place with what the real server and ours say.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Path of dots, such as `body.metadata.name`.
    pub at: String,
    pub real: Option<Value>,
    pub ours: Option<Value>,
}

/// All places where two values differ, as deep as possible.
pub fn differences(real: &Value, ours: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk("", Some(real), Some(ours), &mut found);
    found
}

fn walk(at: &str, real: Option<&Value>, ours: Option<&Value>, found: &mut Vec<Difference>) {
    let below = |name: &str| {
        if at.is_empty() {
            name.to_owned()
        } else {
            format!("{at}.{name}")
        }
    };
    match (real, ours) {
        (Some(Value::Object(real)), Some(Value::Object(ours))) => {
            let keys: BTreeSet<&String> = real.keys().chain(ours.keys()).collect();
            for key in keys {
                walk(&below(key), real.get(key), ours.get(key), found);
            }
        }
        (Some(Value::Array(real)), Some(Value::Array(ours))) => {
            for index in 0..real.len().max(ours.len()) {
                let place = below(&index.to_string());
                walk(&place, real.get(index), ours.get(index), found);
            }
        }
        (real, ours) if real == ours => {}
        (real, ours) => found.push(Difference {
            at: at.to_owned(),
            real: real.cloned(),
            ours: ours.cloned(),
        }),
    }
}
