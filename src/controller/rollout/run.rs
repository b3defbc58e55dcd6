//! The loop: watches name the Rollouts to look at, and each pass reads, decides and applies.

use std::future::Future;

use futures::{Stream, StreamExt, stream};
use serde_json::Value;

use super::{
    super::engine::{self, Loop},
    observe::{observe, owner, replica_set_gvk},
};
use crate::{
    api::{analysis, rollout},
    clock::Clock,
    cluster::{Cluster, ClusterError, LiveEvent, LiveStore, Watch},
    object::{Gvk, Object, ObjectRef},
    plan::Next,
    rollout::decide,
};

/// Runs the Rollouts of one namespace, or of all, until stopped.
///
/// # Errors
/// [`ClusterError::UnknownKind`], which the table of kinds rules out.
pub async fn run(
    cluster: &Cluster,
    clock: &Clock,
    namespace: Option<&str>,
    stop: impl Future<Output = ()> + Send + Sync + 'static,
) -> Result<(), ClusterError> {
    let cluster = cluster.clone().reporting_as("rollouts-controller", clock);
    let work = Loop::new(
        &cluster,
        clock,
        Watch::all(rollout::gvk()).within(namespace),
    )?;
    let store = work.store();
    let sets = owners(&cluster, replica_set_gvk(), namespace)?;
    let runs = owners(&cluster, analysis::run_gvk(), namespace)?;
    let services = namers(&cluster, namespace, Gvk::new("", "v1", "Service"), store)?;
    let clock = clock.clone();
    work.triggered_by(sets)
        .triggered_by(runs)
        .triggered_by(services)
        .until(stop)
        .run(move |found| {
            let (cluster, clock) = (cluster.clone(), clock.clone());
            async move { pass(&cluster, &clock, &found.reference()).await }
        })
        .await;
    Ok(())
}

/// One pass over one Rollout, read anew: what a watch shows may be older than our last write.
async fn pass(cluster: &Cluster, clock: &Clock, target: &ObjectRef) -> Result<Next, ClusterError> {
    let Some(found) = cluster.get(target).await? else {
        return Ok(Next::AwaitChange);
    };
    let snapshot = observe(cluster, found).await?;
    engine::apply(decide::decide(&snapshot, clock.now()), cluster).await
}

/// The Rollouts whose objects of a kind change.
fn owners(
    cluster: &Cluster,
    gvk: Gvk,
    namespace: Option<&str>,
) -> Result<impl Stream<Item = ObjectRef> + Send + use<>, ClusterError> {
    let sets = Watch::all(gvk).within(namespace);
    Ok(cluster.watch(&sets)?.filter_map(|event| async move {
        let object = changed(event.ok()?)?;
        let owner = owner(&object)?;
        let name = owner.get("name")?.as_str()?;
        let is_ours = owner.get("kind").and_then(Value::as_str) == Some(rollout::KIND);
        is_ours.then(|| ObjectRef::new(rollout::gvk(), object.namespace(), name))
    }))
}

/// The Rollouts that name an object of a kind that changes.
fn namers(
    cluster: &Cluster,
    namespace: Option<&str>,
    gvk: Gvk,
    store: LiveStore,
) -> Result<impl Stream<Item = ObjectRef> + Send + use<>, ClusterError> {
    let events = cluster.watch(&Watch::all(gvk).within(namespace))?;
    Ok(events.flat_map(move |event| {
        let changed = event
            .ok()
            .and_then(changed)
            .map(|object| object.reference());
        let naming: Vec<ObjectRef> = changed
            .map(|target| {
                store
                    .state()
                    .into_iter()
                    .map(|live| live.object().clone())
                    .filter(|found| decide::needs(found).contains(&target))
                    .map(|found| found.reference())
                    .collect()
            })
            .unwrap_or_default();
        stream::iter(naming)
    }))
}

fn changed(event: LiveEvent) -> Option<std::sync::Arc<Object>> {
    match event {
        LiveEvent::Apply(live) | LiveEvent::InitApply(live) | LiveEvent::Delete(live) => {
            Some(live.object().clone())
        }
        LiveEvent::Init | LiveEvent::InitDone => None,
    }
}
