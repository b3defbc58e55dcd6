//! Differences that are no drift: the rules of the application, and what a Rollout moves.

use globset::{Glob, GlobMatcher};
use serde_json::Value;

use super::{
    moved::{self, Moved},
    path,
};
use crate::{api::application::IgnoreDifference, object::Object};

/// Why a rule cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IgnoreError {
    /// A glob that is none.
    #[error("ignoreDifferences: {0:?} is not a pattern")]
    Pattern(String),
    /// A kind of rule that is not evaluated.
    #[error("ignoreDifferences: {field} is not supported, use jsonPointers")]
    Unsupported {
        /// The field.
        field: &'static str,
    },
}

/// The rules, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Ignore {
    rules: Vec<Rule>,
    moved: Vec<Moved>,
}

#[derive(Clone, Debug)]
struct Rule {
    group: GlobMatcher,
    kind: GlobMatcher,
    name: String,
    namespace: String,
    pointers: Vec<String>,
    managers: Vec<String>,
}

impl Ignore {
    /// Reads rules.
    ///
    /// # Errors
    /// [`IgnoreError`] names what cannot be followed; guessing would overwrite what was to be left alone.
    pub fn new(rules: &[IgnoreDifference]) -> Result<Self, IgnoreError> {
        let glob = |text: &str| {
            Glob::new(text)
                .map(|glob| glob.compile_matcher())
                .map_err(|_| IgnoreError::Pattern(text.to_owned()))
        };
        let mut ready = Vec::new();
        for rule in rules {
            if !rule.jq_path_expressions.is_empty() {
                return Err(IgnoreError::Unsupported {
                    field: "jqPathExpressions",
                });
            }
            ready.push(Rule {
                group: glob(&rule.group)?,
                kind: glob(&rule.kind)?,
                name: rule.name.clone(),
                namespace: rule.namespace.clone(),
                pointers: rule.json_pointers.clone(),
                managers: rule.managed_fields_managers.clone(),
            });
        }
        Ok(Self {
            rules: ready,
            moved: Vec::new(),
        })
    }

    /// The same, and what live Rollouts move is not ours.
    #[must_use]
    pub fn with_rollouts<'a>(mut self, rollouts: impl Iterator<Item = &'a Object>) -> Self {
        self.moved.extend(rollouts.flat_map(moved::of));
        self
    }

    fn rules<'a>(&'a self, object: &'a Object) -> impl Iterator<Item = &'a Rule> {
        let gvk = object.gvk();
        self.rules.iter().filter(move |rule| {
            rule.group.is_match(&gvk.group)
                && rule.kind.is_match(&gvk.kind)
                && (rule.name.is_empty() || rule.name == object.name())
                && (rule.namespace.is_empty()
                    || Some(rule.namespace.as_str()) == object.namespace())
        })
    }

    /// Ways to what a Rollout moves in an object.
    pub(super) fn moved(&self, object: &Object) -> Vec<String> {
        self.moved
            .iter()
            .flat_map(|moved| moved.pointers(object))
            .collect()
    }

    /// Ways to what the managers of the rules own of the live object.
    fn managed(&self, target: &Object, live: &Object) -> Vec<String> {
        let managers: Vec<&str> = self
            .rules(target)
            .flat_map(|rule| rule.managers.iter().map(String::as_str))
            .collect();
        let mut found = Vec::new();
        let entries = live.at(&["metadata", "managedFields"]);
        for entry in entries.and_then(Value::as_array).into_iter().flatten() {
            let manager = entry.get("manager").and_then(Value::as_str);
            if manager.is_some_and(|manager| managers.contains(&manager))
                && let Some(fields) = entry.get("fieldsV1")
            {
                leaves(fields, "", &mut found);
            }
        }
        found
    }

    /// All ways to what is no drift of an object.
    pub fn pointers(&self, target: &Object, live: &Object) -> Vec<String> {
        let mut all: Vec<String> = self
            .rules(target)
            .flat_map(|rule| rule.pointers.iter().cloned())
            .collect();
        all.extend(self.managed(target, live));
        all.extend(self.moved(target));
        all
    }

    /// The target with the live values of what is not ours: always of what a Rollout moves, and of ruled fields
    /// where they are respected; never of the status.
    #[must_use]
    pub fn respected(&self, target: &Object, live: &Object, rules_too: bool) -> Object {
        let from = live.to_value();
        let mut into = target.to_value();
        let mut pointers = self.moved(target);
        if rules_too {
            let ruled = self.rules(target).flat_map(|rule| rule.pointers.iter());
            pointers.extend(
                ruled
                    .filter(|pointer| *pointer != "/status" && !pointer.starts_with("/status/"))
                    .cloned(),
            );
            let managed = self.managed(target, live).into_iter();
            pointers.extend(managed.filter(|pointer| path::get(&into, pointer).is_some()));
        }
        for pointer in &pointers {
            match path::get(&from, pointer) {
                Some(value) => path::put(&mut into, pointer, value.clone()),
                None => path::remove(&mut into, pointer),
            }
        }
        Object::from_value(into).unwrap_or_else(|_| target.clone())
    }
}

/// The ways of a tree of managed fields that lead to values.
fn leaves(tree: &Value, way: &str, found: &mut Vec<String>) {
    let Some(map) = tree.as_object() else { return };
    for (name, below) in map {
        if name == "." {
            continue;
        }
        let part = name.strip_prefix("f:").unwrap_or(name);
        let next = format!("{way}/{}", path::escaped(part));
        if below.as_object().is_none_or(serde_json::Map::is_empty) {
            found.push(next);
        } else {
            leaves(below, &next, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Object {
        Object::from_value(value).unwrap()
    }

    fn route(weights: [i64; 2]) -> Object {
        object(
            json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
            "metadata": {"name": "r", "namespace": "ns"},
            "spec": {"rules": [{"backendRefs": [
                {"name": "stable", "weight": weights[0]}, {"name": "canary", "weight": weights[1]},
                {"name": "other", "weight": weights[1]}]}]}}),
        )
    }

    #[test]
    fn weights_that_a_rollout_moves_are_not_ours_without_any_rule() {
        let rollout = object(
            json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
            "metadata": {"name": "a", "namespace": "ns"},
            "spec": {"strategy": {"canary": {"stableService": "stable", "canaryService": "canary",
                "trafficRouting": {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "r"}}}}}}}),
        );
        let ignore = Ignore::default().with_rollouts([&rollout].into_iter());
        let pointers = ignore.pointers(&route([0, 0]), &route([0, 0]));
        assert_eq!(
            pointers,
            [
                "/spec/rules/0/backendRefs/k:{\"name\":\"stable\"}/weight",
                "/spec/rules/0/backendRefs/k:{\"name\":\"canary\"}/weight"
            ]
        );
        let kept = ignore.respected(&route([100, 0]), &route([80, 20]), false);
        let weights = |at: usize| {
            kept.to_value()
                .pointer(&format!("/spec/rules/0/backendRefs/{at}/weight"))
                .and_then(Value::as_i64)
        };
        assert_eq!(
            [weights(0), weights(1), weights(2)],
            [Some(80), Some(20), Some(0)]
        );
    }

    #[test]
    fn rules_match_by_glob_and_name() {
        let rule = |value| serde_json::from_value::<IgnoreDifference>(value).unwrap();
        let ignore = Ignore::new(&[
            rule(json!({"group": "*", "kind": "Deploy*", "jsonPointers": ["/spec/replicas"]})),
            rule(json!({"kind": "Service", "name": "b", "jsonPointers": ["/spec"]})),
        ])
        .unwrap();
        let named = |api: &str, kind: &str, name: &str| {
            object(json!({"apiVersion": api, "kind": kind, "metadata": {"name": name}}))
        };
        let pointers = |object: Object| ignore.pointers(&object, &object);
        assert_eq!(
            pointers(named("apps/v1", "Deployment", "a")),
            ["/spec/replicas"]
        );
        assert!(pointers(named("v1", "Service", "a")).is_empty());
        assert_eq!(pointers(named("v1", "Service", "b")), ["/spec"]);
        let jq = rule(json!({"kind": "A", "jqPathExpressions": [".spec"]}));
        assert!(Ignore::new(&[jq]).is_err());
    }

    #[test]
    fn respecting_keeps_live_values_and_never_the_status() {
        let rule: IgnoreDifference = serde_json::from_value(
            json!({"kind": "A", "jsonPointers": ["/spec/n", "/spec/gone", "/status", "/spec/l/5"]}),
        )
        .unwrap();
        let ignore = Ignore::new(&[rule]).unwrap();
        let target = object(
            json!({"apiVersion": "v1", "kind": "A", "spec": {"n": 1, "gone": 1, "l": [1]}, "status": 1}),
        );
        let live = object(
            json!({"apiVersion": "v1", "kind": "A", "spec": {"n": 7, "l": [1]}, "status": 2}),
        );
        let kept = ignore.respected(&target, &live, true);
        assert_eq!(kept.at(&["spec"]), Some(&json!({"n": 7, "l": [1]})));
        assert_eq!(kept.at(&["status"]), Some(&json!(1)));
        assert_eq!(ignore.respected(&target, &live, false), target);
    }

    #[test]
    fn the_services_of_a_rollout_choose_its_pods_in_peace() {
        let rollout = object(
            json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
            "metadata": {"name": "a", "namespace": "ns"},
            "spec": {"strategy": {"blueGreen": {"activeService": "s"}}}}),
        );
        let service = |selector: Value, name: &str| {
            object(json!({"apiVersion": "v1", "kind": "Service",
                "metadata": {"name": name, "namespace": "ns"}, "spec": {"selector": selector}}))
        };
        let ignore = Ignore::default().with_rollouts([&rollout].into_iter());
        let target = service(json!({"app": "x"}), "s");
        let live = service(json!({"app": "x", "rollouts-pod-template-hash": "h"}), "s");
        let kept = ignore.respected(&target, &live, false);
        assert_eq!(kept.at(&["spec"]), live.at(&["spec"]));
        let other = service(json!({"app": "x"}), "t");
        assert_eq!(ignore.respected(&other, &live, false), other);
    }

    #[test]
    fn what_a_named_manager_owns_is_left_to_it() {
        let rule: IgnoreDifference =
            serde_json::from_value(json!({"kind": "A", "managedFieldsManagers": ["scaler"]}))
                .unwrap();
        let ignore = Ignore::new(&[rule]).unwrap();
        let target = object(json!({"apiVersion": "v1", "kind": "A",
            "spec": {"n": 1, "l": [{"name": "a", "v": 1}]}}));
        let live = object(json!({"apiVersion": "v1", "kind": "A",
            "metadata": {"managedFields": [
                {"manager": "scaler", "fieldsV1": {"f:spec": {".": {}, "f:n": {}, "f:extra": {},
                    "f:l": {"k:{\"name\":\"a\"}": {"f:v": {}}}}}},
                {"manager": "else", "fieldsV1": {"f:spec": {"f:m": {}}}}]},
            "spec": {"n": 5, "extra": 1, "l": [{"name": "b"}, {"name": "a", "v": 7}]}}));
        let kept = ignore.respected(&target, &live, true);
        assert_eq!(
            kept.at(&["spec"]),
            Some(&json!({"n": 5, "l": [{"name": "a", "v": 7}]}))
        );
        assert_eq!(ignore.pointers(&target, &live).len(), 3);
    }
}
