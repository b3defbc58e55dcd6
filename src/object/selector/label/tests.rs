use serde_json::json;

use super::*;

fn labels() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("a", "b"),
        ("e", "x"),
        ("n", "5"),
        ("in", "1"),
        ("empty", ""),
    ])
}

#[test]
fn matches_as_upstream_does() {
    for (text, matches) in [
        ("", true),
        ("  ", true),
        ("a=b", true),
        ("a==b", true),
        (" a = b ", true),
        ("a=c", false),
        ("z=c", false),
        ("a!=b", false),
        ("a!=c", true),
        ("z!=c", true),
        ("a", true),
        ("z", false),
        ("!a", false),
        ("!z", true),
        ("! z", true),
        ("e in (x,y)", true),
        ("e in (y)", false),
        ("e notin (x,y)", false),
        ("z notin (x,y)", true),
        ("e in(x)", true),
        ("empty=", true),
        ("empty=,a=b", true),
        ("empty in ()", true),
        ("empty in (,x)", true),
        ("empty in (x,,y)", true),
        ("empty in (x,)", true),
        ("z=", false),
        ("n>4", true),
        ("n>5", false),
        ("n<6", true),
        ("a<6", false),
        ("z<6", false),
        ("in=1", true),
        ("in in (1)", true),
        ("a=b,c!=d,e in (x,y),!f", true),
        ("a notin (in,notin)", true),
    ] {
        let selector = LabelSelector::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(selector.matches(&labels()), matches, "{text}");
    }
}

#[test]
fn refuses_as_upstream_does() {
    for (text, error) in [
        ("a,", "found '', expected: identifier after ','"),
        (
            "=",
            "found '=', expected: !, identifier, or 'end of string'",
        ),
        (
            ",a",
            "found ',', expected: !, identifier, or 'end of string'",
        ),
        ("!a=b", "found '=', expected: ',' or 'end of string'"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        (
            "!",
            "unable to parse requirement: found '', expected: identifier",
        ),
        (
            "a b",
            "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
        ),
        (
            "a in",
            "unable to parse requirement: found '' expected: '('",
        ),
        (
            "a in (",
            "unable to parse requirement: found '', expected: ',', ')' or identifier",
        ),
        (
            "a in (b",
            "unable to parse requirement: found '', expected: ',' or ')'",
        ),
        (
            "a in (b,",
            "unable to parse requirement: found '', expected: ',', or identifier",
        ),
        (
            "a=(",
            "unable to parse requirement: found '(', expected: identifier",
        ),
        (
            "n>x",
            "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' \
             operators, the value must be an integer",
        ),
        (
            "-a=b",
            "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of \
             alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric \
             character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
             '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        ),
        (
            "a=b?",
            "unable to parse requirement: values[0][a]: Invalid value: \"b?\": a valid label must \
             be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must \
             start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or \
             '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        ),
    ] {
        assert_eq!(
            LabelSelector::parse(text).unwrap_err().to_string(),
            error,
            "{text}"
        );
    }
}

#[test]
fn writes_what_it_reads() {
    for (text, written) in [
        ("b , a", "a,b"),
        ("a in (y,x,x)", "a in (x,y)"),
        ("!a,c!=d,b==1", "!a,b==1,c!=d"),
        ("z notin (a),n>1", "n>1,z notin (a)"),
    ] {
        assert_eq!(LabelSelector::parse(text).unwrap().to_string(), written);
    }
}

#[test]
fn reads_the_selector_of_the_api() {
    for (value, text) in [
        (json!({}), ""),
        (json!({"matchLabels": {"b": "c", "a": "b"}}), "a=b,b=c"),
        (
            json!({"matchLabels": {"a": "b"}, "matchExpressions": [
                {"key": "e", "operator": "In", "values": ["y", "x"]},
                {"key": "f", "operator": "NotIn", "values": ["z"]},
                {"key": "g", "operator": "Exists"},
                {"key": "h", "operator": "DoesNotExist", "values": []},
            ]}),
            "a=b,e in (x,y),f notin (z),g,!h",
        ),
    ] {
        let selector = LabelSelector::from_value(&value).unwrap();
        assert_eq!(selector.to_string(), text);
    }
    assert!(
        LabelSelector::from_value(&json!({}))
            .unwrap()
            .matches(&labels())
    );
    assert!(
        !LabelSelector::from_value(&Value::Null)
            .unwrap()
            .matches(&labels())
    );
    for (value, error) in [
        (
            json!({"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]}),
            "\"Gt\" is not a valid label selector operator",
        ),
        (
            json!({"matchExpressions": [{"key": "a", "operator": "In"}]}),
            "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty",
        ),
        (
            json!({"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}),
            "values: Invalid value: [\"b\"]: values set must be empty for exists and does not exist",
        ),
        (
            json!({"matchLabels": {"a": 1}}),
            "matchLabels is not of its type",
        ),
        (
            json!({"matchExpressions": [{"key": "a", "operator": "In", "values": "b"}]}),
            "matchExpressions is not of its type",
        ),
        (json!([]), "a label selector must be a map"),
    ] {
        assert_eq!(
            LabelSelector::from_value(&value).unwrap_err().to_string(),
            error
        );
    }
}
