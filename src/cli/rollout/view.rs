//! One Rollout as it is shown: mirrors `pkg/kubectl-argo-rollouts/info/rollout_info.go`, whose names the JSON keeps.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::{
    live::Scene,
    member::{self, ReplicaSetView},
    phase::phase,
    run_view::{self, ExperimentView, RunView},
};
use crate::{api::rollout::Canary, object::Object};

/// Name, place and age of an object that is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.creationTimestamp`, as written.
    pub creation_timestamp: String,
}

impl Meta {
    pub(super) fn of(object: &Object) -> Self {
        let created = object.at(&["metadata", "creationTimestamp"]);
        Self {
            name: object.name().to_owned(),
            namespace: object.namespace().unwrap_or_default().to_owned(),
            uid: object.uid().unwrap_or_default().to_owned(),
            creation_timestamp: created
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
        }
    }
}

/// An image that runs, with what it runs as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImageView {
    /// The reference.
    pub image: String,
    /// `canary`, `stable`, `active`, `preview`, `ping`, `pong`, `Σ:<template>`.
    pub tags: Vec<String>,
}

/// A container of the template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContainerView {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
}

/// One Rollout with all that belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each field is upstream's of its name")]
pub struct View {
    pub object_meta: Meta,
    pub status: String,
    pub message: String,
    pub icon: &'static str,
    pub strategy: &'static str,
    pub step: String,
    pub set_weight: String,
    pub actual_weight: String,
    pub images: Vec<ImageView>,
    pub desired: i64,
    pub current: i64,
    pub updated: i64,
    pub ready: i64,
    pub available: i64,
    pub generation: String,
    pub restarted_at: String,
    pub containers: Vec<ContainerView>,
    pub replica_sets: Vec<ReplicaSetView>,
    pub experiments: Vec<ExperimentView>,
    pub analysis_runs: Vec<RunView>,
}

impl View {
    /// The numbers of all revisions, the newest first.
    pub(super) fn revisions(&self) -> Vec<i64> {
        let sets = self.replica_sets.iter().map(|set| set.revision);
        let experiments = self.experiments.iter().map(|one| one.revision);
        let runs = self.analysis_runs.iter().map(|run| run.revision);
        let all: BTreeSet<i64> = sets.chain(experiments).chain(runs).collect();
        all.into_iter().rev().collect()
    }
}

/// Shows a Rollout from all that was read.
pub fn view(scene: &Scene) -> View {
    let rollout = &scene.rollout;
    let count = |name: &str| {
        rollout
            .at(&["status", name])
            .and_then(Value::as_i64)
            .unwrap_or(0)
    };
    let text = |name: &str| {
        let text = rollout.at(&["status", name]).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let replica_sets = member::replica_sets(rollout, scene);
    let experiments = run_view::experiments(scene);
    let (status, message) = phase(rollout);
    let mut view = View {
        object_meta: Meta::of(rollout),
        icon: icon(&status),
        status,
        message,
        strategy: strategy(rollout),
        desired: rollout
            .at(&["spec", "replicas"])
            .and_then(Value::as_i64)
            .unwrap_or(1),
        current: count("replicas"),
        updated: count("updatedReplicas"),
        ready: count("readyReplicas"),
        available: count("availableReplicas"),
        generation: text("observedGeneration"),
        restarted_at: match text("restartedAt") {
            none if none.is_empty() => "Never".to_owned(),
            at => at,
        },
        containers: containers(scene.template()),
        images: images(&replica_sets, &experiments),
        analysis_runs: run_view::runs(rollout, &scene.runs),
        replica_sets,
        experiments,
        ..View::default()
    };
    if let Some(canary) = canary(rollout) {
        let steps = canary.steps().len();
        if let (Some(index), true) = (index(rollout), steps > 0) {
            view.step = format!("{index}/{steps}");
        }
        view.set_weight = set_weight(rollout, &canary).to_string();
        view.actual_weight = actual_weight(rollout, &canary, &view).to_string();
    }
    view
}

/// `Canary`, `BlueGreen`, or nothing.
pub(super) fn strategy(rollout: &Object) -> &'static str {
    let has = |name: &str| {
        rollout
            .at(&["spec", "strategy", name])
            .is_some_and(Value::is_object)
    };
    if has("canary") {
        "Canary"
    } else if has("blueGreen") {
        "BlueGreen"
    } else {
        ""
    }
}

/// The canary strategy, as far as it can be read.
pub(super) fn canary(rollout: &Object) -> Option<Canary> {
    let written = rollout.at(&["spec", "strategy", "canary"])?;
    serde_json::from_value(written.clone()).ok()
}

pub(super) fn index(rollout: &Object) -> Option<usize> {
    let index = rollout.at(&["status", "currentStepIndex"])?.as_u64()?;
    usize::try_from(index).ok()
}

/// The weight that the steps ask for, which need not be there yet.
pub(super) fn set_weight(rollout: &Object, canary: &Canary) -> i64 {
    if rollout.at(&["status", "abort"]).and_then(Value::as_bool) == Some(true) {
        return 0;
    }
    let (steps, at) = (canary.steps(), index(rollout).unwrap_or(0));
    if at >= steps.len() {
        return canary.max_weight();
    }
    let passed = steps.iter().take(at + 1).rev();
    passed
        .filter_map(|step| step.set_weight)
        .next()
        .unwrap_or(0)
}

fn actual_weight(rollout: &Object, canary: &Canary, view: &View) -> i64 {
    let max = canary.max_weight();
    if index(rollout).unwrap_or(0) >= canary.steps().len() {
        return max;
    }
    if view.available <= 0 {
        return 0;
    }
    if canary.traffic_routing.is_none() {
        let set = view.replica_sets.iter().find(|set| set.canary);
        return set.map_or(0, |set| set.available * max / view.available);
    }
    rollout
        .at(&["status", "canary", "weights", "canary", "weight"])
        .and_then(Value::as_i64)
        .unwrap_or_else(|| set_weight(rollout, canary))
}

fn icon(status: &str) -> &'static str {
    match status {
        "Progressing" => "◌",
        "Error" | "InvalidSpec" => "⚠",
        "Paused" => "॥",
        "Healthy" => "✔",
        "Degraded" => "✖",
        "Unknown" => "?",
        "ScaledDown" => "•",
        _ => " ",
    }
}

fn containers(template: &Value) -> Vec<ContainerView> {
    let listed = template
        .pointer("/spec/containers")
        .and_then(Value::as_array);
    let text = |one: &Value, name: &str| {
        one.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let one = |one: &Value| ContainerView {
        name: text(one, "name"),
        image: text(one, "image"),
    };
    listed.into_iter().flatten().map(one).collect()
}

/// The images of everything that has pods, each once.
fn images(sets: &[ReplicaSetView], experiments: &[ExperimentView]) -> Vec<ImageView> {
    let mut all: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let of_sets = sets.iter().map(|set| (set, set.tags()));
    let of_experiments = experiments
        .iter()
        .flat_map(|one| &one.replica_sets)
        .map(|set| {
            let tags = if set.template.is_empty() {
                Vec::new()
            } else {
                vec![format!("Σ:{}", set.template)]
            };
            (set, tags)
        });
    for (set, tags) in of_sets
        .chain(of_experiments)
        .filter(|(set, _)| set.replicas > 0)
    {
        for image in &set.images {
            match all.get_mut(image.as_str()) {
                None => {
                    all.insert(image, tags.clone());
                }
                // Tags that come together are sorted, those of one set are in their own order.
                Some(merged) => {
                    let both: BTreeSet<String> = merged.drain(..).chain(tags.clone()).collect();
                    merged.extend(both);
                }
            }
        }
    }
    let image = |(image, tags): (&str, Vec<String>)| ImageView {
        image: image.to_owned(),
        tags,
    };
    all.into_iter().map(image).collect()
}
