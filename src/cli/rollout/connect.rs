//! The way to the cluster, and one Rollout of it.

use std::path::PathBuf;

use serde_json::Value;

use crate::{
    api::rollout,
    cli::{Failure, Shell},
    cluster::{Cluster, ClusterError},
    object::{Object, ObjectRef},
    plan::Precondition,
};

/// Flags of every command.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Connection {
    /// The cluster; without it KUBECONFIG, the file in the home folder, or the service account of the pod.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig.
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// Namespace of the rollout; without it that of the context.
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
}

/// What is printed when a rollout was changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Told {
    /// A sentence.
    #[default]
    Text,
    /// The rollout as it is now.
    Json,
}

/// A cluster and the namespace that is meant.
pub(super) struct Place {
    pub cluster: Cluster,
    pub namespace: String,
}

impl Connection {
    pub(super) async fn place(&self) -> Result<Place, Failure> {
        let cluster = Cluster::from_kubeconfig(self.kubeconfig.as_deref(), self.context.as_deref())
            .await
            .map_err(|error| Failure::new("failed to reach the cluster").because(error))?;
        let namespace = self
            .namespace
            .clone()
            .unwrap_or_else(|| cluster.default_namespace().to_owned());
        Ok(Place { cluster, namespace })
    }
}

impl Place {
    pub(super) fn reference(&self, name: &str) -> ObjectRef {
        ObjectRef::new(rollout::gvk(), Some(&self.namespace), name)
    }

    /// The Rollout of a name.
    pub(super) async fn rollout(&self, name: &str) -> Result<Object, Failure> {
        let found = self.cluster.get(&self.reference(name)).await;
        found
            .map_err(|error| unreadable(name, error))?
            .ok_or_else(|| not_found(name))
    }

    /// Changes fields of a Rollout's spec.
    pub(super) async fn patch(&self, name: &str, patch: &Value) -> Result<Object, Failure> {
        self.cluster
            .patch(&self.reference(name), patch, &Precondition::default())
            .await
            .map_err(|error| unwritable(name, error))
    }

    /// Changes fields of a Rollout's status; without a status subresource on the object itself, as upstream does it.
    pub(super) async fn patch_status(&self, name: &str, patch: &Value) -> Result<Object, Failure> {
        let target = self.reference(name);
        match self.cluster.patch_status(&target, patch).await {
            Err(error) if error.is_not_found() => self.patch(name, patch).await,
            other => other.map_err(|error| unwritable(name, error)),
        }
    }
}

/// Says what was done, in a sentence or as the object.
pub(super) fn tell(
    shell: &mut Shell,
    told: Told,
    changed: &Object,
    sentence: &str,
) -> Result<(), Failure> {
    match told {
        Told::Text => shell.say(sentence),
        Told::Json => shell.say(serde_json::to_string_pretty(changed).unwrap_or_default()),
    }
}

fn not_found(name: &str) -> Failure {
    Failure::new(format!("rollouts.argoproj.io \"{name}\" not found"))
        .hint("see `waxwing rollout list -A`")
}

fn unreadable(name: &str, error: ClusterError) -> Failure {
    Failure::new(format!("failed to read rollout \"{name}\"")).because(error)
}

fn unwritable(name: &str, error: ClusterError) -> Failure {
    if error.is_not_found() {
        return not_found(name);
    }
    Failure::new(format!("failed to change rollout \"{name}\"")).because(error)
}
