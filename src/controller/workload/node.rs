//! The one node that all pods run on.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::run::Role;
use crate::{
    clock::Clock,
    cluster::{Cluster, ClusterError},
    object::Object,
    plan::Precondition,
    workload::field,
};

/// How often the lease of the node is renewed, and how long it holds.
const BEAT: Duration = Duration::from_secs(10);
const LEASE_SECONDS: u32 = 40;

/// Its name.
pub const NODE_NAME: &str = "waxwing-sandbox";
/// Its address.
pub const NODE_ADDRESS: &str = "10.128.0.2";

/// Makes the node, unless it is there and ready.
pub(super) async fn ensure(cluster: &Cluster, now: Timestamp) -> Result<(), ClusterError> {
    let Some(wanted) = node(now) else {
        return Ok(());
    };
    let mut node = match cluster.get(&wanted.reference()).await? {
        Some(node) => node,
        None => cluster.create(&wanted).await?,
    };
    let is_ready = field::list(&node, &["status", "conditions"])
        .iter()
        .any(|condition| {
            condition.get("type") == Some(&"Ready".into())
                && condition.get("status") == Some(&"True".into())
        });
    if let (false, Some(status)) = (is_ready, wanted.at(&["status"])) {
        node.set(&["status"], status.clone());
        cluster.replace_status(&node).await?;
    }
    Ok(())
}

/// Tells somebody else's node controller that the node lives; where all is played here nobody asks.
pub(super) async fn beat(cluster: &Cluster, clock: &Clock, role: Role) {
    if role == Role::Cluster {
        return;
    }
    loop {
        let renewed = match renew(cluster, clock.now()).await {
            Ok(()) => ensure(cluster, clock.now()).await,
            failed => failed,
        };
        if let Err(error) = renewed {
            tracing::warn!(%error, "the node could not be kept alive");
        }
        tokio::time::sleep(BEAT).await;
    }
}

async fn renew(cluster: &Cluster, now: Timestamp) -> Result<(), ClusterError> {
    let lease = Object::from_value(json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": NODE_NAME, "namespace": "kube-node-lease"},
        "spec": {
            "holderIdentity": NODE_NAME,
            "leaseDurationSeconds": LEASE_SECONDS,
            "renewTime": format!("{now:.6}"),
        },
    }));
    let Ok(lease) = lease else {
        return Ok(());
    };
    let patch = json!({"spec": lease.at(&["spec"])});
    let always = Precondition::default();
    match cluster.patch(&lease.reference(), &patch, &always).await {
        Err(error) if error.is_not_found() => cluster.create(&lease).await.map(drop),
        other => other.map(drop),
    }
}

fn node(now: Timestamp) -> Option<Object> {
    let now = field::stamp(now);
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({"type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": now, "lastTransitionTime": now})
    };
    let amounts =
        json!({"cpu": "64", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "1000"});
    Object::from_value(json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": NODE_NAME,
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": NODE_NAME,
                "kubernetes.io/os": "linux",
            },
        },
        "spec": {"podCIDR": "10.244.0.0/16", "podCIDRs": ["10.244.0.0/16"]},
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": NODE_ADDRESS},
                {"type": "Hostname", "address": NODE_NAME},
            ],
            "capacity": amounts,
            "allocatable": amounts,
            "conditions": [
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory",
                    "kubelet has sufficient memory available"),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "architecture": "amd64",
                "bootID": "",
                "containerRuntimeVersion": "containerd://2.1.4-sandbox",
                "kernelVersion": "6.12.0",
                "kubeProxyVersion": "",
                "kubeletVersion": "v1.37.2-sandbox",
                "machineID": "",
                "operatingSystem": "linux",
                "osImage": "Waxwing sandbox",
                "systemUUID": "",
            },
        },
    }))
    .ok()
}
