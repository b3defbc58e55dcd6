//! From the cache to the snapshot of one pod, and from there to its plan: scheduler, kubelet, and the end of its Job.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use super::{
    affected,
    cache::{Cache, Content, SourceRef},
    key::{Key, Kind, SCHEDULER},
    node::{NODE_ADDRESS, NODE_NAME},
    observe::Decision,
    run::{Role, Shared},
};
use crate::{
    cluster::ClusterError,
    object::{Object, ObjectRef},
    plan::Plan,
    workload::{
        field, job,
        pod::{self, Sources},
        scheduling,
    },
};

/// Decides one pod as it is known now.
pub(super) async fn decide(
    shared: &Shared,
    key: &Key,
    now: Timestamp,
) -> Result<Decision, ClusterError> {
    if let Some(plan) = release(shared, key) {
        return Ok(plan.into());
    }
    let needs = {
        let cache = shared.cache();
        match cache.get(key) {
            Some(pod) if is_ours(pod) => cache.needs(key),
            _ => return Ok(Decision::default()),
        }
    };
    let sources = sources(shared, needs).await?;
    let mut cache = shared.cache();
    let Some(pod) = cache.get(key).map(|pod| Object::clone(pod)) else {
        return Ok(Decision::default());
    };
    let uid = pod.uid().unwrap_or_default().to_owned();
    let address = cache.address_of(&uid);
    let is_unbound = field::text(&pod, &["spec", "nodeName"]).is_empty();
    let refusal = is_unbound.then(|| refusal(&cache, key, &pod)).flatten();
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
        refusal,
        surroundings: shared.surroundings(),
    };
    let (plan, after) = pod::decide(snapshot, &reading, now);
    Ok(Decision {
        plan,
        reading: (after != reading).then_some((uid, after)),
        component: is_unbound.then_some(SCHEDULER),
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

/// Whether the pod is for our scheduler, or on our node.
fn is_ours(pod: &Object) -> bool {
    let node = field::text(pod, &["spec", "nodeName"]);
    let scheduler = field::text(pod, &["spec", "schedulerName"]);
    if node.is_empty() {
        matches!(scheduler, "" | SCHEDULER)
    } else {
        node == NODE_NAME
    }
}

/// Lets a pod go whose Job is gone: nobody counts it any more (`syncOrphanPod`).
fn release(shared: &Shared, key: &Key) -> Option<Plan> {
    if shared.role() != Role::Cluster {
        return None;
    }
    let cache = shared.cache();
    let pod = cache.get(key).filter(|pod| job::is_tracked(pod))?;
    let name = affected::controller_name(pod, Kind::Job)?;
    let owner = cache.get(&Key::new(Kind::Job, &key.namespace, name));
    let is_there = owner.is_some_and(|owner| owner.uid() == pod.controller_uid());
    (!is_there).then(|| Plan {
        effects: job::free(pod).into_iter().collect(),
        ..Plan::default()
    })
}

/// Why the scheduler finds no node for a pod; none where ours takes it.
fn refusal(cache: &Cache, key: &Key, pod: &Object) -> Option<String> {
    let nodes: Vec<&Object> = cache.nodes().map(AsRef::as_ref).collect();
    for volume in field::list(pod, &["spec", "volumes"]) {
        let claim = volume
            .get("persistentVolumeClaim")
            .and_then(|claim| claim.get("claimName")?.as_str());
        let Some(name) = claim else {
            continue;
        };
        let Some(claim) = cache.get(&Key::new(Kind::VolumeClaim, &key.namespace, name)) else {
            let why = format!("persistentvolumeclaim \"{name}\" not found");
            return Some(scheduling::message_of_all(nodes.len(), &why));
        };
        if field::text(claim, &["status", "phase"]) != "Bound" {
            let why = "pod has unbound immediate PersistentVolumeClaims";
            return Some(scheduling::message_of_all(nodes.len(), why));
        }
    }
    let ours = nodes.iter().find(|node| node.name() == NODE_NAME);
    if ours.is_some_and(|node| scheduling::refusal(pod, node).is_none()) {
        return None;
    }
    let refusals: Vec<&str> = nodes
        .iter()
        .filter_map(|node| scheduling::refusal(pod, node))
        .collect();
    Some(scheduling::message(nodes.len(), &refusals))
}
