use proptest::{collection, option, prelude::*, sample::subsequence};
use serde_json::json;

use super::*;
use crate::object::{
    Gvk,
    schema::{PatchStrategy, Schema},
};

fn pod() -> Schema {
    Schema::of(&Gvk::new("", "v1", "Pod")).unwrap()
}

#[test]
fn deletes_only_what_was_applied_before() {
    let original = json!({"metadata": {"labels": {"a": "1", "b": "1"}}});
    let modified = json!({"metadata": {"labels": {"a": "2"}}});
    let current = json!({"metadata": {"labels": {"a": "1", "b": "1", "other": "1"}, "uid": "u"}});
    let patch = json!({"metadata": {"labels": {"a": "2", "b": null}}});
    for schema in [None, Some(&pod())] {
        let seen = three_way(Some(&original), &modified, &current, schema);
        assert_eq!(seen.as_ref(), Ok(&patch));
    }
    let seen = three_way(None, &modified, &current, None).unwrap();
    assert_eq!(seen, json!({"metadata": {"labels": {"a": "2"}}}));
}

#[test]
fn nothing_to_do_is_an_empty_patch() {
    let object = json!({"spec": {"containers": [{"name": "a", "image": "i"}]}});
    for schema in [None, Some(&pod())] {
        assert_eq!(
            three_way(Some(&object), &object, &object, schema),
            Ok(json!({}))
        );
    }
}

#[test]
fn sends_order_and_deletions_of_keyed_lists() {
    let containers = |names: &[&str]| {
        let list: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
        json!({"spec": {"containers": list}})
    };
    let patch = three_way(
        Some(&containers(&["a", "b"])),
        &containers(&["c", "b"]),
        &containers(&["a", "b", "injected"]),
        Some(&pod()),
    );
    assert_eq!(
        patch,
        Ok(json!({"spec": {
            "$setElementOrder/containers": [{"name": "c"}, {"name": "b"}],
            "containers": [{"name": "c"}, {"$patch": "delete", "name": "a"}],
        }}))
    );
}

#[test]
fn refuses_another_identity_and_what_is_no_map() {
    let named = |name: &str| json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": name}});
    let error = three_way(None, &named("b"), &named("a"), None).unwrap_err();
    assert_eq!(error.problem, PatchProblem::Identity);
    let error = three_way(None, &json!([]), &named("a"), None).unwrap_err();
    assert_eq!(error.problem, PatchProblem::NotMap);
}

/// A pod with lists of each kind.
fn any_pod() -> impl Strategy<Value = Value> {
    let names = |all: &'static [&'static str]| subsequence(all, 0..=all.len()).prop_shuffle();
    let volume = prop_oneof![
        Just(json!({"emptyDir": {}})),
        Just(json!({"secret": {"secretName": "s"}})),
        Just(json!({"secret": {"secretName": "t", "optional": true}})),
    ];
    let container = (
        option::of("[xy]"),
        option::of(any::<bool>()),
        names(&["A", "B", "C"]),
        collection::vec("[pq]", 0..3),
        subsequence(&[80, 443, 8080][..], 0..=3).prop_shuffle(),
    )
        .prop_map(|(image, tty, env, args, ports)| {
            let mut container = json!({"args": args});
            if let Some(image) = image {
                container["image"] = image.into();
            }
            if let Some(tty) = tty {
                container["tty"] = tty.into();
            }
            let env = env.into_iter().map(|name| json!({"name": name}));
            container["env"] = env.collect();
            let ports = ports.into_iter().map(|port| json!({"containerPort": port}));
            container["ports"] = ports.collect();
            container
        });
    let keyed = |list: Vec<&'static str>, inner: Vec<Value>| -> Value {
        list.into_iter()
            .zip(inner)
            .map(|(name, mut element)| {
                element["name"] = name.into();
                element
            })
            .collect()
    };
    (
        collection::btree_map("[lmn]", "[12]", 0..3),
        names(&["f/1", "f/2", "f/3", "f/4"]),
        names(&["a", "b", "c", "d"]),
        collection::vec(container, 4),
        names(&["v", "w"]),
        collection::vec(volume, 2),
    )
        .prop_map(
            move |(labels, finalizers, containers, inner, volumes, sources)| {
                json!({
                    "metadata": {"name": "p", "labels": labels, "finalizers": finalizers},
                    "spec": {
                        "containers": keyed(containers, inner),
                        "volumes": keyed(volumes, sources),
                    },
                })
            },
        )
}

/// Whether all that is wanted holds in what is there, and nothing that was dropped is left.
fn holds(
    original: Option<&Value>,
    wanted: &Value,
    seen: &Value,
    schema: Option<&Schema>,
) -> Result<(), String> {
    match (wanted, seen) {
        (Value::Object(wanted), Value::Object(seen)) => {
            for (field, value) in wanted {
                let below = schema.and_then(|schema| schema.field(field));
                let there = seen.get(field).ok_or(format!("{field} is not there"))?;
                let before = original.and_then(|original| original.get(field));
                holds(before, value, there, below.as_ref())
                    .map_err(|error| format!("{field}.{error}"))?;
            }
            for field in original.and_then(Value::as_object).into_iter().flatten() {
                if !wanted.contains_key(field.0) && seen.contains_key(field.0) {
                    return Err(format!("{} is still there", field.0));
                }
            }
            Ok(())
        }
        (Value::Array(wanted), Value::Array(seen))
            if schema.is_some_and(|s| s.patch_strategies().contains(&PatchStrategy::Merge)) =>
        {
            let key = schema.and_then(Schema::merge_key);
            let same = |one: &Value, other: &Value| match key {
                Some(key) => one[key] == other[key],
                None => one == other,
            };
            let items = schema.and_then(Schema::items);
            let before = original
                .and_then(Value::as_array)
                .map_or(&[][..], Vec::as_slice);
            let mut last = None;
            for element in wanted {
                let place = seen.iter().position(|other| same(element, other));
                // Of scalars the order is not kept: upstream misses some changes of it.
                if place.is_none() || (key.is_some() && place <= last) {
                    return Err(format!("{element} is not in its place"));
                }
                last = place;
                let there = place.and_then(|place| seen.get(place)).unwrap();
                let old = before.iter().find(|other| same(element, other));
                holds(old, element, there, items.as_ref())?;
            }
            for old in before {
                let is_in = |list: &[Value]| list.iter().any(|other| same(old, other));
                if is_in(seen) && !is_in(wanted) {
                    return Err(format!("{old} is still there"));
                }
            }
            Ok(())
        }
        _ if wanted == seen => Ok(()),
        _ => Err(format!("{seen} is not {wanted}")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_applied_holds(original in any_pod(), modified in any_pod(), drift in any_pod()) {
        let schema = pod();
        // The drift adds and changes; where it deletes an element that another change is for,
        // upstream puts directives into the element that it makes anew.
        let mut current = original.clone();
        strategic::apply(&mut current, &drift, Some(&schema)).unwrap();
        let patch = three_way(Some(&original), &modified, &current, Some(&schema)).unwrap();
        let mut result = current.clone();
        strategic::apply(&mut result, &patch, Some(&schema)).unwrap();
        let seen = holds(Some(&original), &modified, &result, Some(&schema));
        prop_assert_eq!(seen, Ok(()), "patch {} result {}", patch, result);
        let again = three_way(Some(&modified), &modified, &result, Some(&schema)).unwrap();
        let mut once_more = result.clone();
        strategic::apply(&mut once_more, &again, Some(&schema)).unwrap();
        prop_assert_eq!(once_more, result);
    }

    #[test]
    fn what_is_merged_holds(original in any_pod(), modified in any_pod(), current in any_pod()) {
        let patch = three_way(Some(&original), &modified, &current, None).unwrap();
        let mut result = current.clone();
        merge::apply(&mut result, &patch);
        prop_assert_eq!(holds(Some(&original), &modified, &result, None), Ok(()));
        prop_assert_eq!(three_way(Some(&modified), &modified, &result, None), Ok(json!({})));
    }

    #[test]
    fn a_created_patch_gives_the_modified_object(original in any_pod(), modified in any_pod()) {
        let schema = pod();
        let patch = strategic::create(&original, &modified, Some(&schema)).unwrap();
        let mut result = original.clone();
        strategic::apply(&mut result, &patch, Some(&schema)).unwrap();
        let sorted = |mut pod: Value| {
            let finalizers = pod["metadata"]["finalizers"].as_array_mut().unwrap();
            finalizers.sort_by_key(Value::to_string);
            pod
        };
        prop_assert_eq!(sorted(result), sorted(modified));
    }
}
