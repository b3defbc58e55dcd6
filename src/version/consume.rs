//! Who consumes a secret: Rollouts whose template, or a ReplicaSet with pods, names it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::effective::{Held, held};
use crate::{
    api::rollout::{DEFAULT_REVISION_HISTORY_LIMIT, HASH_LABEL, REVISION},
    object::Object,
};

/// A Rollout that consumes a secret, with its ReplicaSets.
#[derive(Clone, Debug)]
pub struct Consumer<'a> {
    /// The Rollout.
    pub rollout: &'a Object,
    /// Its template, its own or that of the workload that it refers to.
    pub template: Value,
    /// Its ReplicaSets, newest revision first.
    pub sets: Vec<&'a Object>,
}

/// The Rollouts among those of a namespace that consume a secret, by name; those being deleted do not.
pub fn consumers<'a>(
    secret: &str,
    rollouts: &'a [Object],
    templates: &BTreeMap<String, Value>,
    sets: &'a [Object],
) -> Vec<Consumer<'a>> {
    let mut found: Vec<Consumer<'a>> = rollouts
        .iter()
        .filter(|rollout| rollout.at(&["metadata", "deletionTimestamp"]).is_none())
        .map(|rollout| Consumer {
            rollout,
            template: template_of(rollout, templates),
            sets: sets_of(rollout, sets),
        })
        .filter(|consumer| {
            let namespace = consumer.namespace();
            held(&consumer.template, namespace, secret) != Held::None
                || consumer.sets.iter().any(|set| {
                    has_pods(set) && held(&template_in(set), namespace, secret) != Held::None
                })
        })
        .collect();
    found.sort_by_key(|consumer| consumer.rollout.name().to_owned());
    found
}

impl<'a> Consumer<'a> {
    /// The name of the Rollout.
    pub fn name(&self) -> &'a str {
        self.rollout.name()
    }

    /// The namespace of the Rollout.
    pub fn namespace(&self) -> &'a str {
        self.rollout.namespace().unwrap_or_default()
    }

    /// The ReplicaSet that is promoted.
    pub fn stable(&self) -> Option<&'a Object> {
        self.set_at("stableRS")
    }

    /// The ReplicaSet of the newest revision.
    pub fn current(&self) -> Option<&'a Object> {
        self.set_at("currentPodHash")
    }

    /// What a ReplicaSet of it reads of a secret.
    pub fn held(&self, set: Option<&Object>, secret: &str) -> Held {
        set.map_or(Held::None, |set| {
            held(&template_in(set), self.namespace(), secret)
        })
    }

    /// Whether its update is aborted.
    pub fn is_aborted(&self) -> bool {
        self.rollout.at(&["status", "abort"]) == Some(&Value::Bool(true))
    }

    /// Status, reason and message of one of its conditions.
    pub fn condition(&self, kind: &str) -> Option<(&'a str, &'a str, &'a str)> {
        let conditions = self.rollout.at(&["status", "conditions"])?.as_array()?;
        let text = |condition: &'a Value, field: &str| {
            condition
                .get(field)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let found = conditions
            .iter()
            .find(|condition| text(condition, "type") == kind)?;
        Some((
            text(found, "status"),
            text(found, "reason"),
            text(found, "message"),
        ))
    }

    fn set_at(&self, field: &str) -> Option<&'a Object> {
        let hash = self.rollout.at(&["status", field])?.as_str()?;
        self.sets
            .iter()
            .find(|set| !hash.is_empty() && set.label(HASH_LABEL) == Some(hash))
            .copied()
    }
}

/// The template of a Rollout: its own, or that of the workload that it refers to.
pub fn template_of(rollout: &Object, templates: &BTreeMap<String, Value>) -> Value {
    if let Some(template) = templates.get(rollout.name()) {
        return template.clone();
    }
    let own = rollout.at(&["spec", "template"]);
    own.cloned().unwrap_or_default()
}

/// The pod template of a ReplicaSet, or of any workload.
pub fn template_in(workload: &Object) -> Value {
    let template = workload.at(&["spec", "template"]);
    template.cloned().unwrap_or_default()
}

/// Whether a ReplicaSet has pods, or shall have.
pub fn has_pods(set: &Object) -> bool {
    let count = |path: &[&str]| set.at(path).and_then(Value::as_i64).unwrap_or(0);
    count(&["spec", "replicas"]) > 0 || count(&["status", "replicas"]) > 0
}

/// The ReplicaSets that a Rollout controls, newest revision first.
fn sets_of<'a>(rollout: &Object, sets: &'a [Object]) -> Vec<&'a Object> {
    let mut found: Vec<&Object> = sets
        .iter()
        .filter(|set| {
            set.controller_uid()
                .is_some_and(|uid| Some(uid) == rollout.uid())
        })
        .collect();
    found.sort_by_key(|set| std::cmp::Reverse(revision_number(set)));
    found
}

/// The number of the revision of a ReplicaSet.
pub fn revision_number(set: &Object) -> u64 {
    set.annotation(REVISION)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// The ReplicaSets that count as history: all of nobody, and of each Rollout those that have pods, are stable or
/// current, and as many others as it keeps. With `with_pods_only`, only those with pods.
pub fn remembered<'a>(
    rollouts: &'a [Object],
    sets: &'a [Object],
    with_pods_only: bool,
) -> Vec<&'a Object> {
    let mut forgotten = BTreeSet::new();
    for rollout in rollouts {
        let limit = rollout
            .at(&["spec", "revisionHistoryLimit"])
            .and_then(Value::as_i64)
            .unwrap_or(DEFAULT_REVISION_HISTORY_LIMIT);
        let hash = |field: &str| rollout.at(&["status", field]).and_then(Value::as_str);
        let (stable, current) = (hash("stableRS"), hash("currentPodHash"));
        let old = sets_of(rollout, sets).into_iter().filter(|set| {
            let own = set.label(HASH_LABEL);
            !has_pods(set) && own != stable && own != current
        });
        let kept = usize::try_from(limit).unwrap_or(0);
        forgotten.extend(old.skip(kept).map(Object::name));
    }
    sets.iter()
        .filter(|set| has_pods(set) || (!with_pods_only && !forgotten.contains(set.name())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::testing::*, *};

    #[test]
    fn point_04_a_template_or_a_replica_set_with_pods_makes_a_consumer() {
        let rollouts = [
            rollout("names", "db", "a", "a"),
            rollout("runs", "other", "b", "c"),
            rollout("ran", "other", "d", "d"),
            rollout("not", "other", "e", "e"),
            leaving(rollout("leaving", "db", "f", "f")),
        ];
        let sets = [
            set("runs", "b", 1, "db-v1", 1),
            set("runs", "c", 2, "other", 1),
            set("ran", "d", 1, "db-v1", 0),
        ];
        let found = consumers("db", &rollouts, &BTreeMap::new(), &sets);
        let names: Vec<&str> = found.iter().map(Consumer::name).collect();
        assert_eq!(names, ["names", "runs"]);
        assert_eq!(found[1].stable().map(Object::name), Some("runs-b"));
        assert_eq!(found[1].current().map(Object::name), Some("runs-c"));
        assert_eq!(found[1].held(found[1].stable(), "db"), Held::Version(1));
        assert!(found[0].stable().is_none());
    }

    #[test]
    fn point_04_a_template_by_workload_ref_counts() {
        let rollouts = [rollout("web", "other", "a", "a")];
        let templates = BTreeMap::from([("web".to_owned(), template("db"))]);
        assert_eq!(consumers("db", &rollouts, &templates, &[]).len(), 1);
    }

    #[test]
    fn point_11_history_is_what_the_limit_keeps() {
        let mut web = rollout("web", "db", "e", "e");
        web.set(&["spec", "revisionHistoryLimit"], 1.into());
        let sets = [
            set("web", "a", 1, "db-v1", 1),
            set("web", "b", 2, "db-v2", 0),
            set("web", "c", 3, "db-v3", 0),
            set("web", "d", 4, "db-v4", 0),
            set("web", "e", 5, "db-v5", 0),
            set("nobody", "x", 1, "db-v9", 0),
        ];
        let names = |with_pods_only| -> Vec<String> {
            let web = [web.clone()];
            remembered(&web, &sets, with_pods_only)
                .iter()
                .map(|set| set.name().to_owned())
                .collect()
        };
        assert_eq!(names(false), ["web-a", "web-d", "web-e", "nobody-x"]);
        assert_eq!(names(true), ["web-a"]);
    }
}
