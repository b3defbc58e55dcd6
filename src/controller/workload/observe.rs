//! From the cache to the snapshot of one object, and from there to its plan.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use super::{
    cache::{Cache, Content, SourceRef},
    key::{Key, Kind},
    node::{NODE_ADDRESS, NODE_NAME},
    run::Shared,
};
use crate::{
    cluster::ClusterError,
    object::{Object, ObjectRef},
    plan::Plan,
    workload::{
        deployment, field,
        pod::{self, Reading, Sources},
        replica_set, service,
    },
};

/// A plan with what goes with it once it is applied.
#[derive(Default)]
pub(super) struct Decision {
    pub(super) plan: Plan,
    /// What the containers of a pod (by its uid) have read.
    pub(super) reading: Option<(String, Reading)>,
}

impl From<Plan> for Decision {
    fn from(plan: Plan) -> Self {
        Self {
            plan,
            reading: None,
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
        return decide_pod(shared, key, now).await;
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
        Kind::Service => service::decide(service::Snapshot {
            service: Object::clone(object),
            pods: cache
                .within(Kind::Pod, &key.namespace)
                .map(AsRef::as_ref)
                .collect(),
            slices: slices_of(&cache, key),
            taken: cache.service_addresses(),
        }),
        Kind::Pod | Kind::EndpointSlice => Plan::default(),
    };
    Ok(plan.into())
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

async fn decide_pod(shared: &Shared, key: &Key, now: Timestamp) -> Result<Decision, ClusterError> {
    let needs = shared.cache().needs(key);
    let sources = sources(shared, needs).await?;
    let mut cache = shared.cache();
    let Some(pod) = cache.get(key).map(|pod| Object::clone(pod)) else {
        return Ok(Decision::default());
    };
    let uid = pod.uid().unwrap_or_default().to_owned();
    let address = cache.address_of(&uid);
    drop(cache);
    let reading = shared.readings().of(&uid);
    let snapshot = pod::Snapshot {
        pod,
        node: pod::Node {
            name: NODE_NAME.to_owned(),
            address: NODE_ADDRESS.to_owned(),
        },
        address,
        sources,
    };
    let (plan, after) = pod::decide(snapshot, &reading, now);
    Ok(Decision {
        plan,
        reading: (after != reading).then_some((uid, after)),
    })
}

/// Reads what a pod names; what is known as of its newest version is not read again.
async fn sources(shared: &Shared, needs: Vec<SourceRef>) -> Result<Sources, ClusterError> {
    let mut sources = BTreeMap::new();
    for source in needs {
        let content = shared.cache().content(&source);
        match content {
            Content::Absent => {}
            Content::Known(object) => {
                sources.insert(source.1, object);
            }
            Content::Unread => {
                let target = ObjectRef::new(
                    pod::source_gvk(source.1.kind),
                    Some(&source.0),
                    &source.1.name,
                );
                if let Some(object) = shared.cluster().get(&target).await? {
                    let object = Arc::new(object);
                    shared.cache().keep(source.clone(), object.clone());
                    sources.insert(source.1, object);
                }
            }
        }
    }
    Ok(Sources(sources))
}
