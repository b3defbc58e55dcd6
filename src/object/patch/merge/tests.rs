use proptest::prelude::*;
use serde_json::json;

use super::*;

/// The test cases of RFC 7386, appendix A.
#[test]
fn applies_as_the_rfc_says() {
    for (original, patch, result) in [
        (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
        (
            json!({"a": "b"}),
            json!({"b": "c"}),
            json!({"a": "b", "b": "c"}),
        ),
        (json!({"a": "b"}), json!({"a": null}), json!({})),
        (
            json!({"a": "b", "b": "c"}),
            json!({"a": null}),
            json!({"b": "c"}),
        ),
        (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
        (
            json!({"a": {"b": "c"}}),
            json!({"a": {"b": "d", "c": null}}),
            json!({"a": {"b": "d"}}),
        ),
        (
            json!({"a": [{"b": "c"}]}),
            json!({"a": [1]}),
            json!({"a": [1]}),
        ),
        (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
        (json!({"a": "b"}), json!(["c"]), json!(["c"])),
        (json!({"a": "foo"}), json!(null), json!(null)),
        (json!({"a": "foo"}), json!("bar"), json!("bar")),
        (
            json!({"e": null}),
            json!({"a": 1}),
            json!({"e": null, "a": 1}),
        ),
        (
            json!([1, 2]),
            json!({"a": "b", "c": null}),
            json!({"a": "b"}),
        ),
        (
            json!({}),
            json!({"a": {"bb": {"ccc": null}}}),
            json!({"a": {"bb": {}}}),
        ),
    ] {
        let mut target = original.clone();
        apply(&mut target, &patch);
        assert_eq!(target, result, "{original} patched with {patch}");
    }
}

#[test]
fn nulls_in_lists_go_as_upstream_drops_them() {
    let mut target = json!({"list": [], "map": {}});
    apply(
        &mut target,
        &json!({"list": [null, {"a": null, "b": 1}], "map": [{"a": null}]}),
    );
    assert_eq!(
        target,
        json!({"list": [null, {"b": 1}], "map": [{"a": null}]})
    );
    apply(&mut target, &json!([{"a": null}]));
    assert_eq!(target, json!([{}]));
}

#[test]
fn creates_what_turns_one_into_the_other() {
    for (original, modified, patch) in [
        (json!({"a": 1}), json!({"a": 1}), json!({})),
        (json!({"a": 1}), json!({"a": 1.0}), json!({})),
        (
            json!({"a": 1, "b": {"c": 1, "d": 2}}),
            json!({"b": {"c": 1, "d": 3}, "e": [1]}),
            json!({"a": null, "b": {"d": 3}, "e": [1]}),
        ),
        (json!({"a": [1, 2]}), json!({"a": [2]}), json!({"a": [2]})),
        (json!({"a": {"b": 1}}), json!({"a": 1}), json!({"a": 1})),
        (
            json!({"a": {"b": 1}}),
            json!({"a": {}}),
            json!({"a": {"b": null}}),
        ),
        (json!([1]), json!({"a": 1}), json!({"a": 1})),
        (
            json!({"a": 12345678901234567_u64}),
            json!({"a": 12345678901234568_u64}),
            json!({"a": 12345678901234568_u64}),
        ),
    ] {
        assert_eq!(create(&original, &modified), patch);
    }
}

fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (0..3).prop_map(Value::from),
        "[ab]".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[abc]", inner, 0..4)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_created_patch_gives_the_modified_value(original in tree(), modified in tree()) {
        let mut target = original.clone();
        apply(&mut target, &create(&original, &modified));
        prop_assert_eq!(target, modified);
    }
}
