//! The loop: watches name the Rollouts to look at, and each pass reads, decides and applies.

use std::{future::Future, sync::Arc};

use futures::{Stream, StreamExt, stream};
use kube::runtime::WatchStreamExt;
use serde_json::Value;

use super::{
    super::engine::{self, Loop, Written},
    observe::{Known, claims, observe, replica_set_gvk, sealed_ref},
    versions::Versions,
};
use crate::{
    api::{analysis, rollout},
    clock::Clock,
    cluster::{Cluster, ClusterError, Watch},
    object::{Gvk, Object, ObjectRef},
    plan::{Effect, Next, Plan},
    rollout::decide::{self, Snapshot},
};

/// How often a name that is taken is passed over in one pass.
const MOST_TAKEN: usize = 8;

/// The kinds that are watched beside the Rollouts: what these make, and what they name. Routes are of kinds that a
/// cluster may lack.
fn watched() -> Vec<Gvk> {
    vec![
        replica_set_gvk(),
        analysis::run_gvk(),
        analysis::template_gvk(),
        analysis::cluster_template_gvk(),
        Gvk::new("", "v1", "Service"),
        Gvk::new("apps", "v1", "Deployment"),
        Gvk::new("gateway.networking.k8s.io", "v1", "HTTPRoute"),
        Gvk::new("traefik.io", "v1alpha1", "TraefikService"),
    ]
}

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
    let known = Arc::new(Known::new(cluster.clone()));
    let rollouts = Watch::all(rollout::gvk()).within(namespace);
    let mut work = Loop::new(&cluster, clock, rollouts)?;
    // Whoever works in one namespace has no rights in the rest of the cluster.
    let reaches = |gvk: &Gvk| namespace.is_none() || *gvk != analysis::cluster_template_gvk();
    for gvk in watched().into_iter().filter(reaches) {
        work = work.triggered_by(triggers(&known, gvk, namespace)?);
    }
    let versions = Versions::new(&cluster, clock);
    let changed = versions.index.versions(&cluster, namespace)?;
    let sealed = versions.index.sealed(&cluster, namespace)?;
    work = work
        .triggered_by(readers(known.clone(), changed))
        .triggered_by(readers(known.clone(), sealed));
    let (clock, forgetting, waiting) = (clock.clone(), known.clone(), versions.clone());
    work.when_gone(move |gone| {
        forgetting.cache().forget_namer(gone);
        forgetting.latest.forget(gone);
        waiting.forget(gone);
    })
    .until(stop)
    .run(move |found| {
        let (known, clock, versions) = (known.clone(), clock.clone(), versions.clone());
        async move {
            let outcome = pass(&known, &clock, &versions, &found).await;
            if outcome.is_err() {
                known.latest.doubt(&found.reference());
            }
            outcome
        }
    })
    .await;
    Ok(())
}

/// The Rollouts that control or name an object of a kind that changes.
fn triggers(
    known: &Arc<Known>,
    gvk: Gvk,
    namespace: Option<&str>,
) -> Result<impl Stream<Item = ObjectRef> + Send + use<>, ClusterError> {
    let is_namespaced = gvk != analysis::cluster_template_gvk();
    let within = namespace.filter(|_| is_namespaced);
    let events = known
        .cluster
        .watch(&Watch::all(gvk.clone()).within(within))?;
    let known = known.clone();
    Ok(events.default_backoff().flat_map(move |event| {
        let mut touched = Vec::new();
        if let Ok(event) = event {
            let mut cache = known.cache();
            for object in cache.take_in(&gvk, event) {
                touched.extend(controller(&object));
                touched.extend(cache.namers(&object.reference()));
            }
        }
        stream::iter(touched)
    }))
}

/// The Rollouts that name a secret whose versions or SealedSecret change.
fn readers(
    known: Arc<Known>,
    places: impl Stream<Item = (String, String)> + Send,
) -> impl Stream<Item = ObjectRef> + Send {
    places.flat_map(move |(namespace, secret)| {
        let named = sealed_ref(Some(&namespace), &secret);
        stream::iter(known.cache().namers(&named))
    })
}

/// The Rollout that controls an object.
fn controller(object: &Object) -> Option<ObjectRef> {
    let owner = object.controller()?;
    let text = |field: &str| owner.get(field).and_then(Value::as_str);
    let is_rollout = text("kind") == Some(rollout::KIND);
    let name = text("name").filter(|_| is_rollout)?;
    Some(ObjectRef::new(rollout::gvk(), object.namespace(), name))
}

/// One pass over one Rollout as it is known best: what a watch shows may be older than our last write.
async fn pass(
    known: &Known,
    clock: &Clock,
    versions: &Versions,
    shown: &Arc<Object>,
) -> Result<Next, ClusterError> {
    let Some(found) = newest(known, shown).await? else {
        return Ok(Next::AwaitChange);
    };
    let mut snapshot = observe(known, found).await?;
    let claims = claims(known, &snapshot);
    if !claims.is_empty() {
        let plan = Plan {
            effects: claims,
            ..Plan::default()
        };
        return apply(known, plan).await.0;
    }
    let composed = versions.compose(&mut snapshot).await?;
    let first = Plan {
        effects: composed.effects,
        ..Plan::default()
    };
    apply(known, first).await.0?;
    if let Some(next) = composed.wait {
        return Ok(next);
    }
    for _ in 0..MOST_TAKEN {
        let mut plan = decide::decide(&snapshot, clock.now());
        if let Some(at) = composed.held_until {
            plan.next = plan.next.or_at(at);
        }
        let made = made(&plan);
        let (outcome, count) = apply(known, plan).await;
        let Err(error) = outcome else {
            return outcome;
        };
        let Some(target) = made
            .get(count)
            .filter(|_| !error.is_transient() || error.is_conflict())
        else {
            return Err(error);
        };
        match known.cluster.get(target).await? {
            Some(taken) if !is_ours(&taken, &snapshot) => {
                snapshot.objects.insert(target.clone(), Some(taken));
            }
            // Our own, which what is known did not show yet.
            Some(ours) => {
                known.cache().store(Arc::new(ours));
                return Err(error);
            }
            None if target.gvk == replica_set_gvk() => {
                let plan = decide::refused(&snapshot, &error.to_string(), clock.now());
                apply(known, plan).await.0?;
                return Err(error);
            }
            None => return Err(error),
        }
    }
    Ok(Next::Backoff)
}

/// A Rollout as it is known best; `None` if it is gone.
async fn newest(known: &Known, shown: &Arc<Object>) -> Result<Option<Object>, ClusterError> {
    if let Some(found) = known.latest.of(shown) {
        return Ok(Some(found.as_ref().clone()));
    }
    let found = known.cluster.get(&shown.reference()).await?;
    if let Some(found) = &found {
        known.latest.note(found.clone());
    }
    Ok(found)
}

/// What a plan makes, in its order.
fn made(plan: &Plan) -> Vec<ObjectRef> {
    let effects = plan.effects.iter();
    effects
        .filter_map(|effect| match effect {
            Effect::Create(object) => Some(object.reference()),
            _ => None,
        })
        .collect()
}

fn is_ours(object: &Object, snapshot: &Snapshot) -> bool {
    let uid = object.controller_uid();
    uid.is_some() && uid == snapshot.rollout.uid()
}

/// Applies a plan, and takes in what it has written; tells how many objects it has made.
async fn apply(known: &Known, plan: Plan) -> (Result<Next, ClusterError>, usize) {
    let made = made(&plan);
    let mut written = Written::default();
    let outcome = engine::apply_noting(plan, &known.cluster, &mut written).await;
    let mut count = 0;
    let mut cache = known.cache();
    for object in written.objects.into_iter().chain(written.status) {
        if object.gvk() == rollout::gvk() {
            known.latest.note(object);
            continue;
        }
        if made.contains(&object.reference()) {
            count += 1;
        }
        if cache.is_complete(&object.gvk()) {
            cache.store(Arc::new(object));
        }
    }
    for (target, uid) in written.gone {
        if let Some(uid) = uid {
            cache.drop_ours(&target, &uid);
        }
    }
    (outcome, count)
}
