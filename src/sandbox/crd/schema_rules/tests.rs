use serde_json::json;

use super::*;

fn lines(schema: &Value) -> Vec<String> {
    check(schema, "s").iter().map(ToString::to_string).collect()
}

#[test]
fn one_rule_one_message() {
    let property = |schema: Value| json!({"type": "object", "properties": {"x": schema}});
    for (schema, said) in [
        (
            json!({}),
            &["s.type: Required value: must not be empty at the root"][..],
        ),
        (
            json!({"type": "string"}),
            &[r#"s.type: Invalid value: "string": must be object at the root"#],
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            &["s.additionalProperties: Forbidden: must not be used at the root"],
        ),
        (
            property(json!({})),
            &[
                "s.properties[x].type: Required value: must not be empty for specified object fields",
            ],
        ),
        (
            property(json!({"type": "text"})),
            &[
                r#"s.properties[x].type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string""#,
            ],
        ),
        (
            property(json!({"type": "array"})),
            &["s.properties[x].items: Required value: must be specified"],
        ),
        (property(json!({"x-kubernetes-int-or-string": true})), &[]),
        (
            property(json!({"x-kubernetes-int-or-string": true,
                "anyOf": [{"type": "integer"}, {"type": "string"}]})),
            &[],
        ),
        (
            property(json!({"type": "string", "anyOf": [{"type": "integer"}]})),
            &["s.properties[x].anyOf[0].type: Forbidden: must be empty to be structural"],
        ),
        (
            json!({"type": "object", "oneOf": [{"required": ["a"], "properties": {"a": {}}}]}),
            &["s.properties[a]: Required value: because it is defined in s.oneOf[0].properties[a]"],
        ),
        (
            property(
                json!({"type": "object", "properties": {"a": {"type": "string"}},
                "additionalProperties": false}),
            ),
            &[
                "s.properties[x].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive",
            ],
        ),
        (
            property(json!({"type": "array", "items": {"type": "string"}, "uniqueItems": true})),
            &[
                "s.properties[x].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
            ],
        ),
        (
            property(
                json!({"type": "array", "items": {"type": "object", "properties": {
                "k": {"type": "string"}}}, "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["k"]}),
            ),
            &[
                "s.properties[x].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
            ],
        ),
        (
            property(json!({"type": "integer", "default": "a"})),
            &[
                r#"s.properties[x].default: Invalid value: "string":  in body must be of type integer: "string""#,
            ],
        ),
        (
            json!({"type": "object", "properties": {"metadata": {"type": "object", "properties": {
                "labels": {"type": "object"}}}}}),
            &[
                "s.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified",
            ],
        ),
        (
            property(json!({"type": "object", "$ref": "#/a"})),
            &["s.properties[x].$ref: Forbidden: $ref is not supported"],
        ),
    ] {
        assert_eq!(lines(&schema), said, "{schema}");
    }
    let bad = lines(&property(json!({"type": "string", "pattern": "("})));
    assert!(
        bad[0].starts_with(
            r#"s.properties[x].pattern: Invalid value: "(": must be a valid regular expression, but isn't: "#
        ),
        "{bad:?}"
    );
}
