//! What Git wants beside what the cluster has: the state of every object, and of the application.

use std::collections::BTreeMap;

use super::{
    diff::{self, Difference, Means},
    health::{self, Health, HealthStatus},
    hook::{self, Role},
    ignore::Ignore,
    key::Key,
    option::Options,
    tracking::Tracking,
    wave,
};
use crate::{
    api::application::{COMPARE_OPTIONS, IGNORE_HEALTHCHECK, TRACKING_ID},
    object::Object,
};

/// Whether something is as Git wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SyncStatus {
    /// It is.
    Synced,
    /// It is not.
    OutOfSync,
    /// It cannot be told.
    Unknown,
}

impl SyncStatus {
    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            Self::Synced => "Synced",
            Self::OutOfSync => "OutOfSync",
            Self::Unknown => "Unknown",
        }
    }
}

/// One object of an application.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Its key.
    pub key: Key,
    /// Its version of the API.
    pub version: String,
    /// As Git wants it.
    pub target: Option<Object>,
    /// As it is.
    pub live: Option<Object>,
    /// Whether it is a hook.
    pub is_hook: bool,
    /// Whether it is as Git wants it; hooks have none.
    pub status: Option<SyncStatus>,
    /// Whether it does not count for the application that Git lacks it.
    pub is_extraneous: bool,
    /// Whether Git lacks it.
    pub requires_pruning: bool,
    /// How it does.
    pub health: Option<Health>,
    /// Its wave.
    pub wave: i64,
    /// What differs.
    pub difference: Option<Difference>,
}

/// All objects of an application, and what they amount to.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The objects, sorted by key.
    pub resources: Vec<Compared>,
    /// The state of the whole.
    pub status: SyncStatus,
    /// How the whole does.
    pub health: Health,
    /// Objects that belong to another application: the object and that application.
    pub shared: Vec<(Key, String)>,
}

/// Compares everything. `live` holds the objects under the keys of the targets, and all that are tracked to
/// the application.
pub fn compare(
    tracking: &Tracking,
    targets: &[Object],
    live: &BTreeMap<Key, Object>,
    ignore: &Ignore,
    options: &Options,
) -> Comparison {
    let mut resources = Vec::new();
    let mut shared = Vec::new();
    for target in targets {
        let key = Key::of(target);
        let found = live.get(&key);
        let is_hook = matches!(hook::role(target), Role::Hook(_));
        if let Some(other) = found
            .and_then(|live| tracking.owner(live))
            .filter(|other| *other != tracking.app)
            && !is_hook
        {
            shared.push((key.clone(), other));
        }
        let is_of_old = found.is_some_and(|live| tracking.is_marked_of_old(live));
        let mut one = target.clone();
        if is_of_old {
            one.remove(&["metadata", "annotations", TRACKING_ID]);
        }
        let mut found = compared(key, &one, found, is_hook, ignore, options);
        found.target = Some(target.clone());
        resources.push(found);
    }
    let wanted: std::collections::BTreeSet<Key> = targets.iter().map(Key::of).collect();
    for (key, object) in live {
        if wanted.contains(key) || !tracking.is_managed(object) {
            continue;
        }
        let role = hook::role(object);
        if role == Role::Ignored {
            continue;
        }
        let is_hook = role != Role::Resource;
        resources.push(Compared {
            key: key.clone(),
            version: object.gvk().version,
            target: None,
            is_hook,
            status: (!is_hook).then_some(SyncStatus::OutOfSync),
            is_extraneous: has_compare_option(object, "IgnoreExtraneous"),
            requires_pruning: !is_hook,
            health: health::of(object),
            wave: wave::wave(object),
            live: Some(object.clone()),
            difference: None,
        });
    }
    resources.sort_by(|a, b| a.key.cmp(&b.key));
    let is_out = resources
        .iter()
        .any(|one| one.status == Some(SyncStatus::OutOfSync) && !one.is_extraneous);
    Comparison {
        health: overall(&resources),
        resources,
        status: if is_out {
            SyncStatus::OutOfSync
        } else {
            SyncStatus::Synced
        },
        shared,
    }
}

/// How an object is applied, and so compared.
pub fn means(target: &Object, options: &Options) -> Means {
    if options.is_on(target, "ServerSideApply") && !options.is_on(target, "Replace") {
        Means::ServerSide
    } else {
        Means::ClientSide
    }
}

fn compared(
    key: Key,
    target: &Object,
    live: Option<&Object>,
    is_hook: bool,
    ignore: &Ignore,
    options: &Options,
) -> Compared {
    let difference = live.filter(|_| !is_hook).map(|live| {
        let pointers = ignore.pointers(target, live);
        diff::compare(target, live, &pointers, means(target, options))
    });
    let is_same = difference.as_ref().is_some_and(|d| !d.is_modified());
    let status = if is_same {
        SyncStatus::Synced
    } else {
        SyncStatus::OutOfSync
    };
    Compared {
        key,
        version: target.gvk().version,
        target: Some(target.clone()),
        live: live.cloned(),
        is_hook,
        status: (!is_hook).then_some(status),
        is_extraneous: false,
        requires_pruning: false,
        health: match live {
            Some(live) => health::of(live),
            None => Some(Health::new(HealthStatus::Missing, "")),
        },
        wave: wave::wave(target),
        difference,
    }
}

fn has_compare_option(object: &Object, option: &str) -> bool {
    object
        .annotation(COMPARE_OPTIONS)
        .is_some_and(|options| options.split(',').any(|one| one.trim() == option))
}

/// The worst health counts; what is missing says so by being out of sync, unless all is.
fn overall(resources: &[Compared]) -> Health {
    let counted: Vec<&Compared> = resources
        .iter()
        .filter(|one| !one.is_hook)
        .filter(|one| {
            let object = one.live.as_ref().or(one.target.as_ref());
            object.is_none_or(|object| object.annotation(IGNORE_HEALTHCHECK) != Some("true"))
        })
        .collect();
    if !counted.is_empty() && counted.iter().all(|one| one.live.is_none()) {
        return Health::new(HealthStatus::Missing, "");
    }
    let mut worst = HealthStatus::Healthy;
    let mut causes: Vec<String> = Vec::new();
    for one in counted {
        let Some(health) = one.health.as_ref().filter(|_| one.live.is_some()) else {
            continue;
        };
        if health.status > worst {
            worst = health.status;
            causes.clear();
        }
        if health.status == worst && worst != HealthStatus::Healthy {
            causes.push(format!("{}/{}", one.key.kind, one.key.name));
        }
    }
    /// How many causes a message names.
    const MAX_CAUSES: usize = 3;
    let more = causes.len().saturating_sub(MAX_CAUSES);
    causes.truncate(MAX_CAUSES);
    let mut message = causes.join(", ");
    if more > 0 {
        message.push_str(&format!(" and {more} more"));
    }
    Health::new(worst, message)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::application::TRACKING_ID;

    fn object(kind: &str, name: &str, id: Option<&str>, more: Value) -> Object {
        let mut object = Object::from_value(json!({"apiVersion": "v1", "kind": kind,
            "metadata": {"name": name, "namespace": "ns"}}))
        .unwrap();
        if let Some(id) = id {
            object.set(&["metadata", "annotations", TRACKING_ID], id.into());
        }
        for (field, value) in more.as_object().unwrap() {
            object.set(&[field.as_str()], value.clone());
        }
        object
    }

    fn run(targets: &[Object], live: &[Object]) -> Comparison {
        let live = live.iter().map(|o| (Key::of(o), o.clone())).collect();
        compare(
            &Tracking::by_annotation("app"),
            targets,
            &live,
            &Ignore::default(),
            &Options::default(),
        )
    }

    #[test]
    fn states_of_objects_and_of_the_whole() {
        let id = Some("app:/ConfigMap:ns/a");
        let a = object("ConfigMap", "a", id, json!({}));
        assert_eq!(
            run(std::slice::from_ref(&a), &[]).status,
            SyncStatus::OutOfSync
        );
        assert_eq!(
            run(std::slice::from_ref(&a), &[]).health.status,
            HealthStatus::Missing
        );
        assert_eq!(run(&[], &[]).health.status, HealthStatus::Healthy);
        let both = run(std::slice::from_ref(&a), std::slice::from_ref(&a));
        assert_eq!(both.status, SyncStatus::Synced);
        let gone = run(&[], std::slice::from_ref(&a));
        assert!(gone.resources[0].requires_pruning);
        assert_eq!(gone.status, SyncStatus::OutOfSync);
    }

    #[test]
    fn children_and_copied_marks_are_not_ours() {
        let owned = json!({"metadata": {"name": "a", "namespace": "ns",
            "annotations": {TRACKING_ID: "app:/ConfigMap:ns/a"},
            "ownerReferences": [{"kind": "A", "name": "o", "uid": "u"}]}});
        let child = object("ConfigMap", "a", None, owned);
        let copied = object("Secret", "b", Some("app:/ConfigMap:ns/a"), json!({}));
        let foreign = object("ConfigMap", "c", Some("other:/ConfigMap:ns/c"), json!({}));
        assert!(
            run(&[], &[child, copied, foreign.clone()])
                .resources
                .is_empty()
        );
        let mine = object("ConfigMap", "c", Some("app:/ConfigMap:ns/c"), json!({}));
        let shared = run(&[mine], &[foreign]).shared;
        assert_eq!(shared[0].1, "other");
    }

    #[test]
    fn the_worst_health_counts_with_its_causes() {
        let pod = |name: &str, phase: &str| {
            let id = format!("app:/Pod:ns/{name}");
            object("Pod", name, Some(&id), json!({"status": {"phase": phase}}))
        };
        let all = [
            pod("a", "Failed"),
            pod("b", "Pending"),
            pod("c", "Succeeded"),
        ];
        let health = run(&all, &all).health;
        assert_eq!(health, Health::degraded("Pod/a"));
        let quiet: Vec<Object> = all
            .iter()
            .cloned()
            .map(|mut pod| {
                pod.set(
                    &["metadata", "annotations", IGNORE_HEALTHCHECK],
                    "true".into(),
                );
                pod
            })
            .collect();
        assert_eq!(run(&quiet, &quiet).health.status, HealthStatus::Healthy);
    }
}
