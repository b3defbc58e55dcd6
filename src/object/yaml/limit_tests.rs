//! What the reader refuses for its size, and what it must not.

use super::{Limit, Limits, ReadOptions, YamlError, read};

#[test]
fn each_limit_is_held() {
    let small = Limits {
        document_bytes: 60,
        stream_bytes: 200,
        nodes: 12,
        stream_nodes: 20,
        aliases: 2,
        depth: 3,
    };
    let options = ReadOptions {
        limits: small,
        ..ReadOptions::default()
    };
    let long = "x".repeat(60);
    let anchors = "&a [&b [&c [xxxxxxxxxxxxxxxxxxxxxxxxxxx]]]\n".to_owned();
    for (text, limit) in [
        (format!("a: {long}\n"), Limit::DocumentBytes),
        (format!("{{\"a\": \"{long}\"}}\n"), Limit::DocumentBytes),
        (
            "a: &a xxxxxxxxxxxxxxxxxxxxxxxxx\nb: [*a, *a]\n".to_owned(),
            Limit::DocumentBytes,
        ),
        (anchors, Limit::DocumentBytes),
        ("#\n".repeat(101), Limit::StreamBytes),
        (format!("[{}]\n", "1, ".repeat(12)), Limit::Nodes),
        (
            format!("{{\"a\": [{}1]}}\n", "1, ".repeat(12)),
            Limit::Nodes,
        ),
        ("a: &a [1, 2, 3, 4]\nb: *a\n".to_owned(), Limit::Nodes),
        ("[1, 2, 3, 4, 5, 6]\n---\n".repeat(3), Limit::StreamNodes),
        ("a: &a 1\nb: [*a, *a, *a]\n".to_owned(), Limit::Aliases),
        ("[[[[1]]]]\n".to_owned(), Limit::Depth),
        ("{\"a\": {\"b\": [[]]}}\n".to_owned(), Limit::Depth),
        ("a:\n  b:\n    c:\n      d: 1\n".to_owned(), Limit::Depth),
        ("- - - - 1\n".to_owned(), Limit::Depth),
        ("a: &a [[1]]\nb: [*a]\n".to_owned(), Limit::Depth),
    ] {
        match read(text.as_bytes(), &options) {
            Err(YamlError::TooLarge {
                limit: found, most, ..
            }) => {
                assert_eq!(found, limit, "{text}");
                assert_eq!(most, options.limits.most(limit));
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    assert!(read(b"a: [[1]]\nb: [2, 3]\n", &options).is_ok());
}

#[test]
fn bombs_are_refused_by_the_default_limits() {
    let limit_of = |text: &str| match read(text.as_bytes(), &ReadOptions::default()) {
        Err(YamlError::TooLarge { limit, .. }) => limit,
        other => panic!("{other:?}"),
    };
    let laughs: String = (0..12)
        .map(|level| {
            format!(
                "a{}: &a{} [{}]\n",
                level,
                level,
                vec![format!("*a{}", level - 1); 9].join(", ")
            )
        })
        .collect::<String>();
    let laughs = laughs.replace(
        "[*a-1, *a-1, *a-1, *a-1, *a-1, *a-1, *a-1, *a-1, *a-1]",
        "[lol]",
    );
    assert_eq!(limit_of(&laughs), Limit::Nodes);
    let text = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(1 << 20),
        "*a, ".repeat(900)
    );
    assert_eq!(limit_of(&text), Limit::DocumentBytes);
    assert_eq!(
        limit_of(&format!("a: {}", "x".repeat(4 << 20))),
        Limit::DocumentBytes
    );
    assert_eq!(
        limit_of(&format!("{{\"a\": \"{}\"}}", "x".repeat(4 << 20))),
        Limit::DocumentBytes
    );
    assert_eq!(limit_of(&"[".repeat(10_000)), Limit::Depth);
    assert_eq!(limit_of(&"{\"a\":".repeat(10_000)), Limit::Depth);
    assert_eq!(limit_of(&"- ".repeat(10_000)), Limit::Depth);
    assert_eq!(
        limit_of(&format!("[{}]", "1,".repeat(100_001))),
        Limit::Nodes
    );
    let merges = format!(
        "a: &a {{{}}}\nb:\n{}",
        "k: 1, ".repeat(300),
        "  <<: *a\n".repeat(900)
    );
    assert_eq!(limit_of(&merges), Limit::Nodes);
}

#[test]
fn long_streams_are_read() {
    let documents = |text: &str| read(text.as_bytes(), &ReadOptions::default()).unwrap();
    let one = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: n\ndata:\n  k: v\n";
    assert_eq!(documents(&format!("{one}---\n").repeat(2000)).len(), 2000);
    let list = format!(
        "kind: List\nitems:\n{}",
        "- kind: ConfigMap\n  data:\n    k: v\n".repeat(2000)
    );
    assert_eq!(
        documents(&list)[0].value["items"].as_array().unwrap().len(),
        2000
    );
    assert_eq!(
        documents(&"{\"kind\": \"ConfigMap\"}\n".repeat(2000)).len(),
        2000
    );
}
