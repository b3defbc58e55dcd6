//! The way to the cluster, and one Application of it.

use serde_json::Value;

use crate::{
    api::application,
    cli::{Failure, access::Access},
    cluster::{Cluster, Selector},
    object::{Object, ObjectRef},
};

/// Flags of every command.
#[derive(Clone, Debug, clap::Args)]
pub struct Connection {
    #[command(flatten)]
    access: Access,
    /// Namespace of the Applications.
    #[arg(short = 'N', long, value_name = "NAME", default_value = "argocd")]
    pub(super) app_namespace: String,
}

impl Connection {
    pub(super) async fn cluster(&self) -> Result<Cluster, Failure> {
        self.access.cluster().await
    }

    pub(super) fn reference(&self, name: &str) -> ObjectRef {
        // `namespace/name` as upstream writes it.
        let (namespace, name) = name
            .split_once('/')
            .unwrap_or((self.app_namespace.as_str(), name));
        ObjectRef::new(application::gvk(), Some(namespace), name)
    }

    pub(super) async fn app(&self, cluster: &Cluster, name: &str) -> Result<Object, Failure> {
        let reference = self.reference(name);
        let found = cluster.get(&reference).await;
        let found = found.map_err(|error| {
            Failure::new(format!("failed to read application {name}")).because(error)
        })?;
        found.ok_or_else(|| {
            let namespace = reference.namespace.as_deref().unwrap_or_default();
            Failure::new(format!(
                "application {namespace}/{} not found",
                reference.name
            ))
        })
    }

    pub(super) async fn apps(
        &self,
        cluster: &Cluster,
        labels: &str,
    ) -> Result<Vec<Object>, Failure> {
        let selector = Selector::labels(labels);
        let listed = cluster
            .list(&application::gvk(), Some(&self.app_namespace), &selector)
            .await;
        listed
            .map(|listed| listed.objects)
            .map_err(|error| Failure::new("failed to list applications").because(error))
    }
}

/// A text of an Application by its pointer, empty where there is none.
pub(super) fn text(app: &Object, path: &[&str]) -> String {
    let text = app.at(path).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// Rows under a header, each column as wide as its widest cell and two spaces, as upstream's tabwriter does it.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    crate::cli::table::table(rows, 2)
}

/// How an Application is synced: `Manual`, `Auto`, `Auto-Prune`.
pub(super) fn policy(app: &Object) -> &'static str {
    let spec = application::spec(app).unwrap_or_default();
    match spec.automated() {
        None => "Manual",
        Some(automated) if automated.prune => "Auto-Prune",
        Some(_) => "Auto",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let shown = table(&[row(["NAME", "STATUS"]), row(["argocd/shop", "Synced"])]);
        assert_eq!(shown, "NAME         STATUS\nargocd/shop  Synced");
    }
}
