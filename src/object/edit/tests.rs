use super::*;

fn change(pointer: &str, to: To) -> Change {
    Change {
        document: 0,
        pointer: pointer.to_owned(),
        to,
    }
}

fn set(pointer: &str, value: &str) -> Change {
    change(pointer, To::Text(value.to_owned()))
}

fn new(pointer: &str, value: &str) -> Change {
    change(pointer, To::New(value.to_owned()))
}

fn gone(pointer: &str) -> Change {
    change(pointer, To::Gone)
}

const FILE: &str = "# head\nspec: # of it\n  encryptedData:\n    # the first\n    b: AgB+/= # tail\n    'd':   \"AgD\"\n    f: |-\n      Ag\n      F\n\n    # last\n    h: AgH\n  template: {data: {x: y}, type: Opaque}\n";

#[test]
fn values_change_in_every_style_and_nothing_else_does() {
    let changes = [
        set("/spec/encryptedData/b", "NEW="),
        set("/spec/encryptedData/d", "NEW="),
        set("/spec/encryptedData/f", "NEW="),
        set("/spec/encryptedData/h", "NEW="),
        set("/spec/template/data/x", "a, b"),
    ];
    let wanted = FILE
        .replace("AgB+/=", "NEW=")
        .replace("\"AgD\"", "\"NEW=\"")
        .replace("|-\n      Ag\n      F", "NEW=")
        .replace("AgH", "NEW=")
        .replace("x: y", "x: \"a, b\"");
    assert_eq!(apply(FILE, &changes).unwrap(), wanted);
    let crlf = FILE.replace('\n', "\r\n");
    assert_eq!(
        apply(&crlf, &changes).unwrap(),
        wanted.replace('\n', "\r\n")
    );
    let end = FILE.trim_end();
    assert_eq!(apply(end, &changes).unwrap(), wanted.trim_end());
}

#[test]
fn a_field_is_added_beside_the_one_before_it_by_name() {
    for (name, before, after) in [
        ("a", "    b: AgB", "    a: AgX\n    b: AgB"),
        ("c", "# tail\n", "# tail\n    c: AgX\n"),
        ("e", "\"AgD\"\n", "\"AgD\"\n    e: AgX\n"),
        ("g", "      F\n", "      F\n    g: AgX\n"),
        ("z", "h: AgH\n", "h: AgH\n    z: AgX\n"),
    ] {
        let pointer = format!("/spec/encryptedData/{name}");
        let done = apply(FILE, &[new(&pointer, "AgX")]).unwrap();
        assert_eq!(done, FILE.replace(before, after), "{name}");
    }
    let two = apply(
        FILE,
        &[
            new("/spec/encryptedData/i", "1a"),
            new("/spec/encryptedData/j", "2b"),
        ],
    );
    assert_eq!(
        two.unwrap(),
        FILE.replace("h: AgH\n", "h: AgH\n    i: 1a\n    j: 2b\n")
    );
    let flow = apply(FILE, &[new("/spec/template/data/z", "1")]).unwrap();
    assert_eq!(flow, FILE.replace("x: y", "x: y, z: \"1\""));
}

#[test]
fn a_field_goes_with_its_line() {
    let done = apply(
        FILE,
        &[gone("/spec/encryptedData/b"), gone("/spec/encryptedData/f")],
    );
    let wanted = FILE
        .replace("    b: AgB+/= # tail\n", "")
        .replace("    f: |-\n      Ag\n      F\n", "");
    assert_eq!(done.unwrap(), wanted);
    let flow = "a: {b: x, c: y, d: z}\n";
    for (name, wanted) in [
        ("b", "a: {c: y, d: z}\n"),
        ("c", "a: {b: x, d: z}\n"),
        ("d", "a: {b: x, c: y}\n"),
    ] {
        assert_eq!(apply(flow, &[gone(&format!("/a/{name}"))]).unwrap(), wanted);
    }
}

#[test]
fn the_last_field_leaves_an_empty_map_that_takes_a_first_one_again() {
    let text = "a:\n  b: # why\n    c: x # gone\nd: 1\n";
    let done = apply(text, &[gone("/a/b/c")]).unwrap();
    assert_eq!(done, "a:\n  b: {} # why\nd: 1\n");
    let again = apply(&done, &[new("/a/b/k", "v")]).unwrap();
    assert_eq!(again, "a:\n  b: {k: v} # why\nd: 1\n");
}

#[test]
fn json_stays_json() {
    let text = "{\n  \"a\": {\n    \"b\": \"x\",\n    \"d\": \"y\"\n  }\n}\n";
    let done = apply(text, &[set("/a/b", "1"), new("/a/c", "2"), gone("/a/d")]).unwrap();
    assert_eq!(
        done,
        "{\n  \"a\": {\n    \"b\": \"1\",\n    \"c\": \"2\"\n  }\n}\n"
    );
    let one = apply("{\"a\":{\"b\":\"x\"}}", &[new("/a/0", "y")]).unwrap();
    assert_eq!(one, "{\"a\":{\"0\": \"y\", \"b\":\"x\"}}");
    let empty = apply("{\"a\":{}}", &[new("/a/0", "y")]).unwrap();
    assert_eq!(empty, "{\"a\":{\"0\": \"y\"}}");
}

#[test]
fn documents_of_a_stream_are_told_apart() {
    let text = "---\n# none\n---\na: {k: x}\n---\na: {k: x}\n";
    let mut second = set("/a/k", "other");
    second.document = 1;
    assert_eq!(
        apply(text, &[second]).unwrap(),
        "---\n# none\n---\na: {k: x}\n---\na: {k: other}\n"
    );
}

#[test]
fn what_cannot_be_changed_alone_is_refused() {
    let shared = "a: &x {k: v}\nb: *x\n";
    assert!(matches!(
        apply(shared, &[set("/a/k", "w")]),
        Err(EditError::Unclear(_))
    ));
    assert!(matches!(
        apply(shared, &[set("/b/k", "w")]),
        Err(EditError::Unclear(_))
    ));
    let alias = "a: &x v\nb: *x\n";
    assert!(matches!(
        apply(alias, &[set("/b", "w")]),
        Err(EditError::Unclear(_))
    ));
    assert_eq!(
        apply("a: {}\n", &[set("/a/k", "w")]),
        Err(EditError::Missing("/a/k".to_owned()))
    );
    assert_eq!(
        apply("a: {k: v}\n", &[new("/a/k", "w")]),
        Err(EditError::Taken("/a/k".to_owned()))
    );
    assert!(matches!(
        apply("a: [\n", &[gone("/a")]),
        Err(EditError::Yaml(_))
    ));
}

#[test]
fn odd_keys_are_found() {
    let text = "a:\n  \"b c\": x\n  tls.crt: y\n  ~: z\n  a/b: w\n";
    let text = text.replace("  ~: z\n", "");
    let done = apply(
        &text,
        &[
            set("/a/b c", "1z"),
            set("/a/tls.crt", "2z"),
            set("/a/a~1b", "3z"),
        ],
    );
    assert_eq!(
        done.unwrap(),
        "a:\n  \"b c\": 1z\n  tls.crt: 2z\n  a/b: 3z\n"
    );
}
