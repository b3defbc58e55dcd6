//! Differences that are no drift: the rules of the application, and the weights that a Rollout moves.

use globset::{Glob, GlobMatcher};
use serde_json::Value;

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
    weights: Vec<Weights>,
}

#[derive(Clone, Debug)]
struct Rule {
    group: GlobMatcher,
    kind: GlobMatcher,
    name: String,
    namespace: String,
    pointers: Vec<String>,
}

/// A route whose weights a Rollout moves.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Weights {
    kind: &'static str,
    namespace: String,
    name: String,
    services: Vec<String>,
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
            if !rule.managed_fields_managers.is_empty() {
                return Err(IgnoreError::Unsupported {
                    field: "managedFieldsManagers",
                });
            }
            ready.push(Rule {
                group: glob(&rule.group)?,
                kind: glob(&rule.kind)?,
                name: rule.name.clone(),
                namespace: rule.namespace.clone(),
                pointers: rule.json_pointers.clone(),
            });
        }
        Ok(Self {
            rules: ready,
            weights: Vec::new(),
        })
    }

    /// The same, and the weights of routes that live Rollouts name are not ours.
    #[must_use]
    pub fn with_rollouts<'a>(mut self, rollouts: impl Iterator<Item = &'a Object>) -> Self {
        for rollout in rollouts {
            self.weights.extend(weights_of(rollout));
        }
        self
    }

    /// Pointers to what is no drift of an object: those of the rules.
    fn ruled<'a>(&'a self, object: &'a Object) -> impl Iterator<Item = &'a str> {
        let gvk = object.gvk();
        self.rules
            .iter()
            .filter(move |rule| {
                rule.group.is_match(&gvk.group)
                    && rule.kind.is_match(&gvk.kind)
                    && (rule.name.is_empty() || rule.name == object.name())
                    && (rule.namespace.is_empty()
                        || Some(rule.namespace.as_str()) == object.namespace())
            })
            .flat_map(|rule| rule.pointers.iter().map(String::as_str))
    }

    /// Pointers to the weights of an object that a Rollout moves.
    fn moved(&self, object: &Object) -> Vec<String> {
        let mut found = Vec::new();
        for weights in &self.weights {
            let is_it = weights.kind == object.kind()
                && weights.name == object.name()
                && Some(weights.namespace.as_str()) == object.namespace();
            if !is_it {
                continue;
            }
            let is_ours = |entry: &Value| {
                let name = entry.get("name").and_then(Value::as_str);
                name.is_some_and(|name| weights.services.iter().any(|service| service == name))
            };
            if weights.kind == "TraefikService" {
                let entries = object.at(&["spec", "weighted", "services"]);
                for at in indices(entries, is_ours) {
                    found.push(format!("/spec/weighted/services/{at}/weight"));
                }
                continue;
            }
            let rules = object.at(&["spec", "rules"]).and_then(Value::as_array);
            for (rule, value) in rules.into_iter().flatten().enumerate() {
                for at in indices(value.get("backendRefs"), is_ours) {
                    found.push(format!("/spec/rules/{rule}/backendRefs/{at}/weight"));
                }
            }
        }
        found
    }

    /// All pointers to what is no drift of an object.
    pub fn pointers(&self, object: &Object) -> Vec<String> {
        let mut all: Vec<String> = self.ruled(object).map(str::to_owned).collect();
        all.extend(self.moved(object));
        all
    }

    /// The target with the live values of what is not ours: always of moved weights, and of ruled fields where
    /// they are respected; never of the status.
    #[must_use]
    pub fn respected(&self, target: &Object, live: &Object, rules_too: bool) -> Object {
        let mut pointers = self.moved(target);
        if rules_too {
            pointers.extend(
                self.ruled(target)
                    .filter(|pointer| *pointer != "/status" && !pointer.starts_with("/status/"))
                    .map(str::to_owned),
            );
        }
        let from = live.to_value();
        let mut into = target.to_value();
        for pointer in &pointers {
            match from.pointer(pointer) {
                Some(value) => put(&mut into, pointer, value.clone()),
                None => remove(&mut into, pointer),
            }
        }
        Object::from_value(into).unwrap_or_else(|_| target.clone())
    }
}

fn indices(list: Option<&Value>, is_it: impl Fn(&Value) -> bool) -> Vec<usize> {
    let list = list.and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .enumerate()
        .filter(|(_, entry)| is_it(entry))
        .map(|(at, _)| at)
        .collect()
}

fn weights_of(rollout: &Object) -> Vec<Weights> {
    let Some(canary) = rollout.at(&["spec", "strategy", "canary"]) else {
        return Vec::new();
    };
    let text = |value: &Value, field: &str| {
        let text = value.get(field).and_then(Value::as_str);
        text.map(str::to_owned)
    };
    let services: Vec<String> = ["stableService", "canaryService"]
        .iter()
        .filter_map(|field| text(canary, field))
        .collect();
    let own = rollout.namespace().unwrap_or_default();
    let route = |kind, namespace: Option<String>, name: String| Weights {
        kind,
        namespace: namespace.unwrap_or_else(|| own.to_owned()),
        name,
        services: services.clone(),
    };
    let mut found = Vec::new();
    let traefik = canary.pointer("/trafficRouting/traefik");
    if let Some(name) = traefik.and_then(|traefik| text(traefik, "weightedTraefikServiceName")) {
        found.push(route("TraefikService", None, name));
    }
    let Some(plugin) = canary.pointer("/trafficRouting/plugins/argoproj-labs~1gatewayAPI") else {
        return found;
    };
    for (kind, one, many) in [
        ("HTTPRoute", "httpRoute", "httpRoutes"),
        ("GRPCRoute", "grpcRoute", "grpcRoutes"),
    ] {
        let listed = plugin.get(many).and_then(Value::as_array);
        let listed = listed.into_iter().flatten();
        for name in listed
            .filter_map(|entry| text(entry, "name"))
            .chain(text(plugin, one))
        {
            found.push(route(kind, text(plugin, "namespace"), name));
        }
    }
    found
}

/// Removes what a pointer leads to; a way that is not there is fine.
pub(super) fn remove(value: &mut Value, pointer: &str) {
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        return;
    };
    match value.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.remove(&unescaped(last));
        }
        Some(Value::Array(list)) => {
            if let Ok(at) = last.parse::<usize>()
                && at < list.len()
            {
                list.remove(at);
            }
        }
        _ => {}
    }
}

/// Sets what a pointer leads to; maps on the way are made, elements of lists are not.
fn put(value: &mut Value, pointer: &str, new: Value) {
    let mut here = value;
    let mut parts = pointer.split('/').skip(1).map(unescaped).peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        let next = match here {
            Value::Object(map) => {
                if !is_last && !map.contains_key(&part) {
                    map.insert(part.clone(), Value::Object(serde_json::Map::new()));
                }
                if is_last {
                    map.insert(part, new);
                    return;
                }
                map.get_mut(&part)
            }
            Value::Array(list) => match part.parse::<usize>() {
                Ok(at) => list.get_mut(at),
                Err(_) => None,
            },
            _ => None,
        };
        let Some(next) = next else { return };
        if is_last {
            *next = new;
            return;
        }
        here = next;
    }
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
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
        let pointers = ignore.pointers(&route([0, 0]));
        assert_eq!(
            pointers,
            [
                "/spec/rules/0/backendRefs/0/weight",
                "/spec/rules/0/backendRefs/1/weight"
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
        assert_eq!(
            ignore.pointers(&named("apps/v1", "Deployment", "a")),
            ["/spec/replicas"]
        );
        assert!(ignore.pointers(&named("v1", "Service", "a")).is_empty());
        assert_eq!(ignore.pointers(&named("v1", "Service", "b")), ["/spec"]);
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
}
