//! `waxwing sandbox --attach`: the sandbox's node on somebody else's control plane.

use std::path::Path;

use super::{Failure, Shell};
use crate::{
    clock::Clock,
    cluster::{Access, Cluster},
    controller::workload::{NODE_NAME, Role, Workloads},
    object::{Gvk, ObjectRef},
};

/// Plays a node, its kubelet, its volumes and a scheduler on the cluster of a kubeconfig, until told to stop.
///
/// # Errors
/// The kubeconfig cannot be read, or the cluster does not answer.
pub async fn play(
    kubeconfig: &Path,
    shell: &mut Shell,
    told: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let file = kubeconfig.display();
    let access = Access {
        files: vec![kubeconfig.to_string_lossy().into_owned()],
        ..Access::default()
    };
    let connection = access.connect().await.map_err(|error| {
        Failure::new(format!("failed to read the kubeconfig {file}"))
            .because(error)
            .hint("name a kubeconfig of the cluster with --attach")
    })?;
    let cluster = Cluster::new(connection.client);
    let everywhere = ObjectRef::new(Gvk::new("", "v1", "Namespace"), None, "default");
    cluster.get(&everywhere).await.map_err(|error| {
        Failure::new(format!("failed to attach to {}", connection.server))
            .because(error)
            .hint("see whether kubectl reaches the cluster with the same kubeconfig")
    })?;
    shell.note(format_args!(
        "attached to {}: playing node {NODE_NAME}, its kubelet and volumes, and the scheduler",
        connection.server
    ));
    let workloads = Workloads::playing(Role::Node, cluster, Clock::wall());
    tokio::select! {
        () = told => {}
        () = workloads.run() => return Err(Failure::new(format!(
            "failed to watch {}",
            connection.server
        ))),
    }
    shell.note(format_args!(
        "detached from {}; node {NODE_NAME} and its pods stay as they are until the node is deleted",
        connection.server
    ));
    Ok(())
}
