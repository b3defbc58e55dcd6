//! No error of a template says anything of the values; no template runs for ever or grows without bound.

use std::collections::BTreeMap;

use proptest::prelude::*;
use waxwing::{
    secret::Hidden,
    template::{MAX_OUTPUT_BYTES, Policy, function_names, render},
};

/// What must not be seen in any error, in any form that a function might give it.
const PLANTED: &str = "pl4ntedS3cret";

fn values() -> BTreeMap<String, Hidden<Vec<u8>>> {
    [("password", PLANTED), ("number", "7")]
        .map(|(name, value)| (name.to_owned(), Hidden::new(value.as_bytes().to_vec())))
        .into()
}

/// The error of a template, if it has one, in all the forms that it is shown in.
fn error_of(text: &str) -> Option<String> {
    let error = render("t", text, &values(), &Policy::default()).err()?;
    Some(format!("{error} {error:?} {error:#?}"))
}

#[test]
fn no_function_tells_a_value_in_its_error() {
    let mut failed = 0;
    for name in function_names() {
        let value = ".password";
        let arguments = [
            "",
            value,
            ".password .password",
            ".password 1",
            "1 .password",
            ".password .password .password",
            ".password 1 .password",
            "1 1 .password",
            "(list .password) .password",
            "(dict .password .password) .password",
            ".password (list .password)",
            ".password (dict .password .password)",
            "-1 .password",
            "1i .password",
            "(dict .password 1)",
            "(list .password)",
            "(index (list .password) 3)",
            ".password.x",
            "(fromJson .password)",
            ".password .password 1",
        ];
        for argument in arguments {
            for text in [
                format!("{{{{ {name} {argument} }}}}"),
                format!("{{{{ {argument} | {name} .password }}}}"),
            ] {
                let Some(error) = error_of(&text) else {
                    continue;
                };
                failed += 1;
                for part in [PLANTED, "pl4nted", "S3cret", "cGw0bnRlZ"] {
                    assert!(!error.contains(part), "{text}: {error}");
                }
            }
        }
    }
    assert!(failed > 1000, "only {failed} errors were seen");
}

#[test]
fn no_control_tells_a_value_in_its_error() {
    for text in [
        "{{ fail .password }}",
        "{{ range .password }}{{ end }}",
        "{{ .password.x }}",
        "{{ template .password }}",
        "{{ .password | .password }}",
        "{{ index . .password 1 }}",
        "{{ mustFromJson .password }}",
        "{{ mustRegexMatch (print \"(\" .password) .password }}",
        "{{ mustToDate \"2006\" .password }}",
        "{{ semver .password }}",
        "{{ urlParse (print \":\" .password) }}",
    ] {
        let error = error_of(text).unwrap_or_else(|| panic!("{text} has no error"));
        assert!(!error.contains(PLANTED), "{text}: {error}");
    }
}

#[test]
fn every_step_is_bounded() {
    for text in [
        "{{ repeat 100000000 \"aaaaaaaaaa\" }}",
        "{{ until 100000000 }}",
        "{{ range 100000000000 }}{{ end }}",
        "{{ range 2000000 }}x{{ end }}",
        "{{ define \"a\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}",
        "{{ indent 10000000 .password }}",
        "{{ printf \"%999999d\" 1 }}{{ printf \"%999999d\" 1 }}",
        "{{ $d := dict }}{{ $_ := set $d \"a\" $d }}{{ $d }}",
        "{{ $d := list 1 }}{{ range 10000 }}{{ $d = list $d $d }}{{ end }}{{ $d }}",
        "{{ $s := \"aaaaaaaa\" }}{{ range 1000 }}{{ $s = print $s $s }}{{ end }}",
        "{{ regexMatch \"(a{1,900}){1,900}b\" (repeat 100000 \"a\") }}{{ repeat 100000000 \"a\" }}",
        "{{ seq 1 100000000 }}",
        "{{ nindent 100000000 \"a\" }}",
        "{{ wrapWith 1 (repeat 10000 \"x\") (repeat 100000 \"a\") }}",
        "{{ replace \"\" (repeat 1000 \"x\") (repeat 100000 \"a\") }}",
        "{{ untilStep 0 100 0 }}{{ seq 0 1 9000000000 }}",
    ] {
        let error = error_of(text).unwrap_or_else(|| panic!("{text} has no error"));
        assert!(
            error.contains("too ") || error.contains("Limit"),
            "{text}: {error}"
        );
    }
}

fn piece() -> impl Strategy<Value = String> {
    let names: Vec<&'static str> = function_names().collect();
    prop_oneof![
        proptest::sample::select(names).prop_map(|name| format!("{name} ")),
        proptest::sample::select(vec![
            "{{ ",
            " }}",
            "{{- ",
            " -}}",
            "(",
            ")",
            " | ",
            ".password ",
            ".",
            "$",
            "$x ",
            ":= ",
            "= ",
            "if ",
            "else ",
            "end ",
            "range ",
            "with ",
            "define \"a\" ",
            "template \"a\" ",
            "break ",
            "1 ",
            "-1 ",
            "1e9 ",
            "\"a\" ",
            "nil ",
            "9999999 ",
            "\n",
            "{{ end }}",
            "{{ range 9999999 }}",
            "(list 1 2) ",
            "(dict \"a\" 1) ",
            ", ",
            "'a' ",
            "`",
            "\"",
            "/*",
            "*/",
        ])
        .prop_map(str::to_owned),
        ".{0,6}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_ends_within_its_bounds(pieces in prop::collection::vec(piece(), 0..24)) {
        let text = pieces.concat();
        match render("t", &text, &values(), &Policy::default()) {
            Ok(output) => prop_assert!(output.expose().len() <= MAX_OUTPUT_BYTES),
            Err(error) => {
                let shown = format!("{} {:?}", error, error);
                prop_assert!(!shown.contains(PLANTED));
            }
        }
    }
}
