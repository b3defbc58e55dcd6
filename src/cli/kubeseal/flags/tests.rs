use super::*;

const fn flag(name: &'static str, short: Option<char>, kind: Kind) -> Flag {
    Flag {
        name,
        short,
        kind,
        value: "",
        default: "",
        usage: "x",
        from_env: true,
    }
}

fn only_even(text: &str) -> Result<(), String> {
    text.len()
        .is_multiple_of(2)
        .then_some(())
        .ok_or("odd".into())
}

const TABLE: &[Flag] = &[
    flag("format", Some('o'), Kind::Text),
    flag("raw", Some('r'), Kind::Bool),
    flag("from-file", None, Kind::Texts),
    flag("as-group", None, Kind::TextArray),
    flag("scope", Some('s'), Kind::Checked(only_even)),
    flag(
        "rotate",
        None,
        Kind::Deprecated("please use --re-encrypt instead"),
    ),
];

fn run(arguments: &[&str]) -> Result<Given, FlagError> {
    let arguments: Vec<_> = arguments.iter().map(|text| (*text).to_owned()).collect();
    parse(TABLE, "X", |_| None, &arguments)
}

#[test]
fn takes_values_in_every_form() {
    for arguments in [
        &["--format", "yaml"][..],
        &["--format=yaml"],
        &["-o", "yaml"],
        &["-oyaml"],
        &["-o=yaml"],
        &["-ro", "yaml"],
        &["-royaml"],
        &[
            "first", "-o", "json", "-", "--format", "yaml", "--", "-o", "json",
        ],
    ] {
        assert_eq!(
            run(arguments).unwrap().text("format"),
            Some("yaml"),
            "{arguments:?}"
        );
    }
    assert!(run(&["--raw"]).unwrap().is_set("raw"));
    assert!(!run(&["--raw", "--raw=F"]).unwrap().is_set("raw"));
    assert_eq!(run(&["--format="]).unwrap().text("format"), Some(""));
}

#[test]
fn splits_lists_at_commas() {
    for (arguments, wanted) in [
        (&["--from-file", "a,b"][..], &["a", "b"][..]),
        (&["--from-file", "a", "--from-file=b,c"], &["a", "b", "c"]),
        (&["--from-file", "\"a,\"\"b\",c"], &["a,\"b", "c"]),
        (&["--from-file", ""], &[]),
    ] {
        assert_eq!(run(arguments).unwrap().texts("from-file"), wanted);
    }
    assert_eq!(
        run(&["--as-group", "a,b"]).unwrap().texts("as-group"),
        ["a,b"]
    );
}

/// The sentences were seen from the original.
#[test]
fn says_what_pflag_says() {
    for (arguments, wanted) in [
        (&["--nope"][..], "unknown flag: --nope"),
        (&["--nope=1"], "unknown flag: --nope"),
        (&["--format"], "flag needs an argument: --format"),
        (&["-o"], "flag needs an argument: 'o' in -o"),
        (&["-rx"], "unknown shorthand flag: 'x' in -x"),
        (&["--=x"], "bad flag syntax: --=x"),
        (
            &["--raw=maybe"],
            "invalid argument \"maybe\" for \"-r, --raw\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax",
        ),
        (
            &["--scope", "x"],
            "invalid argument \"x\" for \"-s, --scope\" flag: odd",
        ),
        (
            &["--from-file", "\"a"],
            "invalid argument \"\\\"a\" for \"--from-file\" flag: parse error on line 1, column 3: extraneous or missing \" in quoted-field",
        ),
    ] {
        assert_eq!(run(arguments).unwrap_err(), FlagError::Wrong(wanted.into()));
    }
    assert_eq!(run(&["-h"]).unwrap_err(), FlagError::Help);
}

#[test]
fn the_environment_comes_first_and_may_be_wrong() {
    let environment = |name: &str| match name {
        "X_FORMAT" => Some("yaml".to_owned()),
        "X_SCOPE" => Some("odd".to_owned()),
        "X_FROM_FILE" => Some("a".to_owned()),
        _ => None,
    };
    let given = parse(TABLE, "X", environment, &["--from-file=b".to_owned()]).unwrap();
    assert_eq!(given.text("format"), Some("yaml"));
    assert_eq!(given.text("scope"), None);
    assert_eq!(given.texts("from-file"), ["a", "b"]);
    let given = parse(TABLE, "X", environment, &["-ojson".to_owned()]).unwrap();
    assert_eq!(given.text("format"), Some("json"));
}

#[test]
fn a_deprecated_flag_prints_a_line() {
    let given = run(&["--rotate"]).unwrap();
    assert!(given.is_set("rotate"));
    assert_eq!(
        given.notes,
        ["Flag --rotate has been deprecated, please use --re-encrypt instead"]
    );
}
