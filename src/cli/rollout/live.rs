//! All that is read to show one Rollout: once, or again with every change.

use std::pin::pin;

use futures::{Stream, StreamExt, stream};
use serde_json::Value;

use super::connect::Place;
use crate::{
    api::{analysis, rollout},
    cli::{Failure, shelf::Shelf},
    cluster::{ClusterError, Selector, Watch},
    object::{Gvk, Object, ObjectRef},
};

/// One Rollout, and all objects of its namespace that may belong to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// The Rollout.
    pub rollout: Object,
    /// Its `workloadRef`, where it is a Deployment.
    pub workload: Option<Object>,
    /// ReplicaSets of the namespace.
    pub replica_sets: Vec<Object>,
    /// Pods of the namespace.
    pub pods: Vec<Object>,
    /// AnalysisRuns of the namespace.
    pub runs: Vec<Object>,
    /// Experiments of the namespace.
    pub experiments: Vec<Object>,
}

impl Scene {
    /// The template that pods are made from: the Rollout's own, or that of its workload.
    pub fn template(&self) -> &Value {
        let owner = self.workload.as_ref().unwrap_or(&self.rollout);
        owner.at(&["spec", "template"]).unwrap_or(&Value::Null)
    }
}

/// The kinds beside the Rollout.
fn kinds() -> [Gvk; 4] {
    [
        Gvk::new("apps", "v1", "ReplicaSet"),
        Gvk::new("", "v1", "Pod"),
        analysis::run_gvk(),
        experiment(),
    ]
}

fn experiment() -> Gvk {
    Gvk::new(rollout::GROUP, rollout::VERSION, "Experiment")
}

/// Reads everything once.
pub(super) async fn read(place: &Place, name: &str) -> Result<Scene, Failure> {
    let rollout = place.rollout(name).await?;
    let workload = workload(place, &rollout).await?;
    let mut lists = Vec::new();
    for gvk in kinds() {
        let listed = place
            .cluster
            .list(&gvk, Some(&place.namespace), &Selector::default())
            .await;
        lists.push(match listed {
            Ok(listed) => listed.objects,
            // Not every installation has Experiments.
            Err(error) if error.is_not_found() && gvk == experiment() => Vec::new(),
            Err(error) => return Err(failed(name, error)),
        });
    }
    let mut lists = lists.into_iter();
    let mut next = || lists.next().unwrap_or_default();
    Ok(Scene {
        rollout,
        workload,
        replica_sets: next(),
        pods: next(),
        runs: next(),
        experiments: next(),
    })
}

async fn workload(place: &Place, rollout: &Object) -> Result<Option<Object>, Failure> {
    let text = |name: &str| {
        rollout
            .at(&["spec", "workloadRef", name])
            .and_then(Value::as_str)
    };
    let (Some("Deployment"), Some(name)) = (text("kind"), text("name")) else {
        return Ok(None);
    };
    let gvk = Gvk::new("apps", "v1", "Deployment");
    let target = ObjectRef::new(gvk, Some(&place.namespace), name);
    place
        .cluster
        .get(&target)
        .await
        .map_err(|error| failed(rollout.name(), error))
}

fn failed(name: &str, error: ClusterError) -> Failure {
    Failure::new(format!("failed to read rollout \"{name}\"")).because(error)
}

/// What is known of the namespace, kept up by watches.
pub(super) struct Watched {
    rollouts: Shelf,
    shelves: [Shelf; 4],
    workload: Option<Object>,
}

impl Watched {
    /// The Rollout of a name with what belongs to it, once everything was listed.
    fn scene(&self, namespace: &str, name: &str) -> Option<Scene> {
        // A kind that is not served, as Experiments may be, never lists; the others must have.
        let is_listed =
            self.rollouts.is_whole() && self.shelves.iter().take(3).all(Shelf::is_whole);
        let rollout = self.rollouts.get(namespace, name).filter(|_| is_listed)?;
        let [sets, pods, runs, experiments] = &self.shelves;
        Some(Scene {
            rollout: rollout.as_ref().clone(),
            workload: self.workload.clone(),
            replica_sets: sets.all(),
            pods: pods.all(),
            runs: runs.all(),
            experiments: experiments.all(),
        })
    }
}

/// The Rollout again with every change; ends never by itself.
pub(super) fn watch<'a>(
    place: &'a Place,
    name: &'a str,
) -> Result<impl Stream<Item = Scene> + 'a, Failure> {
    let mut events = Vec::new();
    for (index, gvk) in [rollout::gvk()].into_iter().chain(kinds()).enumerate() {
        let watch = Watch::all(gvk).within(Some(&place.namespace));
        let watch = if index == 0 { watch.named(name) } else { watch };
        let stream = place
            .cluster
            .watch(&watch)
            .map_err(|error| failed(name, error))?;
        // An error of a watch is followed by its next beginning.
        events.push(
            stream
                .filter_map(move |event| async move { Some((index, event.ok()?)) })
                .boxed(),
        );
    }
    let watched = Watched {
        rollouts: Shelf::default(),
        shelves: Default::default(),
        workload: None,
    };
    let state = (stream::select_all(events), watched);
    Ok(stream::unfold(
        state,
        move |(mut events, mut watched)| async move {
            loop {
                let (index, event) = events.next().await?;
                match index.checked_sub(1) {
                    None => {
                        watched.rollouts.take(event);
                        if let Some(rollout) = watched.rollouts.get(&place.namespace, name).cloned()
                        {
                            watched.workload = workload(place, &rollout).await.unwrap_or_default();
                        }
                    }
                    Some(index) => {
                        if let Some(shelf) = watched.shelves.get_mut(index) {
                            shelf.take(event);
                        }
                    }
                }
                if let Some(scene) = watched.scene(&place.namespace, name) {
                    return Some((scene, (events, watched)));
                }
            }
        },
    ))
}

/// The first scene of a watch that is as wanted; `None` when the time is over.
pub(super) async fn first(
    place: &Place,
    name: &str,
    patience: std::time::Duration,
    mut is_wanted: impl FnMut(&Scene) -> Result<bool, Failure>,
) -> Result<Option<Scene>, Failure> {
    let mut scenes = pin!(watch(place, name)?);
    let search = async {
        while let Some(scene) = scenes.next().await {
            if is_wanted(&scene)? {
                return Ok(Some(scene));
            }
        }
        Ok(None)
    };
    tokio::time::timeout(patience, search)
        .await
        .unwrap_or(Ok(None))
}
