//! What the real `sigs.k8s.io/yaml` wrote and read (`tests/vectors/yaml`), against ours.

use std::{collections::BTreeMap, path::Path};

use proptest::prelude::*;
use serde_json::{Value, json};
use waxwing::object::yaml::{ReadOptions, YamlError, documents, read, write};

use super::yaml_values as make;

/// A value with floats cut to 15 digits: the reader of the vectors is sometimes off by the last bit.
fn rounded(value: &Value) -> Value {
    match value {
        Value::Number(number) if !number.is_i64() => {
            let digits = format!("{:.14e}", number.as_f64().unwrap());
            Value::from(digits.parse::<f64>().unwrap())
        }
        Value::Array(items) => items.iter().map(rounded).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), rounded(value)))
            .collect(),
        _ => value.clone(),
    }
}

/// Checks that we write what the judge wrote. What it refuses is passed over, and what it garbles: U+0085
/// becomes a space on its way through `Marshal`, while we keep it.
pub fn check_written(cases: &[Value]) {
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for case in cases {
        let Some(text) = case.get("text").and_then(Value::as_str) else {
            continue;
        };
        if case["write"].to_string().contains('\u{85}') {
            continue;
        }
        compared += 1;
        let ours = write(&case["write"]);
        if ours != text {
            wrong.push(format!("{}\nours: {ours:?}\nreal: {text:?}", case["write"]));
        }
    }
    println!("written: {compared} of {} compared", cases.len());
    let shown = wrong[..wrong.len().min(10)].join("\n\n");
    assert!(wrong.is_empty(), "{} wrong\n{shown}", wrong.len());
    assert!(compared * 10 > cases.len() * 9, "too few to compare");
}

/// The words that are booleans, and the keys that kubectl makes of them; we keep the words.
fn kubectl_keys(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| {
                let key = match key.as_str() {
                    "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => "true",
                    "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => "false",
                    other => other,
                };
                (key.to_owned(), kubectl_keys(value))
            })
            .collect(),
        Value::Array(items) => items.iter().map(kubectl_keys).collect(),
        _ => value.clone(),
    }
}

/// Whether the text uses what YAML 1.2 reads in another way than 1.1: `?` and `-` next to brackets and commas,
/// `:` before a brace and in the names of anchors, blocks of text without indentation, U+2028 and U+2029 as line breaks; or what the judge does not
/// look at closely: tags, and what follows a document in braces or brackets.
fn is_newer_grammar(text: &str) -> bool {
    let pairs = [
        ":}", "[?", "{?", "[-", "{-", "-]", "-}", "?]", "?}", "?,", " ?", "!!!", "!a",
    ];
    let is_block = |line: &str| {
        let mut words = line.split_whitespace();
        let word = words.find(|word| !word.starts_with(['&', '!']));
        word.is_some_and(|word| word.starts_with(['|', '>']))
    };
    pairs.iter().any(|pair| text.contains(pair))
        || text.contains(['\u{2028}', '\u{2029}'])
        || text.trim_start().starts_with(['[', '{'])
        || text.lines().any(is_block)
        || text
            .split_whitespace()
            .any(|word| word.contains('&') && word.contains(':'))
}

fn first(text: &str) -> Result<Value, YamlError> {
    let documents = read(text.as_bytes(), &ReadOptions::default())?;
    Ok(documents
        .first()
        .map_or(Value::Null, |document| rounded(&document.value)))
}

/// Whether the judge did not get as far as the error: then some lines before it say what it read.
fn is_behind(text: &str, error: &YamlError, real: &Value) -> bool {
    let before = &text[..error.position().offset];
    let ends = before.match_indices('\n').map(|(at, _)| at + 1);
    std::iter::once(before.len())
        .chain(ends)
        .any(|end| first(&before[..end]).is_ok_and(|ours| ours == *real))
}

/// Says how what we read and what the judge read go together; `None` is a difference that is not meant.
fn class_of(
    text: &str,
    ours: &Result<Value, YamlError>,
    real: Option<&Value>,
) -> Option<&'static str> {
    let marked = |line: &str| line.starts_with("---") || line.starts_with("...");
    match (ours, real) {
        (Err(_), None) => Some("refused by both"),
        (Ok(_), None) => Some("taken by us only"),
        (Ok(ours), Some(real)) if ours == real => Some("same"),
        (Ok(ours), Some(real)) if kubectl_keys(ours) == *real => Some("boolean words as keys"),
        (Err(error), Some(real)) if is_behind(text, error, real) => Some("more text behind"),
        // The library is behind kubectl's stream, which refuses text behind a separator.
        _ if text.lines().any(marked) => Some("document markers within"),
        _ if is_newer_grammar(text) => Some("newer grammar"),
        _ => None,
    }
}

/// Checks that we read what the judge read, and that where grammars differ the text is rare.
pub fn check_read(cases: &[Value]) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in cases {
        let text = case["read"].as_str().unwrap();
        let real = case.get("value").map(rounded);
        let ours = first(text);
        match class_of(text, &ours, real.as_ref()) {
            Some(class) => *counts.entry(class).or_default() += 1,
            None => wrong.push(format!("{text:?}\nours: {ours:?}\nreal: {real:?}")),
        }
    }
    println!("read: {counts:?}");
    let shown = wrong[..wrong.len().min(20)].join("\n\n");
    assert!(wrong.is_empty(), "{} wrong\n{shown}", wrong.len());
    let count = |class| counts.get(class).copied().unwrap_or_default();
    let rare = count("taken by us only") + count("newer grammar");
    assert!(rare * 50 < cases.len(), "the grammars differ too often");
    assert!(count("same") * 4 > cases.len(), "too little to compare");
}

fn recorded(name: &str) -> Vec<Value> {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/vectors/yaml/{name}.json"));
    #[expect(clippy::disallowed_methods, reason = "vectors are files")]
    let text = std::fs::read_to_string(file).unwrap();
    let Value::Object(mut file) = serde_json::from_str(&text).unwrap() else {
        panic!()
    };
    serde_json::from_value(file.remove("cases").unwrap()).unwrap()
}

#[test]
fn we_write_what_the_real_library_writes() {
    check_written(&recorded("write"));
}

#[test]
fn we_read_what_the_real_library_reads() {
    check_read(&recorded("read"));
}

/// A value as reading gives it back: whole floats are integers, integers beyond a sign are floats.
fn as_read(value: &Value) -> Value {
    match value {
        Value::Number(number) if !number.is_i64() => {
            let float = number.as_f64().unwrap();
            match float.to_string().parse::<i64>() {
                Ok(whole) => Value::from(whole),
                Err(_) => Value::from(float),
            }
        }
        Value::Array(items) => items.iter().map(as_read).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), as_read(value)))
            .collect(),
        _ => value.clone(),
    }
}

/// Whether a value comes back: the original writes the key `<<` without quotes, and U+2028 and U+2029 raw,
/// which are line breaks to YAML 1.1 only.
fn comes_back(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains(['\u{2028}', '\u{2029}']),
        Value::Array(items) => items.iter().all(comes_back),
        Value::Object(fields) => fields.iter().all(|(key, value)| {
            key != "<<" && !key.contains(['\u{2028}', '\u{2029}']) && comes_back(value)
        }),
        _ => true,
    }
}

fn first_exactly(text: &str) -> Value {
    let documents = read(text.as_bytes(), &ReadOptions::default()).unwrap();
    documents
        .first()
        .map_or(Value::Null, |document| document.value.clone())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(value in make::value().prop_filter("the original loses it", comes_back)) {
        let text = write(&value);
        prop_assert_eq!(first_exactly(&text), as_read(&value), "{}", text);
    }

    #[test]
    fn json_is_read_as_it_is(value in make::value()) {
        let text = json!({"v": value}).to_string();
        prop_assert_eq!(first_exactly(&text), as_read(&json!({"v": value})), "{}", text);
    }

    #[test]
    fn no_text_makes_the_reader_panic(
        text in prop_oneof![make::yaml_like(), any::<String>()],
        bytes in any::<Vec<u8>>(),
    ) {
        let options = ReadOptions { positions: true, ..ReadOptions::default() };
        for text in [text.as_bytes(), &bytes, format!("{{{text}").as_bytes()] {
            let _ = documents(text, &options).count();
        }
    }
}
