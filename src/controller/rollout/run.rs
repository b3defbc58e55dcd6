//! The loop: watches name the Rollouts to look at, and each pass reads, decides and applies.

use std::future::Future;

use futures::{Stream, StreamExt, stream};
use serde_json::Value;

use super::{
    super::engine::{self, Loop},
    observe::{observe, owner, replica_set_gvk},
    versions::Versions,
};
use crate::{
    api::{analysis, rollout},
    clock::Clock,
    cluster::{Cluster, ClusterError, LiveEvent, LiveStore, Watch},
    object::{Gvk, Object, ObjectRef},
    plan::Next,
    rollout::decide,
    version,
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
    let versions = Versions::new(&cluster, clock);
    let changed = versions.index.versions(&cluster, namespace)?;
    let sealed = versions.index.sealed(&cluster, namespace)?;
    let secrets = stream::select(
        readers(changed.boxed(), work.store()),
        readers(sealed.boxed(), work.store()),
    );
    let (clock, gone) = (clock.clone(), versions.clone());
    work.when_gone(move |rollout| gone.forget(rollout))
        .triggered_by(secrets)
        .triggered_by(sets)
        .triggered_by(runs)
        .triggered_by(services)
        .until(stop)
        .run(move |found| {
            let (cluster, clock, versions) = (cluster.clone(), clock.clone(), versions.clone());
            async move { pass(&cluster, &clock, &versions, &found.reference()).await }
        })
        .await;
    Ok(())
}

/// One pass over one Rollout, read anew: what a watch shows may be older than our last write.
async fn pass(
    cluster: &Cluster,
    clock: &Clock,
    versions: &Versions,
    target: &ObjectRef,
) -> Result<Next, ClusterError> {
    let Some(found) = cluster.get(target).await? else {
        return Ok(Next::AwaitChange);
    };
    let mut snapshot = observe(cluster, found).await?;
    let composed = versions.compose(&mut snapshot).await?;
    if let Some(at) = composed.wait {
        return Ok(Next::At(at));
    }
    let mut plan = decide::decide(&snapshot, clock.now());
    plan.effects.splice(0..0, composed.effects);
    engine::apply(plan, cluster).await
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

/// The Rollouts that name a secret whose versions or SealedSecret change.
fn readers(
    places: stream::BoxStream<'static, (String, String)>,
    store: LiveStore,
) -> impl Stream<Item = ObjectRef> + Send + use<> {
    places.flat_map(move |(namespace, secret)| {
        let reads = |found: &Object| {
            found.namespace() == Some(&namespace)
                && version::secrets(&version::template_in(found), &namespace).contains(&secret)
        };
        let found: Vec<ObjectRef> = store
            .state()
            .iter()
            .map(|live| live.object())
            .filter(|found| reads(found))
            .map(|found| found.reference())
            .collect();
        stream::iter(found)
    })
}

fn changed(event: LiveEvent) -> Option<std::sync::Arc<Object>> {
    match event {
        LiveEvent::Apply(live) | LiveEvent::InitApply(live) | LiveEvent::Delete(live) => {
            Some(live.object().clone())
        }
        LiveEvent::Init | LiveEvent::InitDone => None,
    }
}
