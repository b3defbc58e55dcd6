//! ReplicaSets and pods as they are shown: mirrors `info/replicaset_info.go` and `info/pod_info.go`.

use serde::Serialize;
use serde_json::Value;

use super::{
    live::Scene,
    version::{SecretVersion, versions},
    view::Meta,
};
use crate::{
    api::rollout::{HASH_LABEL, REVISION, SCALE_DOWN_DEADLINE},
    object::Object,
};

/// Annotation of an Experiment's ReplicaSet with the template that it was made from.
const EXPERIMENT_TEMPLATE: &str = "experiment.argoproj.io/template-name";

/// One ReplicaSet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "upstream's form, which the JSON keeps"
)]
pub struct ReplicaSetView {
    pub object_meta: Meta,
    pub status: String,
    pub icon: &'static str,
    pub revision: i64,
    pub stable: bool,
    pub canary: bool,
    pub active: bool,
    pub preview: bool,
    pub ping: bool,
    pub pong: bool,
    pub replicas: i64,
    pub available: i64,
    pub template: String,
    pub scale_down_deadline: String,
    pub images: Vec<String>,
    pub pods: Vec<PodView>,
    /// Which versions of canaried secrets its pods read.
    pub secret_versions: Vec<SecretVersion>,
}

/// One pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodView {
    pub object_meta: Meta,
    pub status: String,
    pub icon: &'static str,
    pub ready: String,
    pub restarts: i64,
}

impl ReplicaSetView {
    /// What it is to its Rollout, in the order in which images show it.
    pub(super) fn tags(&self) -> Vec<String> {
        let all = [
            (self.canary, "canary"),
            (self.stable, "stable"),
            (self.active, "active"),
            (self.preview, "preview"),
            (self.ping, "ping"),
            (self.pong, "pong"),
        ];
        let held = all.iter().filter(|(is, _)| *is);
        held.map(|(_, tag)| (*tag).to_owned()).collect()
    }
}

/// Whether an object is owned by another.
pub(super) fn is_owned(object: &Object, uid: &str) -> bool {
    let owners = object
        .at(&["metadata", "ownerReferences"])
        .and_then(Value::as_array);
    owners
        .into_iter()
        .flatten()
        .any(|owner| owner.get("uid").and_then(Value::as_str) == Some(uid))
}

/// The number of an object's revision, 0 where it has none.
pub(super) fn revision(object: &Object) -> i64 {
    let text = object.annotation(REVISION);
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The ReplicaSets of a Rollout or of an Experiment, with their pods.
pub(super) fn replica_sets(owner: &Object, scene: &Scene) -> Vec<ReplicaSetView> {
    let uid = owner.uid().unwrap_or_default();
    let owned = scene.replica_sets.iter().filter(|set| is_owned(set, uid));
    let mut sets: Vec<ReplicaSetView> = owned.map(|set| replica_set(owner, set, scene)).collect();
    sets.sort_by(|a, b| {
        let name = |set: &ReplicaSetView| set.object_meta.name.clone();
        b.revision
            .cmp(&a.revision)
            .then_with(|| name(a).cmp(&name(b)))
    });
    sets
}

fn replica_set(owner: &Object, set: &Object, scene: &Scene) -> ReplicaSetView {
    let count = |name: &str| {
        set.at(&["status", name])
            .and_then(Value::as_i64)
            .unwrap_or(0)
    };
    let annotation = |name: &str| set.annotation(name).unwrap_or_default().to_owned();
    let status = health(set);
    let containers = set.at(&["spec", "template", "spec", "containers"]);
    let images = containers.and_then(Value::as_array).into_iter().flatten();
    let image = |one: &Value| {
        one.get("image")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let template = set.at(&["spec", "template"]).unwrap_or(&Value::Null);
    let mut view = ReplicaSetView {
        object_meta: Meta::of(set),
        icon: match status {
            "Progressing" => "◌",
            "Healthy" => "✔",
            "ReplicaFailure" => "✖",
            _ => "•",
        },
        status: status.to_owned(),
        revision: revision(set),
        replicas: count("replicas"),
        available: count("availableReplicas"),
        template: annotation(EXPERIMENT_TEMPLATE),
        scale_down_deadline: annotation(SCALE_DOWN_DEADLINE),
        images: images.map(image).collect(),
        pods: pods(set, &scene.pods),
        secret_versions: versions(scene.template(), template),
        ..ReplicaSetView::default()
    };
    mark(&mut view, owner, set.label(HASH_LABEL).unwrap_or_default());
    view
}

/// Says what a ReplicaSet is to its Rollout.
fn mark(view: &mut ReplicaSetView, owner: &Object, hash: &str) {
    let is = |path: &[&str]| owner.at(path).and_then(Value::as_str) == Some(hash);
    if owner.at(&["spec", "strategy", "canary"]).is_some() {
        view.stable = is(&["status", "stableRS"]);
        view.canary = !view.stable && is(&["status", "currentPodHash"]);
        let swaps = owner
            .at(&["spec", "strategy", "canary", "pingPong"])
            .is_some();
        if swaps && (view.stable || view.canary) {
            let side = owner
                .at(&["status", "canary", "stablePingPong"])
                .and_then(Value::as_str);
            view.ping = (side == Some("ping")) == view.stable;
            view.pong = !view.ping;
        }
    } else if owner.at(&["spec", "strategy", "blueGreen"]).is_some() {
        view.stable = is(&["status", "stableRS"]);
        view.active = is(&["status", "blueGreen", "activeSelector"]);
        view.preview = !view.active && is(&["status", "blueGreen", "previewSelector"]);
    }
}

fn health(set: &Object) -> &'static str {
    let number = |path: &[&str]| set.at(path).and_then(Value::as_i64);
    let observed = number(&["status", "observedGeneration"]).unwrap_or(0);
    if set.generation().unwrap_or(0) > observed {
        return "Progressing";
    }
    let conditions = set.at(&["status", "conditions"]).and_then(Value::as_array);
    let fails = conditions.into_iter().flatten().any(|condition| {
        let is =
            |name: &str, value: &str| condition.get(name).and_then(Value::as_str) == Some(value);
        is("type", "ReplicaFailure") && is("status", "True")
    });
    let replicas = number(&["spec", "replicas"]);
    let available = number(&["status", "availableReplicas"]).unwrap_or(0);
    match replicas {
        _ if fails => "ReplicaFailure",
        Some(replicas) if available < replicas => "Progressing",
        Some(0) => "ScaledDown",
        _ => "Healthy",
    }
}

fn pods(set: &Object, all: &[Object]) -> Vec<PodView> {
    let uid = set.uid().unwrap_or_default();
    let mut pods: Vec<PodView> = all
        .iter()
        .filter(|pod| is_owned(pod, uid))
        .map(pod)
        .collect();
    pods.sort_by(|a, b| {
        let key = |pod: &PodView| {
            (
                pod.object_meta.creation_timestamp.clone(),
                pod.object_meta.name.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
    pods
}

fn pod(pod: &Object) -> PodView {
    let list = |path: &[&str]| {
        pod.at(path)
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice)
    };
    let status = |name: &str| {
        pod.at(&["status", name])
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let mut reason = match status("reason") {
        "" => status("phase").to_owned(),
        reason => reason.to_owned(),
    };
    let restarts_of = |one: &Value| one.get("restartCount").and_then(Value::as_i64).unwrap_or(0);
    let (mut restarts, mut ready) = (0, 0);
    let starts = list(&["spec", "initContainers"]);
    let mut is_starting = false;
    for (index, one) in list(&["status", "initContainerStatuses"])
        .iter()
        .enumerate()
    {
        restarts += restarts_of(one);
        if let Some(said) = init_reason(one, index, starts) {
            reason = said;
            is_starting = true;
            break;
        }
    }
    if !is_starting {
        restarts = 0;
        let mut is_running = false;
        for one in list(&["status", "containerStatuses"]).iter().rev() {
            restarts += restarts_of(one);
            let is_ready = one.get("ready").and_then(Value::as_bool) == Some(true);
            if let Some(said) = container_reason(one) {
                reason = said;
            } else if is_ready && one.pointer("/state/running").is_some() {
                is_running = true;
                ready += 1;
            }
        }
        if reason == "Completed" && is_running {
            reason = "Running".to_owned();
        }
    }
    if pod.at(&["metadata", "deletionTimestamp"]).is_some() {
        reason = match status("reason") {
            "NodeLost" => "Unknown".to_owned(),
            _ => "Terminating".to_owned(),
        };
    }
    PodView {
        object_meta: Meta::of(pod),
        icon: pod_icon(&reason),
        status: reason,
        ready: format!("{ready}/{}", list(&["spec", "containers"]).len()),
        restarts,
    }
}

/// Why a pod has not started yet, from one of its first containers; `None` where that one is done.
fn init_reason(one: &Value, index: usize, starts: &[Value]) -> Option<String> {
    let text = |pointer: &str| {
        one.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let number = |pointer: &str| one.pointer(pointer).and_then(Value::as_i64).unwrap_or(0);
    let flag = |name: &str| one.get(name).and_then(Value::as_bool) == Some(true);
    if one.pointer("/state/terminated").is_some() {
        if number("/state/terminated/exitCode") == 0 {
            return None;
        }
        return Some(match text("/state/terminated/reason") {
            "" if number("/state/terminated/signal") != 0 => {
                format!("Init:Signal:{}", number("/state/terminated/signal"))
            }
            "" => format!("Init:ExitCode:{}", number("/state/terminated/exitCode")),
            reason => format!("Init:{reason}"),
        });
    }
    let stays = starts.iter().any(|start| {
        start.get("name") == one.get("name")
            && start.get("restartPolicy").and_then(Value::as_str) == Some("Always")
    });
    if stays && flag("started") {
        return None;
    }
    match text("/state/waiting/reason") {
        "" | "PodInitializing" => Some(format!("Init:{index}/{}", starts.len())),
        reason => Some(format!("Init:{reason}")),
    }
}

/// What keeps a container from running, or how it has ended.
fn container_reason(one: &Value) -> Option<String> {
    let text = |pointer: &str| {
        one.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let number = |pointer: &str| one.pointer(pointer).and_then(Value::as_i64).unwrap_or(0);
    match text("/state/waiting/reason") {
        "" => {}
        reason => return Some(reason.to_owned()),
    }
    one.pointer("/state/terminated")?;
    Some(match text("/state/terminated/reason") {
        "" if number("/state/terminated/signal") != 0 => {
            format!("Signal:{}", number("/state/terminated/signal"))
        }
        "" => format!("ExitCode:{}", number("/state/terminated/exitCode")),
        reason => reason.to_owned(),
    })
}

fn pod_icon(status: &str) -> &'static str {
    if status.starts_with("Init:") {
        return "◌";
    }
    if status.starts_with("Signal:") || status.starts_with("ExitCode:") {
        return "✖";
    }
    if status.ends_with("Error") || status.starts_with("Err") {
        return "⚠";
    }
    match status {
        "Pending" | "Terminating" | "ContainerCreating" => "◌",
        "Running" | "Completed" => "✔",
        "Failed" | "InvalidImageName" | "CrashLoopBackOff" => "✖",
        "ImagePullBackOff" | "RegistryUnavailable" => "⚠",
        "Unknown" => "?",
        _ => " ",
    }
}
