//! A template of 50 lines: to parse, and to run.

use std::collections::BTreeMap;

use divan::Bencher;
use waxwing::{
    secret::Hidden,
    template::{Policy, Template},
};

/// Fifty lines as they stand in configuration files: text with a value, one with a function.
fn text() -> String {
    "user: {{ .user }}\npassword: {{ .password | quote }}\n".repeat(25)
}

fn values() -> BTreeMap<String, Hidden<Vec<u8>>> {
    ["user", "password"]
        .map(|name| (name.to_owned(), Hidden::new(name.as_bytes().to_vec())))
        .into()
}

#[divan::bench]
fn parses_50_lines(bencher: Bencher) {
    let text = text();
    bencher.bench(|| Template::parse("t", &text).unwrap());
}

#[divan::bench]
fn runs_50_lines(bencher: Bencher) {
    let (text, values) = (text(), values());
    let template = Template::parse("t", &text).unwrap();
    bencher.bench_local(|| template.run(&values, &Policy::default()).unwrap());
}
