//! The rights of the controllers, each with the controllers that need it: what the audit log shows, no verb more.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::controller::Part;

/// Where a right is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the namespaces that are worked at.
    Watched,
    /// In the namespace of the controller.
    Own,
    /// For objects of the whole cluster.
    Cluster,
}

/// One right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    /// API group.
    pub group: &'static str,
    /// Resource, with its subresource behind a slash.
    pub resource: &'static str,
    /// The only objects that it is about; all where there are none.
    pub names: &'static [&'static str],
    /// Verbs, sorted.
    pub verbs: &'static [&'static str],
    /// Where.
    pub place: Place,
    /// The controllers that need it.
    pub parts: &'static [Part],
}

use Part::{Analysis, Rollouts, SealedSecrets};
use Place::{Cluster, Own, Watched};

const ALL_BUT_APPLIER: &[Part] = &[SealedSecrets, Rollouts, Analysis];

/// What the Lease of the leader election is called, and those of shards.
const LEASE: &[&str] = &[
    super::manifest::NAME,
    "waxwing-controller-0",
    "waxwing-controller-1",
    "waxwing-controller-2",
    "waxwing-controller-3",
    "waxwing-controller-4",
    "waxwing-controller-5",
    "waxwing-controller-6",
    "waxwing-controller-7",
    "waxwing-controller-8",
    "waxwing-controller-9",
    "waxwing-controller-10",
    "waxwing-controller-11",
    "waxwing-controller-12",
    "waxwing-controller-13",
    "waxwing-controller-14",
    "waxwing-controller-15",
];

const fn right(
    group: &'static str,
    resource: &'static str,
    verbs: &'static [&'static str],
    place: Place,
    parts: &'static [Part],
) -> Right {
    Right {
        group,
        resource,
        names: &[],
        verbs,
        place,
        parts,
    }
}

/// All of them, by group and resource.
const ALL: &[Right] = &[
    right("", "events", &["create", "patch"], Watched, ALL_BUT_APPLIER),
    right("", "pods", &["list"], Watched, &[Rollouts]),
    right("", "pods/eviction", &["create"], Watched, &[Rollouts]),
    right("", "secrets", &["get"], Watched, &[Analysis]),
    right(
        "",
        "secrets",
        &["get", "list", "patch", "watch"],
        Watched,
        &[Rollouts],
    ),
    right(
        "",
        "secrets",
        &["create", "delete", "get", "list", "update", "watch"],
        Watched,
        &[SealedSecrets],
    ),
    right(
        "",
        "services",
        &["list", "patch", "watch"],
        Watched,
        &[Rollouts],
    ),
    right(
        "apps",
        "deployments",
        &["list", "watch"],
        Watched,
        &[Rollouts],
    ),
    right(
        "apps",
        "replicasets",
        &["create", "delete", "get", "list", "patch", "watch"],
        Watched,
        &[Rollouts],
    ),
    right(
        "argoproj.io",
        "analysisruns",
        &["create", "delete", "get", "list", "patch", "watch"],
        Watched,
        &[Rollouts],
    ),
    right(
        "argoproj.io",
        "analysisruns",
        &["delete", "get", "list", "patch", "watch"],
        Watched,
        &[Analysis],
    ),
    right(
        "argoproj.io",
        "analysistemplates",
        &["list", "watch"],
        Watched,
        &[Rollouts],
    ),
    right(
        "argoproj.io",
        "clusteranalysistemplates",
        &["list", "watch"],
        Cluster,
        &[Rollouts],
    ),
    right(
        "argoproj.io",
        "rollouts",
        &["get", "list", "patch", "watch"],
        Watched,
        &[Rollouts],
    ),
    right(
        "argoproj.io",
        "rollouts/status",
        &["update"],
        Watched,
        &[Rollouts],
    ),
    right(
        "bitnami.com",
        "sealedsecrets",
        &["get", "list", "watch"],
        Watched,
        &[SealedSecrets, Rollouts],
    ),
    right(
        "bitnami.com",
        "sealedsecrets/status",
        &["update"],
        Watched,
        &[SealedSecrets],
    ),
    // A right to make something cannot be about one name.
    right("coordination.k8s.io", "leases", &["create"], Own, Part::ALL),
    Right {
        names: LEASE,
        ..right(
            "coordination.k8s.io",
            "leases",
            &["get", "update"],
            Own,
            Part::ALL,
        )
    },
    right(
        "gateway.networking.k8s.io",
        "httproutes",
        &["get", "list", "update", "watch"],
        Watched,
        &[Rollouts],
    ),
    right(
        "traefik.io",
        "traefikservices",
        &["get", "list", "update", "watch"],
        Watched,
        &[Rollouts],
    ),
];

/// All rights.
pub fn rights() -> &'static [Right] {
    ALL
}

/// The rules of a role: the rights of some controllers at a place.
pub fn rules(parts: &BTreeSet<Part>, place: Place) -> Vec<Value> {
    let needed = ALL.iter().filter(|right| {
        right.place == place && right.parts.iter().any(|part| parts.contains(part))
    });
    needed
        .map(|right| {
            let mut rule = json!({"apiGroups": [right.group], "resources": [right.resource],
                "verbs": right.verbs});
            if let (Some(map), false) = (rule.as_object_mut(), right.names.is_empty()) {
                map.insert("resourceNames".to_owned(), json!(right.names));
            }
            rule
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_its_verbs_are() {
        let key = |right: &Right| (right.group, right.resource);
        assert!(ALL.is_sorted_by(|a, b| key(a) <= key(b)));
        assert!(ALL.iter().all(|right| right.verbs.is_sorted()));
    }

    #[test]
    fn whoever_runs_less_may_less() {
        let only = |part: Part| rules(&BTreeSet::from([part]), Watched);
        let seals = Value::from(only(SealedSecrets)).to_string();
        assert!(seals.contains("sealedsecrets") && !seals.contains("rollouts"));
        let analyses = Value::from(only(Analysis)).to_string();
        assert!(!analyses.contains("sealedsecrets") && !analyses.contains("replicasets"));
        let lease = rules(&BTreeSet::from([Analysis]), Own);
        assert_eq!(lease.len(), 2);
        assert_eq!(
            LEASE.len(),
            1 + usize::from(crate::controller::lease::MAX_SHARDS)
        );
    }
}
