//! From the cache to the snapshot of one object, and from there to its plan.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    cache::Cache,
    key::{Key, Kind},
    observe_pod,
    run::{Role, Shared},
};
use crate::{
    cluster::ClusterError,
    object::{Object, ObjectRef},
    plan::Plan,
    workload::{
        daemon_set, deployment, disruption_budget, field, job, pod::Reading, replica_set, service,
        stateful_set, volume_claim,
    },
};

/// A plan with what goes with it once it is applied.
#[derive(Default)]
pub(super) struct Decision {
    pub(super) plan: Plan,
    /// What the containers of a pod (by its uid) have read.
    pub(super) reading: Option<(String, Reading)>,
    /// Who reports, if it is not who reports about the kind.
    pub(super) component: Option<&'static str>,
}

impl From<Plan> for Decision {
    fn from(plan: Plan) -> Self {
        Self {
            plan,
            ..Self::default()
        }
    }
}

/// Decides one object as it is known now; one that is gone needs nothing.
pub(super) async fn decide(
    shared: &Shared,
    key: &Key,
    failure: Option<String>,
    now: Timestamp,
) -> Result<Decision, ClusterError> {
    if key.kind == Kind::Pod {
        return observe_pod::decide(shared, key, now).await;
    }
    let cache = shared.cache();
    let Some(object) = cache.get(key) else {
        return Ok(Decision::default());
    };
    let plan = match key.kind {
        Kind::Deployment => deployment::decide(deployment_snapshot(&cache, key, object), now),
        Kind::ReplicaSet => {
            let pods = claimable(&cache, Kind::Pod, object).collect();
            let snapshot = replica_set::Snapshot {
                replica_set: Object::clone(object),
                pods,
                failure,
            };
            replica_set::decide(snapshot, now)
        }
        Kind::StatefulSet => stateful_set::decide(
            stateful_set::Snapshot {
                stateful_set: Object::clone(object),
                pods: claimable(&cache, Kind::Pod, object).collect(),
                revisions: revisions(&cache, object),
                holder: holder(&cache, &stateful_set::needs(object)),
                claims: within(&cache, Kind::VolumeClaim, key),
            },
            now,
        ),
        Kind::DaemonSet => daemon_set::decide(
            daemon_set::Snapshot {
                daemon_set: Object::clone(object),
                nodes: cache.nodes().map(AsRef::as_ref).collect(),
                pods: claimable(&cache, Kind::Pod, object).collect(),
                revisions: revisions(&cache, object),
                holder: holder(&cache, &daemon_set::needs(object)),
            },
            now,
        ),
        Kind::Job => {
            let snapshot = job::Snapshot {
                job: Object::clone(object),
                pods: claimable(&cache, Kind::Pod, object).collect(),
            };
            job::decide(snapshot, now)
        }
        Kind::DisruptionBudget => {
            let kinds = [Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet];
            let controllers = kinds
                .into_iter()
                .flat_map(|kind| cache.within(kind, &key.namespace))
                .filter_map(|controller| Some((controller.uid()?, controller.as_ref())))
                .collect();
            let snapshot = disruption_budget::Snapshot {
                budget: Object::clone(object),
                pods: within(&cache, Kind::Pod, key),
                controllers,
            };
            disruption_budget::decide(snapshot, now)
        }
        Kind::VolumeClaim => {
            let volume = Key::of(&volume_claim::volume_of(object))
                .and_then(|key| cache.get(&key).map(AsRef::as_ref));
            let binder = match shared.role() {
                Role::Cluster => volume_claim::Binder::Us,
                Role::Node => volume_claim::Binder::Another,
            };
            volume_claim::decide(object, volume, binder)
        }
        Kind::Volume => {
            let text = |name: &str| field::text(object, &["spec", "claimRef", name]);
            let claim = Key::new(Kind::VolumeClaim, text("namespace"), text("name"));
            let claim = cache.get(&claim).map(AsRef::as_ref);
            match shared.role() {
                Role::Cluster => volume_claim::decide_volume(object, claim),
                Role::Node => volume_claim::reclaim(object),
            }
        }
        Kind::Service => decide_service(&cache, key, object),
        Kind::Endpoints => {
            let service = cache.get(&Key::new(Kind::Service, &key.namespace, &key.name));
            if service.is_some() {
                Plan::default()
            } else {
                service::decide_endpoints(None, &[], Some(object))
            }
        }
        Kind::Node | Kind::Pod | Kind::EndpointSlice | Kind::ControllerRevision => Plan::default(),
    };
    Ok(plan.into())
}

/// The address and the slices, and beside them the old object with all addresses.
fn decide_service(cache: &Cache, key: &Key, object: &Arc<Object>) -> Plan {
    let pods = within(cache, Kind::Pod, key);
    let mut plan = service::decide(service::Snapshot {
        service: Object::clone(object),
        pods: pods.clone(),
        slices: slices_of(cache, key),
        taken: cache.service_addresses(),
    });
    let existing = cache.get(&Key::new(Kind::Endpoints, &key.namespace, &key.name));
    let beside = service::decide_endpoints(Some(object), &pods, existing.map(AsRef::as_ref));
    plan.effects.extend(beside.effects);
    plan
}

/// All objects of a kind in the namespace of another.
fn within<'a>(cache: &'a Cache, kind: Kind, key: &Key) -> Vec<&'a Object> {
    let all = cache.within(kind, &key.namespace);
    all.map(AsRef::as_ref).collect()
}

fn revisions(cache: &Cache, owner: &Object) -> Vec<Object> {
    let all = claimable(cache, Kind::ControllerRevision, owner);
    all.cloned().collect()
}

fn holder(cache: &Cache, target: &ObjectRef) -> Option<Object> {
    let found = cache.get(&Key::of(target)?)?;
    Some(Object::clone(found))
}

/// Dependents of a kind that an object controls, and those that nobody does.
fn claimable<'a>(
    cache: &'a Cache,
    kind: Kind,
    owner: &'a Object,
) -> impl Iterator<Item = &'a Object> {
    let owned = cache.owned(kind, owner.uid().unwrap_or_default());
    let orphans = cache.orphans(kind, owner.namespace().unwrap_or_default());
    owned.chain(orphans).map(AsRef::as_ref)
}

fn deployment_snapshot(cache: &Cache, key: &Key, object: &Arc<Object>) -> deployment::Snapshot {
    let replica_sets: Vec<Object> = claimable(cache, Kind::ReplicaSet, object)
        .cloned()
        .collect();
    let name = deployment::needs(object).name;
    let holder = cache
        .get(&Key::new(Kind::ReplicaSet, &key.namespace, &name))
        .map(|holder| Object::clone(holder));
    let is_recreate = field::text(object, &["spec", "strategy", "type"]) == "Recreate";
    let pods = replica_sets
        .iter()
        .filter(|_| is_recreate)
        .filter_map(Object::uid)
        .flat_map(|uid| cache.owned(Kind::Pod, uid))
        .map(|pod| Object::clone(pod))
        .collect();
    deployment::Snapshot {
        deployment: Object::clone(object),
        replica_sets,
        holder,
        pods,
    }
}

fn slices_of(cache: &Cache, key: &Key) -> Vec<Object> {
    cache
        .within(Kind::EndpointSlice, &key.namespace)
        .filter(|slice| {
            slice.label(service::SERVICE_NAME) == Some(&key.name)
                && slice.label(service::MANAGED_BY) == Some(service::MANAGER)
        })
        .map(|slice| Object::clone(slice))
        .collect()
}
