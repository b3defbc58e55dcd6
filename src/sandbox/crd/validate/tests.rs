use serde_json::{Value, json};

use super::*;

fn lines(schema: &Value, value: &Value) -> Vec<String> {
    let whole = json!({"type": "object", "properties": {"spec": {"type": "object",
        "properties": {"x": schema}}}});
    Structural::read(&whole)
        .unwrap()
        .validate(&json!({"spec": {"x": value}}))
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn one_rule_one_message() {
    let nothing: [&str; 0] = [];
    for (schema, value, said) in [
        (
            json!({"type": "integer"}),
            json!("string"),
            &[
                r#"spec.x: Invalid value: "string": spec.x in body must be of type integer: "string""#,
            ][..],
        ),
        (json!({"type": "integer"}), json!(2.0), &nothing),
        (
            json!({"type": "integer"}),
            json!(2.5),
            &[
                r#"spec.x: Invalid value: "number": spec.x in body must be of type integer: "number""#,
            ],
        ),
        (json!({"type": "number"}), json!(2), &nothing),
        (
            json!({"type": "string"}),
            json!(null),
            &[r#"spec.x: Invalid value: "null": spec.x in body must be of type string: "null""#],
        ),
        (
            json!({"type": "string", "nullable": true}),
            json!(null),
            &nothing,
        ),
        (
            json!({"x-kubernetes-int-or-string": true}),
            json!(true),
            &[
                r#"spec.x: Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean""#,
            ],
        ),
        (
            json!({"type": "string", "enum": ["a", "b"]}),
            json!("x"),
            &[r#"spec.x: Unsupported value: "x": supported values: "a", "b""#],
        ),
        (
            json!({"type": "integer", "enum": [1, 2]}),
            json!(3),
            &[r#"spec.x: Unsupported value: 3: supported values: "1", "2""#],
        ),
        (
            json!({"type": "string", "pattern": "^a+$"}),
            json!("b"),
            &[r#"spec.x: Invalid value: "b": spec.x in body should match '^a+$'"#],
        ),
        (
            json!({"type": "string", "maxLength": 3}),
            json!("äbcd"),
            &["spec.x: Too long: may not be more than 3 bytes"],
        ),
        (
            json!({"type": "string", "minLength": 3}),
            json!("ab"),
            &[r#"spec.x: Invalid value: "ab": spec.x in body should be at least 3 chars long"#],
        ),
        (
            json!({"type": "integer", "maximum": 3}),
            json!(4),
            &["spec.x: Invalid value: 4: spec.x in body should be less than or equal to 3"],
        ),
        (
            json!({"type": "number", "minimum": 0.5, "exclusiveMinimum": true}),
            json!(0.5),
            &["spec.x: Invalid value: 0.5: spec.x in body should be greater than 0.5"],
        ),
        (
            json!({"type": "integer", "multipleOf": 5}),
            json!(7),
            &["spec.x: Invalid value: 7: spec.x in body should be a multiple of 5"],
        ),
        (
            json!({"type": "array", "items": {"type": "string"}, "minItems": 2}),
            json!(["a"]),
            &["spec.x: Invalid value: 1: spec.x in body should have at least 2 items"],
        ),
        (
            json!({"type": "array", "items": {"type": "string"}, "maxItems": 1}),
            json!(["a", 1]),
            &[
                r#"spec.x[1]: Invalid value: "integer": spec.x[1] in body must be of type string: "integer""#,
                "spec.x: Too many: 2: must have at most 1 item",
            ],
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 1}),
            json!({"a": "", "b": 1}),
            &[
                "spec.x: Too many: 2: must have at most 1 item",
                r#"spec.x.b: Invalid value: "integer": spec.x.b in body must be of type string: "integer""#,
            ],
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}),
            json!({}),
            &["spec.x.a: Required value"],
        ),
        (
            json!({"type": "string", "format": "date-time"}),
            json!("soon"),
            &[r#"spec.x: Invalid value: "soon": spec.x in body must be of type date-time: "soon""#],
        ),
        (
            json!({"type": "string", "format": "unheard-of"}),
            json!("x"),
            &nothing,
        ),
        (
            json!({"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"}),
            json!(["a", "b", "a", "a"]),
            &[r#"spec.x[2]: Duplicate value: "a""#],
        ),
        (
            json!({"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["n", "p"]}),
            json!([{"n": "a", "p": 1, "z": 1}, {"n": "a", "p": 1}]),
            &[r#"spec.x[1]: Duplicate value: {"n":"a","p":1}"#],
        ),
    ] {
        assert_eq!(lines(&schema, &value), said, "{schema} {value}");
    }
}

#[test]
fn branches_are_told_without_a_field() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}]});
    assert_eq!(
        lines(&schema, &json!({})),
        [
            r#"<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found none valid"#,
            "spec.x.a: Required value"
        ]
    );
    assert_eq!(
        lines(&schema, &json!({"a": "", "b": ""})),
        [
            r#"<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found 2 valid alternatives"#
        ]
    );
    let any = json!({"type": "integer", "anyOf": [{"minimum": 5}, {"maximum": 2}]});
    assert_eq!(lines(&any, &json!(1)), [""; 0]);
    assert_eq!(
        lines(&any, &json!(3)),
        [
            r#"<nil>: Invalid value: "": "spec.x" must validate at least one schema (anyOf)"#,
            "spec.x: Invalid value: 3: spec.x in body should be greater than or equal to 5"
        ]
    );
    let all = json!({"type": "integer", "allOf": [{"minimum": 5}], "not": {"enum": [3]}});
    assert_eq!(
        lines(&all, &json!(3)),
        [
            "spec.x: Invalid value: 3: spec.x in body should be greater than or equal to 5",
            r#"<nil>: Invalid value: "": "spec.x" must validate all the schemas (allOf). None validated"#,
            r#"<nil>: Invalid value: "": "spec.x" must not validate the schema (not)"#
        ]
    );
}
