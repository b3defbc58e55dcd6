//! The order of the output.

use std::{cmp::Ordering, collections::BTreeMap};

use super::{
    error::BuildError,
    id::{Id, gvk_text},
    resource_set::ResourceSet,
};
use crate::{api::kustomization::SortOptions, object::Gvk};

/// Kinds that come first, unless a kustomization says otherwise.
const FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
/// Kinds that come last.
const LAST: &[&str] = &[
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// Sorts as a kustomization's `sortOptions` say; without any, by kind.
pub(super) fn sort(set: &mut ResourceSet, options: Option<&SortOptions>) -> Result<(), BuildError> {
    let own =
        |kinds: &[&str]| -> Vec<String> { kinds.iter().map(|kind| (*kind).to_owned()).collect() };
    let (first, last): (Vec<String>, Vec<String>) = match options {
        None => (own(FIRST), own(LAST)),
        Some(options) => match (options.order.as_str(), &options.legacy_sort_options) {
            ("fifo", None) => return Ok(()),
            ("fifo", Some(_)) => {
                return Err(BuildError::new(
                    "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
                ));
            }
            ("legacy", None) => (own(FIRST), own(LAST)),
            ("legacy", Some(legacy)) => (legacy.order_first.clone(), legacy.order_last.clone()),
            _ => {
                return Err(BuildError::new(
                    "the field 'sortOptions.order' must be one of [fifo, legacy]",
                ));
            }
        },
    };
    let mut ranks = BTreeMap::new();
    for (index, kind) in first.iter().enumerate() {
        ranks.insert(kind.as_str(), (0, index));
    }
    for (index, kind) in last.iter().enumerate() {
        ranks.insert(kind.as_str(), (2, index));
    }
    let rank = |kind: &str| ranks.get(kind).copied().unwrap_or((1, 0));
    let mut sorted: Vec<_> = set
        .take()
        .into_iter()
        .map(|resource| {
            let id = resource.id();
            let key = Key {
                rank: rank(&id.gvk.kind),
                gvk_key: gvk_key(&id.gvk),
                id_key: id_key(&id),
                gvk: id.gvk,
            };
            (key, resource)
        })
        .collect();
    sorted.sort_by(|(left, _), (right, _)| {
        if left.gvk == right.gvk {
            left.id_key.cmp(&right.id_key)
        } else {
            left.rank
                .cmp(&right.rank)
                .then_with(|| compare_gvk(left, right))
        }
    });
    set.append_all(sorted.into_iter().map(|(_, resource)| resource))
        .map_err(|error| error.under("SortOrderTransformer: Failed to append to resources"))
}

/// What a resource is sorted by, made once.
struct Key {
    rank: (u8, usize),
    gvk: Gvk,
    gvk_key: String,
    id_key: String,
}

fn compare_gvk(left: &Key, right: &Key) -> Ordering {
    let is_namespace = left.gvk.kind == "Namespace" && right.gvk.kind == "Namespace";
    let order = left.gvk_key.cmp(&right.gvk_key);
    if is_namespace && (left.gvk.group.is_empty() || right.gvk.group.is_empty()) {
        order.reverse()
    } else {
        order
    }
}

/// The rank of a kind in the order that is built in.
pub(super) fn rank(kind: &str) -> (u8, usize) {
    let at = |kinds: &[&str]| kinds.iter().position(|own| *own == kind);
    match (at(FIRST), at(LAST)) {
        (Some(at), _) => (0, at),
        (None, Some(at)) => (2, at),
        (None, None) => (1, 0),
    }
}

fn or<'a>(text: &'a str, absent: &'a str) -> &'a str {
    if text.is_empty() { absent } else { text }
}

fn gvk_key(gvk: &Gvk) -> String {
    format!(
        "{}_{}_{}",
        or(&gvk.group, "~G"),
        or(&gvk.version, "~V"),
        or(&gvk.kind, "~K")
    )
}

fn id_key(id: &Id) -> String {
    format!(
        "{}|{}|{}",
        gvk_text(&id.gvk),
        or(&id.namespace, "~X"),
        or(&id.name, "~N")
    )
}
