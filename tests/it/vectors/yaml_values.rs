//! Values and texts to judge YAML by: tables made by hand, and random ones from a seed.

use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    sample::select,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

/// Strings that some rule of quoting, folding or ordering looks at.
pub fn strings() -> Vec<String> {
    serde_json::from_str(include_str!("../../vectors/yaml/strings.json")).unwrap()
}

/// Long texts, around the column where folding starts.
pub fn long_strings() -> Vec<String> {
    let words = "the quick brown fox jumps over the lazy dog and runs away ";
    let mut found = Vec::new();
    for length in [
        70, 76, 77, 78, 79, 80, 81, 82, 83, 84, 90, 120, 128, 129, 130, 170, 300,
    ] {
        let text: String = words.chars().cycle().take(length).collect();
        for (front, back) in [
            ("", ""),
            ("a: ", ""),
            ("", " "),
            ("x\u{1}", ""),
            (" ", ""),
            ("", " #"),
            ("'", "'"),
        ] {
            found.push(format!("{front}{}{back}", text.trim_end()));
        }
        found.push("x".repeat(length));
        found.push(format!("{} {}", "x".repeat(length), "y".repeat(length)));
        found.push(format!("{}  {}: z", "x".repeat(length), "y".repeat(20)));
        found.push(format!(
            "{}\u{1}  {}   z",
            "x".repeat(length),
            "y".repeat(20)
        ));
        found.push(format!("{}\n{}", "x y ".repeat(length / 3), "z ".repeat(3)));
        found.push(format!("é{}", "日本 ".repeat(length / 3)));
    }
    found
}

/// Values made by hand: each string as the document, value, key and list entry, and shapes of nesting.
pub fn values() -> Vec<Value> {
    let mut strings = strings();
    strings.extend(long_strings());
    let mut found = Vec::new();
    for text in &strings {
        found.push(json!(text));
        found.push(json!({"key": text, "list": [text, [text]], "deep": {"er": {"est": text}}}));
        found.push(json!({text: "value", "z": {text: [text]}}));
    }
    for text in [
        "a".repeat(129),
        "a\nb".to_owned(),
        format!("{} {}", "a".repeat(79), "b".repeat(79)),
    ] {
        for value in [
            json!({}),
            json!([]),
            json!({"a": 1, "b": [1]}),
            json!([1, [2, {"c": 3}]]),
            json!("x\ny\n"),
            json!(null),
        ] {
            found.push(json!({&text: value, "b": {&text: value}, "c": [{&text: value}]}));
        }
    }
    for number in [
        json!(0),
        json!(-0.0),
        json!(1.0),
        json!(-1.0),
        json!(0.1),
        json!(1.5),
        json!(1e3),
        json!(1e10),
        json!(1e20),
        json!(1e21),
        json!(1e22),
        json!(1e-5),
        json!(1e-6),
        json!(1e-7),
        json!(123_456.5),
        json!(1_234_567.5),
        json!(123_456_789.125),
        json!(1e100),
        json!(-1e100),
        json!(5e-324),
        json!(1.797_693_134_862_315_7e308),
        json!(9_007_199_254_740_993.0),
        json!(1.234_567_890_123_456_7e18),
        json!(1e18),
        json!(9.3e18),
        json!(1e19),
        json!(1.9e19),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(0.3),
        json!(100.0),
        json!(1e15),
        json!(1e16),
    ] {
        found.push(number.clone());
        found.push(json!({"n": number, "l": [number]}));
    }
    found.extend([
        json!(null),
        json!(true),
        json!(false),
        json!({}),
        json!([]),
        json!([[]]),
        json!([{}]),
        json!([[], [[]]]),
        json!({"a": {}}),
        json!({"a": []}),
        json!({"a": {"b": {"c": []}}}),
        json!([[1, 2], [3, [4]]]),
        json!([{"a": 1, "b": 2}, {"c": [{"d": {"e": [1]}}]}]),
        json!({"a": [[{"b": [[1]]}]]}),
        json!({"": ""}),
        json!({"a": null, "b": [null, null]}),
        json!([true, "true", null, "null", 1, "1"]),
    ]);
    let keys = [
        "",
        "1",
        "2",
        "10",
        "01",
        "010",
        "a",
        "A",
        "b",
        "B",
        "a1",
        "a2",
        "a10",
        "a02",
        "a002",
        "a-1",
        "a-b",
        "a_b",
        "a.b",
        "a/b",
        "ab",
        "aB",
        "a1b",
        "a1c",
        "a10b",
        "a1-",
        "1a",
        "1.5",
        "1.10",
        "v1",
        "v1beta1",
        "v1beta10",
        "v1alpha1",
        "v2",
        "x100",
        "x1000",
        "x10a",
        "x0",
        "x00",
        "x01",
        "é",
        "日",
        "-",
        "_",
        "~",
        "a b",
        "99999999999999999999",
        "x99999999999999999999",
    ];
    found.push(Value::Object(
        keys.iter()
            .map(|key| ((*key).to_owned(), json!(1)))
            .collect(),
    ));
    found
}

/// Texts of YAML to read, each ending in a line feed.
pub fn texts() -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for text in strings() {
        if text.contains(|letter: char| {
            letter.is_control() || "\u{feff}\u{2028}\u{2029}".contains(letter)
        }) {
            continue;
        }
        for shape in [
            "v: X\n",
            "X\n",
            "- X\n",
            "X: v\n",
            "v: [X]\n",
            "v: {a: X}\n",
        ] {
            found.push(shape.replace('X', &text));
        }
        for tag in ["str", "int", "float", "bool", "null", "binary", "timestamp"] {
            found.push(format!("v: !!{tag} {text}\n"));
            found.push(format!(
                "v: !!{tag} \"{}\"\n",
                text.replace('\\', "\\\\").replace('"', "\\\"")
            ));
        }
    }
    let more: Vec<String> =
        serde_json::from_str(include_str!("../../vectors/yaml/texts.json")).unwrap();
    found.extend(more);
    found
}

/// Words and letters that make trouble in YAML.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(strings()),
        4 => "[a-z]{1,8}",
        2 => "[0-9+.eExob_:-]{1,10}",
        2 => "[ -~]{1,6}",
        1 => "[ \t\n#:'\"\\\\-]{1,6}",
        1 => "[a\u{e9}\u{65e5}\u{1f600}\u{a0}\u{fffd} \n]{1,6}",
        1 => "[A-Za-z0-9+/]{60,100}",
    ]
}

/// Strings of one to many words.
pub fn string() -> impl Strategy<Value = String> {
    let joined = (
        vec(word(), 1..24),
        select(&[" ", "  ", "\n", "", ": ", " #", ", "][..]),
    )
        .prop_map(|(words, gap)| words.join(gap));
    prop_oneof![3 => word(), 2 => joined, 1 => any::<String>()]
}

/// A float that the test's own reader of vectors, which is sometimes off by the last bit, reads exactly.
fn readable(number: f64) -> f64 {
    let text = Value::from(number).to_string();
    match serde_json::from_str::<f64>(&text) {
        Ok(same) if same.to_bits() == number.to_bits() => number,
        _ => f64::from(number as f32).clamp(-1e30, 1e30).trunc() / 4.0,
    }
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<i16>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(readable).prop_map(Value::from),
        (-1e9..1e9).prop_map(readable).prop_map(Value::from),
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 8.0)),
    ]
}

/// A string without letters beyond ASCII that may not be letters in Go's tables, which order keys.
fn key(text: &str) -> String {
    let known = |letter: char| letter.is_ascii() || "é日\u{1f600}\u{a0}".contains(letter);
    text.chars()
        .map(|letter| if known(letter) { letter } else { 'x' })
        .collect()
}

/// Any JSON value.
pub fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => string().prop_map(Value::from),
        2 => number(),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(string().prop_map(|text| key(&text)), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Texts that look like YAML, and often are.
pub fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => select(&["a", "b", "c: ", "d:", "- ", "\n", "\n  ", "\n    ", "\n- ", "\nk: ", "\n  k: ", " ", ": ", ", "][..]).prop_map(str::to_owned),
        2 => select(&["{", "}", "[", "]", "&x ", "*x", "!!str ", "!t ", "'", "\"", "#", " # c", "|", "|-", "|+", ">", ">-", "? ", "<<: ", "\\", "\t", "%", "@"][..]).prop_map(str::to_owned),
        2 => select(strings()).prop_map(|text| text.replace(|letter: char| letter.is_control() && letter != '\n' || "\u{85}\u{2028}\u{2029}\u{feff}".contains(letter), "")),
    ];
    vec(piece, 1..14).prop_map(|pieces| format!("{}\n", pieces.concat()))
}

/// As many random ones as asked for, the same for the same seed.
pub fn sample<T>(strategy: impl Strategy<Value = T>, seed: u64, count: usize) -> Vec<T> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    (0..count)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect()
}
