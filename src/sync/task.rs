//! What one sync has to do, in its order.

use std::collections::BTreeSet;

use super::{
    compare::Compared,
    hook::{self, Phase, Role},
    key::Key,
    option::Options,
    wave,
};
use crate::{
    api::application::SyncOperation,
    object::{Gvk, Object},
};

/// One object in one phase.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The object.
    pub key: Key,
    /// Its version of the API.
    pub version: String,
    /// The phase.
    pub phase: Phase,
    /// The wave.
    pub wave: i64,
    /// As Git wants it; nothing where it is to be pruned.
    pub target: Option<Object>,
    /// As it is.
    pub live: Option<Object>,
    /// Whether it is a hook.
    pub is_hook: bool,
    /// Whether it is as Git wants it already.
    pub is_synced: bool,
}

impl Task {
    /// Whether the object is to go.
    pub fn is_prune(&self) -> bool {
        self.target.is_none()
    }

    /// Group, version and kind.
    pub fn gvk(&self) -> Gvk {
        Gvk::new(&self.key.group, &self.version, &self.key.kind)
    }

    fn place(&self) -> (Phase, i64, bool, usize, &str) {
        let rank = wave::rank(&self.gvk());
        (
            self.phase,
            self.wave,
            !self.is_prune(),
            rank,
            &self.key.name,
        )
    }
}

/// The tasks of a sync; `hook_suffix` names hooks that have only `generateName`.
pub fn tasks(
    resources: &[Compared],
    operation: &SyncOperation,
    options: &Options,
    hook_suffix: &str,
) -> Vec<Task> {
    let mut tasks = Vec::new();
    for one in resources {
        if !is_selected(operation, &one.key) {
            continue;
        }
        let task = |phase, target: Option<Object>| Task {
            key: one.key.clone(),
            version: one.version.clone(),
            phase,
            wave: one.wave,
            live: one.live.clone(),
            target,
            is_hook: one.is_hook,
            is_synced: one.status == Some(super::compare::SyncStatus::Synced),
        };
        match &one.target {
            Some(target) if one.is_hook => {
                if !operation.has_hooks() {
                    continue;
                }
                let Role::Hook(phases) = hook::role(target) else {
                    continue;
                };
                for phase in phases {
                    let mut made = task(phase, Some(target.clone()));
                    name_hook(&mut made, hook_suffix);
                    if made.key != one.key {
                        made.live = None;
                    }
                    tasks.push(made);
                }
            }
            Some(target) => tasks.push(task(Phase::Sync, Some(target.clone()))),
            None if !one.is_hook => tasks.push(task(Phase::Sync, None)),
            None => {}
        }
    }
    mirror_prunes(&mut tasks, options);
    order(&mut tasks);
    tasks
}

fn is_selected(operation: &SyncOperation, key: &Key) -> bool {
    operation.resources.is_empty()
        || operation.resources.iter().any(|one| {
            one.group == key.group
                && one.kind == key.kind
                && one.name == key.name
                && (one.namespace.is_empty() || one.namespace == key.namespace)
        })
}

fn name_hook(task: &mut Task, suffix: &str) {
    let phase = task.phase.text().to_lowercase();
    let Some(target) = &mut task.target else {
        return;
    };
    let stem = target.at(&["metadata", "generateName"]);
    let Some(stem) = stem.and_then(serde_json::Value::as_str) else {
        return;
    };
    if target.name().is_empty() {
        let name = format!("{stem}{}", suffix.replace("PHASE", &phase));
        target.remove(&["metadata", "generateName"]);
        target.set(&["metadata", "name"], name.clone().into());
        task.key.name = name;
    }
}

/// What goes, goes in the opposite order of its waves; with `PruneLast` after everything.
fn mirror_prunes(tasks: &mut [Task], options: &Options) {
    let waves: BTreeSet<i64> = tasks
        .iter()
        .filter(|t| t.is_prune())
        .map(|t| t.wave)
        .collect();
    let waves: Vec<i64> = waves.into_iter().collect();
    let highest = tasks
        .iter()
        .filter(|task| task.phase == Phase::Sync)
        .map(|task| task.wave)
        .max()
        .unwrap_or(0);
    for task in tasks.iter_mut().filter(|task| task.is_prune()) {
        if let Ok(at) = waves.binary_search(&task.wave)
            && let Some(wave) = waves.iter().rev().nth(at)
        {
            task.wave = *wave;
        }
        let is_last = task
            .live
            .as_ref()
            .is_some_and(|live| options.is_on(live, "PruneLast"));
        if is_last {
            task.wave = highest + 1;
        }
    }
}

fn order(tasks: &mut Vec<Task>) {
    tasks.sort_by(|a, b| a.place().cmp(&b.place()));
    // A namespace comes before the first object in it, a definition before the first object of its kind.
    let mut at = 0;
    while at < tasks.len() {
        let needs = tasks
            .get(at)
            .and_then(|task| task.target.as_ref())
            .map(needed_by);
        let first = needs.and_then(|is_needed| tasks.iter().take(at).position(is_needed));
        if let Some(first) = first {
            let place = tasks.get(first).map(|task| (task.phase, task.wave));
            let mut task = tasks.remove(at);
            if let Some((phase, wave)) = place {
                (task.phase, task.wave) = (phase, wave);
            }
            tasks.insert(first, task);
        }
        at += 1;
    }
}

/// Whether a task needs an object to be there.
fn needed_by(target: &Object) -> impl Fn(&Task) -> bool + use<> {
    let gvk = target.gvk();
    let name = target.name().to_owned();
    let text = |path: &[&str]| {
        let text = target.at(path).and_then(serde_json::Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let (group, kind) = (text(&["spec", "group"]), text(&["spec", "names", "kind"]));
    let is_namespace = gvk.group.is_empty() && gvk.kind == "Namespace";
    let is_definition = gvk.kind == "CustomResourceDefinition";
    move |task| {
        !task.is_prune()
            && ((is_namespace && task.key.namespace == name)
                || (is_definition && task.key.group == group && task.key.kind == kind))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        api::application::{HOOK, SYNC_WAVE},
        sync::compare::SyncStatus,
    };

    fn one(
        api: &str,
        kind: &str,
        name: &str,
        annotations: serde_json::Value,
        pruned: bool,
    ) -> Compared {
        let object = Object::from_value(json!({"apiVersion": api, "kind": kind,
            "metadata": {"name": name, "namespace": "ns", "annotations": annotations}}))
        .unwrap();
        Compared {
            key: Key::of(&object),
            version: object.gvk().version,
            is_hook: matches!(hook::role(&object), Role::Hook(_)),
            wave: wave::wave(&object),
            target: (!pruned).then(|| object.clone()),
            live: pruned.then_some(object),
            status: Some(SyncStatus::OutOfSync),
            is_extraneous: false,
            requires_pruning: pruned,
            health: None,
            difference: None,
        }
    }

    fn names(resources: &[Compared], options: &[&str]) -> Vec<String> {
        let options: Vec<String> = options.iter().map(|&one| one.to_owned()).collect();
        let operation = SyncOperation::default();
        tasks(
            resources,
            &operation,
            &Options::new(&options),
            "abc-PHASE-1",
        )
        .iter()
        .map(|task| format!("{}/{}@{}", task.phase.text(), task.key.name, task.wave))
        .collect()
    }

    #[test]
    fn by_phase_wave_kind_and_name() {
        let found = names(
            &[
                one("argoproj.io/v1alpha1", "Rollout", "ro", json!({}), false),
                one(
                    "gateway.networking.k8s.io/v1",
                    "HTTPRoute",
                    "route",
                    json!({}),
                    false,
                ),
                one("v1", "Service", "svc", json!({}), false),
                one(
                    "bitnami.com/v1alpha1",
                    "SealedSecret",
                    "ss",
                    json!({}),
                    false,
                ),
                one("v1", "ConfigMap", "early", json!({SYNC_WAVE: "-1"}), false),
                one("v1", "ConfigMap", "b", json!({}), false),
                one("v1", "ConfigMap", "a", json!({}), false),
                one("batch/v1", "Job", "pre", json!({HOOK: "PreSync"}), false),
                one("batch/v1", "Job", "post", json!({HOOK: "PostSync"}), false),
            ],
            &[],
        );
        assert_eq!(
            found,
            [
                "PreSync/pre@0",
                "Sync/early@-1",
                "Sync/ss@0",
                "Sync/a@0",
                "Sync/b@0",
                "Sync/svc@0",
                "Sync/route@0",
                "Sync/ro@0",
                "PostSync/post@0",
            ]
        );
    }

    #[test]
    fn namespaces_and_definitions_come_before_what_needs_them() {
        let mut namespace = one("v1", "Namespace", "ns", json!({SYNC_WAVE: "5"}), false);
        namespace.key.namespace = String::new();
        let mut definition = one(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "odds.x.io",
            json!({}),
            false,
        );
        if let Some(target) = &mut definition.target {
            target.set(
                &["spec"],
                json!({"group": "x.io", "names": {"kind": "Odd"}}),
            );
        }
        definition.key.namespace = String::new();
        let found = names(
            &[
                namespace,
                definition,
                one("x.io/v1", "Odd", "odd", json!({SYNC_WAVE: "-2"}), false),
                one("batch/v1", "Job", "pre", json!({HOOK: "PreSync"}), false),
            ],
            &[],
        );
        assert_eq!(
            found,
            [
                "PreSync/ns@0",
                "PreSync/pre@0",
                "Sync/odds.x.io@-2",
                "Sync/odd@-2"
            ]
        );
    }

    #[test]
    fn prunes_are_mirrored_and_may_come_last() {
        let pruned =
            |name: &str, wave: &str| one("v1", "ConfigMap", name, json!({SYNC_WAVE: wave}), true);
        let all = [
            pruned("a", "0"),
            pruned("b", "1"),
            pruned("c", "2"),
            one("v1", "Secret", "s", json!({SYNC_WAVE: "1"}), false),
        ];
        assert_eq!(
            names(&all, &[]),
            ["Sync/c@0", "Sync/b@1", "Sync/s@1", "Sync/a@2"]
        );
        assert_eq!(names(&all, &["PruneLast=true"])[0], "Sync/s@1");
    }
}
