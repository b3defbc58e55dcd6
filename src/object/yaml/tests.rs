//! What the reader takes and refuses.

use serde_json::{Value, json};

use super::{Document, DuplicateKeys, Position, ReadOptions, YamlError, documents, read};

fn plain(text: &str) -> Result<Vec<Document>, YamlError> {
    read(text.as_bytes(), &ReadOptions::default())
}

fn values(text: &str) -> Vec<Value> {
    plain(text)
        .unwrap()
        .into_iter()
        .map(|found| found.value)
        .collect()
}

fn at(line: usize, column: usize, offset: usize) -> Position {
    Position {
        line,
        column,
        offset,
    }
}

#[test]
fn values_are_those_of_kubectl() {
    for (text, value) in [
        ("yes", json!(true)),
        ("On", json!(true)),
        ("y", json!(true)),
        ("n", json!(false)),
        ("'yes'", json!("yes")),
        ("yEs", json!("yEs")),
        ("~", json!(null)),
        ("", json!(null)),
        ("0644", json!(420)),
        ("0o644", json!(420)),
        ("08", json!(8)),
        ("0b101", json!(5)),
        ("1_000", json!(1000)),
        ("0x1F", json!(31)),
        ("+5", json!(5)),
        ("1.0", json!(1)),
        ("1e3", json!(1000)),
        ("1e10", json!(10_000_000_000_i64)),
        ("-0.0", json!(0)),
        ("1.50", json!(1.5)),
        (
            "123456789012345678901",
            json!(123_456_789_012_345_678_901_f64),
        ),
        (
            "18446744073709551615",
            json!(18_446_744_073_709_551_615_f64),
        ),
        ("1:20", json!("1:20")),
        ("2020-01-01", json!("2020-01-01")),
        ("1e400", json!("1e400")),
        ("[a:, b: c, \"d\":]", json!(["a:", {"b": "c"}, {"d": null}])),
        ("{a:, b: c}", json!({"a:": null, "b": "c"})),
        ("!!str 12", json!("12")),
        ("!!int \"12\"", json!(12)),
        ("!!float 12", json!(12)),
        ("!!binary aGVsbG8=", json!("hello")),
        ("!unknown 12", json!("12")),
        ("!unknown {a: 1}", json!({"a": 1})),
    ] {
        assert_eq!(
            values(&format!("v: {text}\n")),
            [json!({"v": value})],
            "{text}"
        );
    }
}

#[test]
fn keys_are_those_of_kubectl_but_for_boolean_words() {
    for (text, key) in [
        ("1", "1"),
        ("true", "true"),
        ("False", "false"),
        ("0644", "420"),
        ("1.5", "1.5"),
        ("1e10", "1e+10"),
        (".inf", ".inf"),
        ("2020-01-01", "2020-01-01"),
        ("on", "on"),
        ("y", "y"),
        ("No", "No"),
        ("\"<<\"", "<<"),
    ] {
        assert_eq!(
            values(&format!("{text}: v\n")),
            [json!({key: "v"})],
            "{text}"
        );
    }
}

#[test]
fn json_cannot_say_everything() {
    for text in [
        "v: .inf\n",
        "v: .nan\n",
        "~: v\n",
        "? [a]\n: v\n",
        "{a: 1}: v\n",
        "v: !!int x\n",
        "v: !!binary \"%\"\n",
        "v: {<<: 1}\n",
        "v: {<<: [1]}\n",
        "18446744073709551615: v\n",
    ] {
        let found = plain(text).unwrap_err();
        assert!(
            matches!(found, YamlError::Unrepresentable { .. }),
            "{text} {found}"
        );
    }
}

#[test]
fn merge_keys_and_aliases_are_followed() {
    let base = "b: &b {p: 1, q: 2}\n";
    for (text, value) in [
        ("<<: *b\n  q: 3", json!({"p": 1, "q": 3})),
        ("q: 3\n  <<: *b", json!({"p": 1, "q": 2})),
        ("<<: [*b, {q: 4, r: 5}]", json!({"p": 1, "q": 2, "r": 5})),
        ("w: *b", json!({"w": {"p": 1, "q": 2}})),
    ] {
        let found = values(&format!("{base}v:\n  {text}\n"));
        assert_eq!(found[0]["v"], value, "{text}");
    }
    let itself = plain("a: &a [*a]\n").unwrap_err();
    assert_eq!(
        itself.to_string(),
        "line 1, column 8: an anchored value contains itself"
    );
}

#[test]
fn streams_fall_into_documents() {
    for (text, found) in [
        ("", json!([])),
        ("# only a comment\n", json!([])),
        ("---\n---\n# c\n---\n~\n---\na: 1\n", json!([{"a": 1}])),
        ("a: 1\n---\nb: 2\n", json!([{"a": 1}, {"b": 2}])),
        (
            "a: 1\r\n--- # c\r\nb: |\r\n  x\r\n  y\r\n",
            json!([{"a": 1}, {"b": "x\ny\n"}]),
        ),
        ("a: 1\n...\n---\nb: 2\n...\n", json!([{"a": 1}, {"b": 2}])),
        (
            "%YAML 1.1\n---\na: 1\n---\nb: 2\n",
            json!([{"a": 1}, {"b": 2}]),
        ),
        (
            "%TAG !e! tag:yaml.org,2002:\n---\na: !e!str 1\n",
            json!([{"a": "1"}]),
        ),
        ("\u{feff}a: 1\n", json!([{"a": 1}])),
        ("\u{feff}{\"a\": 1}", json!([{"a": 1}])),
        ("a: |\n  x", json!([{"a": "x\n"}])),
        (
            "{\"a\": 1}{\"b\": [2]}\n {\"c\": 3}",
            json!([{"a": 1}, {"b": [2]}, {"c": 3}]),
        ),
        ("{\"a\": 1}\n---\nb: yes\n", json!([{"a": 1}, {"b": true}])),
        ("{\"a\": 1}\n---\n{\"b\": 2}\n", json!([{"a": 1}, {"b": 2}])),
        ("{a: yes}\n---\nb: 2\n", json!([{"a": true}, {"b": 2}])),
        ("{\"a\": 1,}\n", json!([{"a": 1}])),
        ("[{\"a\": 1}]\n", json!([[{"a": 1}]])),
    ] {
        assert_eq!(Value::from(values(text)), found, "{text:?}");
    }
}

#[test]
fn a_broken_document_leaves_the_others_readable() {
    let options = ReadOptions::default();
    let count = |text: &str| {
        let found = documents(text.as_bytes(), &options);
        let good: Vec<bool> = found.map(|found| found.is_ok()).collect();
        good
    };
    assert_eq!(count("a: 1\n---\nb: [\n---\nc: 3\n"), [true, false, true]);
    assert_eq!(count("a: 1\n--- b\nc: 3\n"), [false, true]);
    assert_eq!(count("{\"a\": 1}\n{broken"), [true, false]);
    assert_eq!(count("{\"a\": 1}{\"b\": 2}{broken"), [true, true, false]);
    assert_eq!(
        count("a: 1\n---\nb: \u{7}\n---\nc: 3\n"),
        [true, false, true]
    );
}

#[test]
fn json_is_as_strict_as_go() {
    let nine = "{\"a\": \"\\u00e9\\ud83d\\ude00\\ud800\\n\\/\", \"n\": [1, 1.0, -0, 1e2, 18446744073709551615]}";
    let value = json!({"a": "é😀\u{fffd}\n/", "n": [1, 1, 0, 100, 18_446_744_073_709_551_615_f64]});
    assert_eq!(values(nine), [value]);
    let third = |text: &str| plain(&format!("{{}}{{}}{text}")).unwrap_err().to_string();
    for (text, message) in [
        (
            "{\"a\" 1}",
            "line 1, column 10: a colon behind a key is missing",
        ),
        ("{\"a\": 01}", "line 1, column 11: a malformed number"),
        (
            "{\"a\": 1e999}",
            "line 1, column 11: a number that is too large",
        ),
        ("{\"a\": 1.}", "line 1, column 11: a malformed number"),
        (
            "{\"a\": yes}",
            "line 1, column 11: a character that cannot start a value",
        ),
        (
            "{\"a\": 1 2}",
            "line 1, column 13: a comma or a closing bracket or brace is missing",
        ),
        (
            "{\"a\": \"\n\"}",
            "line 1, column 12: a control character in a string",
        ),
        (
            "{\"a\": \"\\x\"}",
            "line 1, column 13: an escape that does not exist",
        ),
        (
            "{\"é\": [1,",
            "line 1, column 14: the text ends before its value does",
        ),
        ("{1: 2}", "line 1, column 6: a key is missing"),
        (
            "\n[1]]",
            "line 2, column 4: a character that cannot start a value",
        ),
    ] {
        assert_eq!(third(text), message, "{text}");
    }
}

#[test]
fn duplicate_keys_are_a_matter_of_the_options() {
    let text = "a: 1\nb:\n  c: 1\n  'c': 2\n";
    assert_eq!(values(text), [json!({"a": 1, "b": {"c": 2}})]);
    assert_eq!(values("{\"a\": 1, \"a\": 2}"), [json!({"a": 2})]);
    let strict = ReadOptions {
        duplicate_keys: DuplicateKeys::Refuse,
        ..ReadOptions::default()
    };
    let refused = |text: &str| read(text.as_bytes(), &strict).unwrap_err();
    assert_eq!(refused(text), YamlError::DuplicateKey { at: at(4, 3, 17) });
    assert_eq!(
        refused("{\"a\": 1, \"a\": 2}"),
        YamlError::DuplicateKey { at: at(1, 10, 9) }
    );
    let merged = "b: &b {p: 1}\nv:\n  <<: *b\n  p: 2\n";
    assert!(read(merged.as_bytes(), &strict).is_ok());
}

#[test]
fn broken_text_is_told_by_class_and_position() {
    for (text, message) in [
        (
            "a:\n\tb: s3cret\n",
            "line 2, column 2: a tab where only spaces may indent",
        ),
        (
            "\ta: s3cret\n",
            "line 1, column 2: a tab where only spaces may indent",
        ),
        (
            "a: *s3cret\n",
            "line 1, column 4: an alias to an anchor that is not defined",
        ),
        ("a: 's3cret\n", "line 1, column 4: a quote is not closed"),
        (
            "a: [s3cret\n",
            "line 1, column 4: a bracket or brace is not closed",
        ),
        ("é: \u{0}s3cret\n", "line 1, column 4: a control character"),
        (
            "a: 1\n--- s3cret\n",
            "line 2, column 1: only a comment may stand behind a document separator",
        ),
    ] {
        let found = plain(text).unwrap_err();
        assert_eq!(found.to_string(), message, "{text:?}");
        assert!(!format!("{found:?}").contains("s3cret"));
    }
    let found = read(b"a: 1\n---\nb: \xff\n", &ReadOptions::default()).unwrap_err();
    assert_eq!(found.to_string(), "line 3, column 4: this is not UTF-8");
}

#[test]
fn places_are_kept_where_asked() {
    let options = ReadOptions {
        positions: true,
        ..ReadOptions::default()
    };
    let text = "# c\na:\n  é: [x, {k: v}]\n  s/l: 1\n---\nb: &b {k: v}\nc:\n  <<: *b\n";
    let found = read(text.as_bytes(), &options).unwrap();
    assert_eq!((found[0].line, found[1].line), (2, 6));
    let place = |pointer| found[0].place(pointer).unwrap();
    assert_eq!(place("/a").key, Some(at(2, 1, 4)));
    assert_eq!(place("/a/é").value, at(3, 6, 13));
    assert_eq!(place("/a/é/0").value, at(3, 7, 14));
    assert_eq!(place("/a/é/1/k").key, Some(at(3, 11, 18)));
    assert_eq!(place("/a/s~1l").value, at(4, 8, 32));
    assert_eq!(place("").value, at(2, 1, 4));
    assert_eq!(found[0].place("/a/x"), None);
    assert_eq!(found[1].position("/c/k"), found[1].position("/b/k"));
    let json = read(b"{\"a\":\n [1, true]}", &options).unwrap();
    assert_eq!(json[0].position("/a/1"), Some(at(2, 6, 11)));
    assert_eq!(plain(text).unwrap()[0].place("/a"), None);
}
