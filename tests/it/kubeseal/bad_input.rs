//! Bad input gets a clear error and exit code 1, and nothing is half written.

use std::fmt::Write;

use jiff::Timestamp;
use waxwing::seal::SealingKey;

use super::program::Program;

const SECRET: &str =
    "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\nstringData: {k: v}\n";
const OLD: &str = "what was there before\n";

/// Runs with an output file that holds something, which must stay as it is.
fn refused(program: &Program, arguments: &[&str], stdin: impl AsRef<[u8]>, wanted: &str) {
    program.put("out.yaml", OLD);
    let mut with_file = arguments.to_vec();
    with_file.extend(["-w", "out.yaml"]);
    for arguments in [arguments, &with_file] {
        let done = program.run(arguments, &stdin);
        assert_eq!(done.stderr, format!("error: {wanted}\n"), "{arguments:?}");
        assert_eq!((done.code, done.stdout.as_str()), (1, ""), "{arguments:?}");
    }
    assert_eq!(program.read("out.yaml"), OLD);
}

fn seal_refused(stdin: impl AsRef<[u8]>, wanted: &str) {
    refused(&Program::ours(), &["--cert", "small.crt"], stdin, wanted);
}

/// As recorded of the original: the second is no JSON.
const SECOND_BROKEN: &str = concat!(
    r#"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "b"}, "stringData": {"k": "v"}}"#,
    "\n{broken"
);

#[test]
fn a_broken_document_among_good_ones_is_an_error() {
    let stream = format!("{SECRET}---\na: [\n---\n{SECRET}");
    let program = Program::ours();
    let done = program.run(&["--cert", "small.crt"], stream);
    assert_eq!((done.code, done.stdout.as_str()), (1, ""));
    assert!(
        done.stderr
            .starts_with("error: standard input: document 2: line "),
        "{}",
        done.stderr
    );
    // Also behind one JSON object, where the original seals the first and says nothing.
    let done = program.run(&["--cert", "small.crt"], SECOND_BROKEN);
    assert_eq!((done.code, done.stdout.as_str()), (1, ""));
    assert!(
        done.stderr
            .starts_with("error: standard input: document 2: line 2, "),
        "{}",
        done.stderr
    );
    // Also in the place of the third JSON object, where the original never returns.
    let json =
        r#"{"kind":"Secret","metadata":{"name":"a","namespace":"b"},"stringData":{"k":"v"}}"#;
    let done = program.run(
        &["--cert", "small.crt"],
        format!("{json}\n{json}\n{{broken"),
    );
    assert_eq!((done.code, done.stdout.as_str()), (1, ""));
    assert!(
        done.stderr
            .starts_with("error: standard input: document 3: line 3, "),
        "{}",
        done.stderr
    );
}

#[test]
fn an_error_in_a_later_secret_prints_none() {
    let stream = format!("{SECRET}---\n{}", SECRET.replace("name: a", "x: y"));
    seal_refused(stream, "missing metadata.name in input Secret");
}

#[test]
fn bombs_and_giants_are_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let list = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{list}]").unwrap();
    }
    let program = Program::ours();
    for (stdin, wanted) in [
        (bomb, "in one document"),
        (
            format!("a: \"{}\"\n", "x".repeat(4 << 20)),
            "more than 3145728 bytes in one document",
        ),
        (
            format!("a: \"{}\"\n", "x".repeat(100 << 20)),
            "standard input: more than 67108864 bytes",
        ),
        (format!("a: {}\n", "[".repeat(1000)), "64 levels of nesting"),
    ] {
        let done = program.run(&["--cert", "small.crt"], &stdin);
        assert!(
            done.stderr.starts_with("error: standard input: "),
            "{}",
            done.stderr
        );
        assert!(done.stderr.contains(wanted), "{}", done.stderr);
        assert_eq!((done.code, done.stdout.as_str()), (1, ""));
    }
}

#[test]
fn values_never_show_up_in_errors() {
    for text in [
        "kind: Secret\nmetadata: {name: a, namespace: b}\ndata: {k: planted-value}\n",
        "kind: Secret\nmetadata: {name: a, namespace: b}\nstringData: {k: [planted-value]}\n",
        "kind: Secret\nmetadata: {namespace: b}\nstringData: {k: planted-value}\n",
        "kind: Secret\nstringData: {k: planted-value, \"\n",
    ] {
        let done = Program::ours().run(&["--cert", "small.crt"], text);
        assert_eq!(done.code, 1);
        assert!(!done.stderr.contains("planted"), "{}", done.stderr);
    }
}

#[test]
fn certificates_that_cannot_be_used() {
    let program = Program::ours();
    let begin = Timestamp::from_second(1_396_000_000).unwrap();
    let end: Timestamp = "2015-04-09T12:00:00Z".parse().unwrap();
    let key = SealingKey::generate(2048, "", begin, end).unwrap();
    program.put("expired.crt", key.certificate().unwrap().pem());
    let pair = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::default();
    program.put("elliptic.crt", params.self_signed(&pair).unwrap().pem());
    program.put("empty.crt", "");
    program.put("large.crt", vec![b'x'; (4 << 20) + 1]);
    std::fs::create_dir(program.path("folder")).unwrap();
    for (file, wanted) in [
        (
            "expired.crt",
            "failed to encrypt using an expired certificate on April 9, 2015",
        ),
        (
            "elliptic.crt",
            "expected RSA public key but found an ECDSA key",
        ),
        (
            "empty.crt",
            "data does not contain any valid RSA or ECDSA certificates",
        ),
        ("large.crt", "large.crt: more than 4194304 bytes"),
        ("folder", "read folder: is a directory"),
        (
            "ftp://x/y",
            "Get \"ftp://x/y\": unsupported protocol scheme \"ftp\"",
        ),
        (
            "file:///nowhere/x",
            "cannot fetch \"file:///nowhere/x\": 404 Not Found",
        ),
    ] {
        refused(&program, &["--cert", file], SECRET, wanted);
    }
}

#[test]
fn keys_of_another_kind_and_damaged_ciphertexts() {
    let program = Program::ours();
    let sealed = program.answer(&["--cert", "small.crt", "-o", "yaml"], SECRET);
    program.put(
        "elliptic.key",
        rcgen::KeyPair::generate().unwrap().serialize_pem(),
    );
    program.put(
        "nokey.json",
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"data":{"x":""}}"#,
    );
    let open = |key: &str, sealed: &str, wanted: &str| {
        let arguments = ["--recovery-unseal", "--recovery-private-key", key];
        refused(&program, &arguments, sealed, wanted);
    };
    open(
        "elliptic.key",
        &sealed,
        "elliptic.key: private key is of another algorithm, an RSA key is needed",
    );
    open(
        "nokey.json",
        &sealed,
        "secret must contain a 'tls.data' key",
    );
    let start = sealed.find("k: ").unwrap() + 3;
    let end = start + sealed[start..].find('\n').unwrap();
    let cut = format!("{}{}", &sealed[..end - 8], &sealed[end..]);
    open("small.key", &cut, "no key could decrypt secret (k)");
    let swapped = if &sealed[end - 6..end - 5] == "A" {
        "B"
    } else {
        "A"
    };
    let changed = format!("{}{swapped}{}", &sealed[..end - 6], &sealed[end - 5..]);
    open("small.key", &changed, "no key could decrypt secret (k)");
    let odd = format!("{}*{}", &sealed[..start + 10], &sealed[start + 11..]);
    open(
        "small.key",
        &odd,
        "illegal base64 data at input byte 10 (k)",
    );
    open(
        "small.key",
        &sealed.replace("kind: SealedSecret", "kind: Other"),
        "no kind \"Other\" is registered for version \"bitnami.com/v1alpha1\"",
    );
    let template = "    data:\n      t: '{{ .k | fail }}'\n";
    let templated = sealed.replace("  template:\n", &format!("  template:\n{template}"));
    open(
        "small.key",
        &templated,
        "template: line 1, column 9: function fail failed (t)",
    );
}

#[test]
fn a_raw_value_has_its_limit() {
    let program = Program::ours();
    let arguments = ["--cert", "small.crt", "--raw", "--scope", "cluster-wide"];
    let done = program.run(&arguments, vec![0; (64 << 20) + 1]);
    assert_eq!(
        done.stderr,
        "error: standard input: more than 67108864 bytes\n"
    );
    assert_eq!((done.code, done.stdout.as_str()), (1, ""));
}

#[test]
fn a_file_to_merge_into_stays_when_something_is_wrong() {
    let program = Program::ours();
    let sealed = program.answer(&["--cert", "small.crt", "-oyaml"], SECRET);
    program.put("two.yaml", sealed.repeat(2));
    program.put("one.yaml", &sealed);
    for (file, extra, wanted) in [
        (
            "two.yaml",
            "--scope=strict",
            "two.yaml: one SealedSecret is needed, 2 found",
        ),
        (
            "one.yaml",
            "--scope=cluster-wide",
            "one.yaml: is sealed with scope strict, items of scope cluster-wide could not be opened in it",
        ),
        ("one.yaml", "--format=xml", "unsupported output format: xml"),
    ] {
        let before = program.read(file);
        let done = program.run(
            &["--cert", "small.crt", "--merge-into", file, extra],
            SECRET,
        );
        assert_eq!(done.stderr, format!("error: {wanted}\n"));
        assert_eq!(done.code, 1);
        assert_eq!(program.read(file), before);
    }
}

#[test]
fn the_password_of_a_url_never_shows_up() {
    let program = Program::ours();
    let config = "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: 'http://u:planted@127.0.0.1:1'}}]\n\
                  users: [{name: u, user: {}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n";
    program.put("password.yaml", config);
    for arguments in [
        vec!["--fetch-cert", "--cert", "http://u:planted@127.0.0.1:1/x"],
        vec!["--fetch-cert", "--cert", "ftp://u:planted@127.0.0.1:1/x"],
        vec!["--fetch-cert", "--kubeconfig", "password.yaml"],
    ] {
        let answer = program.run(&arguments, "");
        assert_eq!(answer.code, 1);
        assert!(
            answer.stderr.contains("u:***@127.0.0.1:1"),
            "{}",
            answer.stderr
        );
        assert!(!answer.stderr.contains("planted"), "{}", answer.stderr);
    }
}
