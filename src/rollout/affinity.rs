//! `antiAffinity`: new pods keep away from the stable ones, by a rule in the ReplicaSet alone (upstream
//! `utils/replicaset/replicaset.go`).

use serde_json::{Map, Value, json};

use super::pass::Pass;
use crate::{api::rollout::HASH_LABEL, object::Object};

const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
/// Where pods are counted together: one node.
const NODE: &str = "kubernetes.io/hostname";

/// What is asked for: the rule's kind, and its weight where it is preferred only.
fn asked<'a>(pass: &Pass<'a>) -> Option<(&'static str, Option<&'a Value>)> {
    let rollout = pass.rollout();
    let own = rollout.at(&["spec", "strategy", "canary", "antiAffinity"])?;
    let given = |kind: &str| own.get(kind).filter(|rule| !rule.is_null());
    if let Some(preferred) = given(PREFERRED) {
        return Some((PREFERRED, preferred.get("weight")));
    }
    given(REQUIRED).map(|_| (REQUIRED, None))
}

/// The affinity of the pods of a new ReplicaSet: that of the template, and a rule against the stable one.
pub fn of(pass: &Pass<'_>) -> Option<Value> {
    let own = pass.template.pointer("/spec/affinity");
    let own = own.filter(|own| !own.is_null()).cloned();
    let stable = pass.text("stableRS");
    let Some((kind, weight)) = asked(pass).filter(|_| !stable.is_empty() && stable != pass.hash)
    else {
        return own;
    };
    let term = json!({
        "labelSelector": {"matchExpressions": [{"key": HASH_LABEL, "operator": "In", "values": [stable]}]},
        "namespaces": [pass.rollout().namespace()],
        "topologyKey": NODE,
    });
    let rule = match kind {
        PREFERRED => json!({"weight": weight, "podAffinityTerm": term}),
        _ => term,
    };
    let mut affinity = own
        .and_then(|own| own.as_object().cloned())
        .unwrap_or_default();
    let against = affinity
        .entry("podAntiAffinity")
        .or_insert_with(|| json!({}));
    if !against.is_object() {
        *against = json!({});
    }
    if let Some(against) = against.as_object_mut() {
        match against.get_mut(kind).and_then(Value::as_array_mut) {
            Some(rules) => rules.push(rule),
            None => {
                against.insert(kind.to_owned(), json!([rule]));
            }
        }
    }
    Some(affinity.into())
}

/// The affinity that the new ReplicaSet is to have, where its rule is against what is not stable any more.
pub fn renewed(pass: &Pass<'_>, set: &Object) -> Option<Value> {
    let (kind, _) = asked(pass)?;
    let stable = pass.text("stableRS");
    let path = [
        "spec",
        "template",
        "spec",
        "affinity",
        "podAntiAffinity",
        kind,
    ];
    let rules = set.at(&path).and_then(Value::as_array)?;
    let against = rules.iter().find_map(|rule| injected(rule))?;
    (stable != pass.hash && against != stable).then(|| of(pass))?
}

/// The hash that a rule of ours is against.
fn injected(rule: &Value) -> Option<&str> {
    let term = rule.get("podAffinityTerm").unwrap_or(rule);
    let listed = term
        .pointer("/labelSelector/matchExpressions")?
        .as_array()?;
    let own = listed
        .iter()
        .find(|one| one.get("key").and_then(Value::as_str) == Some(HASH_LABEL))?;
    own.pointer("/values/0")?.as_str()
}

/// Takes the rules of ours out of a template, and what is empty then.
pub fn without(template: &mut Value) {
    let Some(spec) = template.pointer_mut("/spec").and_then(Value::as_object_mut) else {
        return;
    };
    let Some(affinity) = spec.get_mut("affinity").and_then(Value::as_object_mut) else {
        return;
    };
    let Some(against) = affinity
        .get_mut("podAntiAffinity")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    let mut is_changed = false;
    for kind in [PREFERRED, REQUIRED] {
        let Some(rules) = against.get_mut(kind).and_then(Value::as_array_mut) else {
            continue;
        };
        let before = rules.len();
        rules.retain(|rule| injected(rule).is_none());
        is_changed |= rules.len() != before;
        if rules.is_empty() {
            against.remove(kind);
        }
    }
    if !is_changed {
        return;
    }
    if against.is_empty() {
        affinity.remove("podAntiAffinity");
    }
    if affinity.is_empty() {
        spec.remove("affinity");
    }
}

/// What is wrong with a wish: neither kind, both, or a weight that is none; with the field below it, the value and why.
pub fn fault(wish: &Value) -> Option<(&'static str, String, &'static str)> {
    let given = |kind: &str| wish.get(kind).filter(|rule| !rule.is_null());
    let (preferred, required) = (given(PREFERRED), given(REQUIRED));
    if preferred.is_some() == required.is_some() {
        let is = preferred.is_some();
        let value = format!(
            "\"antiAffinity.PreferredDuringSchedulingIgnoredDuringExecution: {is} \
             antiAffinity.RequiredDuringSchedulingIgnoredDuringExecution: {is}\""
        );
        return Some((
            "",
            value,
            "AntiAffinity must have exactly one strategy listed",
        ));
    }
    let none = Map::new();
    let preferred = preferred.map(|rule| rule.as_object().unwrap_or(&none))?;
    let weight = preferred.get("weight").and_then(Value::as_i64).unwrap_or(0);
    (!(1..=100).contains(&weight)).then(|| {
        (
            ".weight",
            weight.to_string(),
            "AntiAffinity weight must be between 1-100",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_kind_with_a_weight_is_asked_for() {
        let preferred = |weight: i64| json!({PREFERRED: {"weight": weight}});
        for (wish, why) in [
            (
                json!({}),
                Some("AntiAffinity must have exactly one strategy listed"),
            ),
            (
                json!({PREFERRED: {"weight": 1}, REQUIRED: {}}),
                Some("AntiAffinity must have exactly one strategy listed"),
            ),
            (
                preferred(0),
                Some("AntiAffinity weight must be between 1-100"),
            ),
            (
                preferred(101),
                Some("AntiAffinity weight must be between 1-100"),
            ),
            (preferred(100), None),
            (json!({REQUIRED: {}}), None),
        ] {
            assert_eq!(fault(&wish).map(|(_, _, why)| why), why, "{wish}");
        }
    }

    #[test]
    fn only_rules_of_ours_are_taken_out() {
        let ours = |hash: &str| {
            json!({"labelSelector": {"matchExpressions": [{"key": HASH_LABEL, "operator": "In", "values": [hash]}]},
                "topologyKey": NODE})
        };
        let theirs = json!({"labelSelector": {"matchLabels": {"a": "b"}}, "topologyKey": NODE});
        let of = |affinity: Value| json!({"spec": {"affinity": affinity}});
        for (before, after) in [
            (
                of(json!({"podAntiAffinity": {REQUIRED: [ours("x")]}})),
                json!({"spec": {}}),
            ),
            (
                of(json!({"podAntiAffinity": {REQUIRED: [theirs, ours("x")],
                    PREFERRED: [{"weight": 1, "podAffinityTerm": ours("x")}]}})),
                of(json!({"podAntiAffinity": {REQUIRED: [theirs]}})),
            ),
            (
                of(json!({"nodeAffinity": {}, "podAntiAffinity": {REQUIRED: [ours("x")]}})),
                of(json!({"nodeAffinity": {}})),
            ),
            (of(json!({})), of(json!({}))),
        ] {
            let mut found = before.clone();
            without(&mut found);
            assert_eq!(found, after, "{before}");
        }
    }
}
