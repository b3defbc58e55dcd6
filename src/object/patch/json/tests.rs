use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn applies_each_operation() {
    for (document, patch, result) in [
        (
            json!({"a": {}}),
            json!([{"op": "add", "path": "/a/b", "value": 1}]),
            json!({"a": {"b": 1}}),
        ),
        (
            json!([1, 3]),
            json!([{"op": "add", "path": "/1", "value": 2}, {"op": "add", "path": "/-", "value": 4}]),
            json!([1, 2, 3, 4]),
        ),
        (
            json!([1, 2]),
            json!([{"op": "add", "path": "/2", "value": 3}, {"op": "add", "path": "/-1", "value": 4}]),
            json!([1, 2, 3, 4]),
        ),
        (
            json!({"a/b": 1, "c~d": 2, "~1": 3}),
            json!([{"op": "remove", "path": "/a~1b"}, {"op": "remove", "path": "/c~0d"},
                {"op": "remove", "path": "/~01"}]),
            json!({}),
        ),
        (
            json!([1, 2, 3]),
            json!([{"op": "remove", "path": "/-1"}, {"op": "remove", "path": "/00"}]),
            json!([2]),
        ),
        (
            json!({"a": 1, "l": [1]}),
            json!([{"op": "replace", "path": "/a", "value": 2}, {"op": "replace", "path": "/l/0", "value": null}]),
            json!({"a": 2, "l": [null]}),
        ),
        (
            json!({"a": 1}),
            json!([{"op": "replace", "path": "", "value": {"b": 1}}]),
            json!({"b": 1}),
        ),
        (
            json!({"a": {"b": 1}, "l": []}),
            json!([{"op": "move", "from": "/a/b", "path": "/l/-"}]),
            json!({"a": {}, "l": [1]}),
        ),
        (
            json!({"a": [1, 2]}),
            json!([{"op": "copy", "from": "/a/0", "path": "/b"}, {"op": "copy", "from": "/a", "path": "/c"}]),
            json!({"a": [1, 2], "b": 1, "c": [1, 2]}),
        ),
        (
            json!({"a": {"b": [1, {"c": null}]}}),
            json!([{"op": "test", "path": "/a", "value": {"b": [1, {"c": null}]}},
                {"op": "test", "path": "/none", "value": null}, {"op": "test", "path": "/a/b/1/c"}]),
            json!({"a": {"b": [1, {"c": null}]}}),
        ),
        (
            json!({}),
            json!([{"op": "replace", "path": "/a", "value": 1}, {"op": "copy", "from": "/x", "path": "/b"},
                {"op": "add", "path": "/c"}, {"op": "add", "path": "odd/d", "value": 1}]),
            json!({"a": 1, "b": null, "c": null, "d": 1}),
        ),
    ] {
        let mut target = document.clone();
        apply(&mut target, &patch).unwrap_or_else(|error| panic!("{patch}: {error}"));
        assert_eq!(target, result, "{patch}");
    }
}

#[test]
fn refuses_and_leaves_the_target_alone() {
    use OperationProblem as P;
    let document = json!({"a": {"b": 1}, "l": [1, 2], "n": null});
    for (operation, problem) in [
        (json!({"op": "remove", "path": "/x"}), P::NoField),
        (json!({"op": "remove", "path": "/l/2"}), P::Index),
        (json!({"op": "remove", "path": "/l/-3"}), P::Index),
        (json!({"op": "remove", "path": "/l/x"}), P::Index),
        (json!({"op": "remove", "path": "/x/y"}), P::NoPath),
        (json!({"op": "remove", "path": "/a/b/c"}), P::NoPath),
        (json!({"op": "remove", "path": "/n/c"}), P::NoPath),
        (json!({"op": "remove", "path": ""}), P::NoPath),
        (json!({"op": "remove"}), P::Field("path")),
        (json!({"op": "add", "path": "/l/3", "value": 1}), P::Index),
        (json!({"op": "add", "path": "", "value": {}}), P::NoPath),
        (
            json!({"op": "add", "path": 1, "value": {}}),
            P::Field("path"),
        ),
        (
            json!({"op": "replace", "path": "/l/-", "value": 1}),
            P::Index,
        ),
        (
            json!({"op": "replace", "path": "/l/2", "value": 1}),
            P::Index,
        ),
        (
            json!({"op": "replace", "path": "", "value": 1}),
            P::NotContainer,
        ),
        (
            json!({"op": "move", "from": "/x", "path": "/y"}),
            P::NoField,
        ),
        (
            json!({"op": "move", "from": "/x/y", "path": "/y"}),
            P::NoFrom,
        ),
        (
            json!({"op": "move", "from": "/a", "path": "/a/b"}),
            P::NoPath,
        ),
        (
            json!({"op": "copy", "from": "/l/9", "path": "/y"}),
            P::Index,
        ),
        (json!({"op": "copy", "path": "/y"}), P::Field("from")),
        (json!({"op": "test", "path": "/a/b", "value": 2}), P::Test),
        (json!({"op": "test", "path": "/a/b", "value": 1.0}), P::Test),
        (
            json!({"op": "test", "path": "/l", "value": [2, 1]}),
            P::Test,
        ),
        (json!({"op": "test", "path": "/a/b"}), P::Test),
        (json!({"op": "test", "path": "", "value": {}}), P::Test),
        (json!({"op": "merge", "path": "/a"}), P::Unknown),
        (json!({"path": "/a"}), P::Unknown),
    ] {
        let mut target = document.clone();
        let patch = json!([{"op": "add", "path": "/new", "value": 1}, operation]);
        let error = apply(&mut target, &patch).unwrap_err();
        assert!(
            matches!(&error, JsonPatchError::Operation { index: 1, problem: seen, .. } if *seen == problem),
            "{patch}: {error}"
        );
        assert_eq!(target, document, "{patch}");
    }
    let mut target = document.clone();
    for patch in [json!({}), json!([1]), json!(null)] {
        assert_eq!(
            apply(&mut target, &patch),
            Err(JsonPatchError::NotOperations)
        );
    }
    assert_eq!(
        apply(&mut json!(1), &json!([])),
        Err(JsonPatchError::NotContainer)
    );
}

#[test]
fn an_error_names_the_operation() {
    let patch = json!([{"op": "test", "path": "/data/key", "value": "secret"}]);
    let error = apply(&mut json!({"data": {"key": "other"}}), &patch).unwrap_err();
    assert_eq!(
        error.to_string(),
        "operation 0 (test \"/data/key\"): test failed"
    );
}

#[test]
fn has_limits() {
    let operation = json!({"op": "add", "path": "/a", "value": 1});
    let mut target = json!({});
    let patch = Value::Array(vec![operation.clone(); MAX_OPERATIONS]);
    assert_eq!(apply(&mut target, &patch), Ok(()));
    let patch = Value::Array(vec![operation; MAX_OPERATIONS + 1]);
    assert_eq!(
        apply(&mut target, &patch).unwrap_err().to_string(),
        "The allowed maximum operations in a JSON patch is 10000, got 10001"
    );
    let mut target = json!({"a": "x".repeat(MAX_COPIED_BYTES / 2)});
    let copy = json!({"op": "copy", "from": "/a", "path": "/b"});
    assert_eq!(apply(&mut target, &json!([copy])), Ok(()));
    assert!(matches!(
        apply(&mut target, &json!([copy, copy])),
        Err(JsonPatchError::Operation {
            index: 1,
            problem: OperationProblem::Copies,
            ..
        })
    ));
}

fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        (0..3).prop_map(Value::from),
        "[ab]".prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map("[abc]", inner, 0..3)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_refused_patch_changes_nothing(
        document in proptest::collection::btree_map("[abc]", tree(), 1..4),
        operations in proptest::collection::vec(
            (0..6_usize, "(/[abc]){1,2}(/[-012])?", "(/[abc]){1,2}", tree()), 1..4),
    ) {
        let document: Value = document.into_iter().collect();
        let patch: Value = operations.into_iter().map(|(op, path, from, value)| {
            let op = ["add", "remove", "replace", "move", "copy", "test"][op];
            json!({"op": op, "path": path, "from": from, "value": value})
        }).collect();
        let mut target = document.clone();
        if apply(&mut target, &patch).is_err() {
            prop_assert_eq!(target, document);
        }
    }
}
