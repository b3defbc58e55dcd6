//! The way to a cluster: the flags that every command has which speaks to one.

use std::path::PathBuf;

use super::Failure;
use crate::cluster::Cluster;

/// Which cluster is meant.
#[derive(Clone, Debug, clap::Args)]
pub struct Access {
    /// The cluster; without it KUBECONFIG, the file in the home folder, or the service account of the pod.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig.
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
}

/// Which cluster and which namespace of it are meant.
#[derive(Clone, Debug, clap::Args)]
pub struct Connection {
    #[command(flatten)]
    access: Access,
    /// Namespace; without it that of the context.
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
}

/// A cluster and the namespace that is meant.
pub struct Place {
    /// The cluster.
    pub cluster: Cluster,
    /// The namespace.
    pub namespace: String,
}

impl Access {
    /// A client of the cluster.
    ///
    /// # Errors
    /// The kubeconfig cannot be used.
    pub async fn cluster(&self) -> Result<Cluster, Failure> {
        Cluster::from_kubeconfig(self.kubeconfig.as_deref(), self.context.as_deref())
            .await
            .map_err(|error| {
                Failure::new("failed to reach the cluster")
                    .because(error)
                    .hint(
                        "--kubeconfig or KUBECONFIG names the file, --context one of its contexts",
                    )
            })
    }
}

impl Connection {
    /// The namespace, where one was typed.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The cluster and the namespace.
    ///
    /// # Errors
    /// As [`Access::cluster`].
    pub async fn place(&self) -> Result<Place, Failure> {
        let cluster = self.access.cluster().await?;
        let namespace = self
            .namespace
            .clone()
            .unwrap_or_else(|| cluster.default_namespace().to_owned());
        Ok(Place { cluster, namespace })
    }
}
