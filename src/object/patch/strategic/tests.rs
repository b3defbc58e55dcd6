use serde_json::json;

use super::*;
use crate::object::Gvk;

fn schema(api_version: &str, kind: &str) -> Schema {
    Schema::of(&Gvk::from_api_version(api_version, kind)).unwrap()
}

fn patched(original: &Value, patch: &Value, schema: Option<&Schema>) -> Result<Value, PatchError> {
    let mut target = original.clone();
    apply(&mut target, patch, schema).map(|()| target)
}

fn containers(list: Value) -> Value {
    json!({"spec": {"containers": list}})
}

#[test]
fn follows_the_directives() {
    let two = containers(json!([{"name": "a", "image": "1"}, {"name": "b", "image": "1"}]));
    for (original, patch, result) in [
        (
            two.clone(),
            containers(json!([{"name": "b", "image": "2"}, {"name": "c"}])),
            containers(
                json!([{"name": "a", "image": "1"}, {"name": "b", "image": "2"}, {"name": "c"}]),
            ),
        ),
        (
            two.clone(),
            containers(json!([{"name": "a", "$patch": "delete"}])),
            containers(json!([{"name": "b", "image": "1"}])),
        ),
        (
            two.clone(),
            containers(json!([{"$patch": "replace"}, {"name": "c"}])),
            containers(json!([{"name": "c"}])),
        ),
        (
            two.clone(),
            json!({"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}}),
            containers(json!([{"name": "b", "image": "1"}, {"name": "a", "image": "1"}])),
        ),
        (
            two.clone(),
            json!({"spec": {"$patch": "replace", "nodeName": "n"}}),
            json!({"spec": {"nodeName": "n"}}),
        ),
        (two.clone(), json!({"$patch": "delete"}), json!({})),
        (two.clone(), json!({"spec": null}), json!({})),
        (
            json!({"metadata": {"finalizers": ["a", "b", "c"]}}),
            json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["b"], "finalizers": ["d"]}}),
            json!({"metadata": {"finalizers": ["d", "a", "c"]}}),
        ),
        (
            json!({"spec": {"volumes": [{"name": "v", "emptyDir": {}}]}}),
            json!({"spec": {"volumes": [
                {"name": "v", "$retainKeys": ["name", "secret"], "secret": {"secretName": "s"}}]}}),
            json!({"spec": {"volumes": [{"name": "v", "secret": {"secretName": "s"}}]}}),
        ),
        (
            json!({"spec": {"tolerations": [{"key": "a"}]}}),
            json!({"spec": {"tolerations": [{"key": "b"}]}}),
            json!({"spec": {"tolerations": [{"key": "b"}]}}),
        ),
    ] {
        let seen = patched(&original, &patch, Some(&schema("v1", "Pod")));
        assert_eq!(seen, Ok(result), "{patch}");
    }
}

#[test]
fn an_error_names_the_field_and_leaves_the_target_alone() {
    let original = containers(json!([{"name": "a"}]));
    for (patch, text) in [
        (
            containers(json!([{"image": "planted"}])),
            "spec.containers: an element does not contain declared merge key: name",
        ),
        (
            containers(json!([{"name": "a", "$patch": "merge"}])),
            "spec.containers: merging lists cannot yet be specified in the patch",
        ),
        (
            json!({"spec": {"$patch": "planted"}}),
            "spec: unknown patch type",
        ),
        (
            json!({"spec": {"$setElementOrder/containers": "planted"}}),
            "spec: expected a list, but received a string",
        ),
        (
            json!({"spec": {"$setElementOrder/containers": [{"name": "b"}],
                "containers": [{"name": "planted"}]}}),
            "spec.containers: the order in patch list doesn't match $setElementOrder list",
        ),
        (
            json!({"spec": {"$retainKeys": ["a"], "nodeName": "planted"}}),
            "spec: invalid patch format of retainKeys",
        ),
        (json!([]), "invalid JSON document"),
    ] {
        let mut target = original.clone();
        let error = apply(&mut target, &patch, Some(&schema("v1", "Pod"))).unwrap_err();
        assert_eq!(error.to_string(), text);
        assert_eq!(target, original);
    }
    let map = json!({"data": {"a": {"b": 1}}});
    let error = patched(&map, &map, Some(&schema("v1", "ConfigMap"))).unwrap_err();
    assert_eq!(error.to_string(), "data.a: unable to find api field");
}

#[test]
fn without_a_schema_maps_merge_and_lists_are_replaced() {
    let original = json!({"spec": {"list": [{"name": "a"}], "map": {"a": 1, "b": 2}}});
    let patch = json!({"spec": {"list": [{"name": "b"}], "map": {"a": null, "c": {"d": null}}}});
    let result = json!({"spec": {"list": [{"name": "b"}], "map": {"b": 2, "c": {}}}});
    assert_eq!(patched(&original, &patch, None), Ok(result.clone()));
    let open = Schema::structural(&json!({"type": "object"}));
    assert_eq!(patched(&original, &patch, Some(&open)), Ok(result));
}

#[test]
fn a_structural_schema_may_name_merge_keys() {
    let schema = Schema::structural(&json!({"type": "object", "properties": {"list": {
        "type": "array", "x-kubernetes-patch-merge-key": "id", "x-kubernetes-patch-strategy": "merge",
        "items": {"type": "object"}}}}));
    let seen = patched(
        &json!({"list": [{"id": 1, "a": 1}]}),
        &json!({"list": [{"id": 1, "b": 2}]}),
        Some(&schema),
    );
    assert_eq!(seen, Ok(json!({"list": [{"id": 1, "a": 1, "b": 2}]})));
}
