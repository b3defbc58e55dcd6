use serde_json::json;

use super::*;

fn definition() -> Object {
    let mut object = Object::from_value(json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "foos.example.org"},
        "spec": {"group": "example.org", "scope": "Namespaced",
            "names": {"plural": "foos", "kind": "Foo"},
            "versions": [{"name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object"}}}]},
    }))
    .unwrap();
    complete(&mut object);
    object
}

fn lines(definition: &Object, old: Option<&Object>) -> Vec<String> {
    let found = accept(definition, old).err().unwrap_or_default();
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_left_out_is_filled_in() {
    let definition = definition();
    assert_eq!(
        definition.at(&["spec", "names"]).unwrap(),
        &json!({"plural": "foos", "kind": "Foo", "singular": "foo", "listKind": "FooList"})
    );
    assert_eq!(
        definition.at(&["status", "storedVersions"]),
        Some(&json!(["v1"]))
    );
    assert_eq!(accept(&definition, None), Ok(()));
}

#[test]
fn each_rule_says_what_is_wrong() {
    for (path, value, said) in [
        (
            &["metadata", "name"][..],
            json!("bars.example.org"),
            r#"metadata.name: Invalid value: "bars.example.org": must be spec.names.plural+"."+spec.group"#,
        ),
        (&["spec", "scope"], json!(""), "spec.scope: Required value"),
        (
            &["spec", "scope"],
            json!("Global"),
            r#"spec.scope: Unsupported value: "Global": supported values: "Cluster", "Namespaced""#,
        ),
        (
            &["spec", "names", "listKind"],
            json!("Foo"),
            r#"spec.names.listKind: Invalid value: "Foo": kind and listKind may not be the same"#,
        ),
        (
            &["spec", "conversion"],
            json!({"strategy": "Webhook"}),
            r#"spec.conversion.strategy: Unsupported value: "Webhook": supported values: "None""#,
        ),
        (
            &["spec", "versions"],
            json!([{"name": "v1", "served": true, "storage": true}]),
            "spec.versions[0].schema.openAPIV3Schema: Required value",
        ),
        (
            &["status", "storedVersions"],
            json!(["v0", "v1"]),
            r#"status.storedVersions[0]: Invalid value: "v0": missing from spec.versions; v0 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v0 and removes v0 from status.storedVersions"#,
        ),
    ] {
        let mut changed = definition();
        changed.set(path, value);
        assert_eq!(lines(&changed, None), [said]);
    }
}

#[test]
fn names_stay_once_they_are_given() {
    let mut old = definition();
    let mut new = old.clone();
    new.set(&["spec", "scope"], "Cluster".into());
    assert_eq!(lines(&new, Some(&old)), [""; 0]);
    let conditions = json!([{"type": "Established", "status": "True"}]);
    old.set(&["status", "conditions"], conditions);
    assert_eq!(
        lines(&new, Some(&old)),
        [r#"spec.scope: Invalid value: "Cluster": field is immutable"#]
    );
}

#[test]
fn community_groups_need_an_approval() {
    let mut definition = definition();
    definition.set(&["spec", "group"], "x.k8s.io".into());
    definition.set(&["metadata", "name"], "foos.x.k8s.io".into());
    assert_eq!(
        lines(&definition, None),
        [
            r#"metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111"#
        ]
    );
    let approved = json!({"api-approved.kubernetes.io": "https://example.org/1"});
    definition.set(&["metadata", "annotations"], approved);
    assert_eq!(accept(&definition, None), Ok(()));
}

#[test]
fn rules_that_are_not_evaluated_are_said() {
    let mut definition = definition();
    assert!(warnings(&definition).is_empty());
    definition.set(
        &["spec", "versions"],
        json!([{"name": "v1", "schema": {"openAPIV3Schema": {"type": "object", "properties": {
            "spec": {"type": "object", "x-kubernetes-validations": [{"rule": "true"}]}}}}}]),
    );
    assert_eq!(
        warnings(&definition),
        [
            "version v1 of foos.example.org: x-kubernetes-validations are kept, but the sandbox does not evaluate them"
        ]
    );
}
