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

use Part::{Analysis, Applications, Rollouts, SealedSecrets};
use Place::{Cluster, Own, Watched};

const ROLLOUTS: &[Part] = &[Rollouts];
const SEALED: &[Part] = &[SealedSecrets];

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
const ALL: &[Right] = &[right(
    "",
    "events",
    &["create", "patch"],
    Watched,
    &[SealedSecrets, Rollouts, Analysis],
)];

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
