//! The way to the cluster, and the secrets of a namespace with their versions.

use std::collections::BTreeMap;

pub(super) use crate::cli::access::{Connection, Place};
use crate::{
    api::{sealed_secret, version::SECRET},
    cli::Failure,
    cluster::Selector,
    object::{Gvk, Object},
    version,
};

/// One secret: its SealedSecret and the Secrets that are labelled as its versions.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub sealed: Option<Object>,
    pub versions: Vec<Object>,
}

impl Place {
    /// All objects of a kind; none where the cluster has no such kind.
    pub(super) async fn all(
        &self,
        gvk: &Gvk,
        namespace: Option<&str>,
        labels: &str,
    ) -> Result<Vec<Object>, Failure> {
        let selector = Selector::labels(labels);
        match self.cluster.list(gvk, namespace, &selector).await {
            Ok(listed) => Ok(listed.objects),
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            Err(error) => {
                let kind = &gvk.kind;
                Err(Failure::new(format!("failed to list {kind}s")).because(error))
            }
        }
    }

    /// The secrets that are delivered as versions, or of which versions are left, by namespace and name.
    pub(super) async fn secrets(
        &self,
        namespace: Option<&str>,
    ) -> Result<BTreeMap<(String, String), Known>, Failure> {
        let kind = Gvk::new(
            sealed_secret::GROUP,
            sealed_secret::VERSION,
            sealed_secret::KIND,
        );
        let sealed = self.all(&kind, namespace, "").await?;
        let versions = self
            .all(&Gvk::new("", "v1", "Secret"), namespace, SECRET)
            .await?;
        let mut found: BTreeMap<(String, String), Known> = BTreeMap::new();
        let place = |object: &Object, name: &str| {
            (
                object.namespace().unwrap_or_default().to_owned(),
                name.to_owned(),
            )
        };
        for version in versions {
            let Some(secret) = version::secret_of(&version) else {
                continue;
            };
            if version::number_of(&version, secret).is_some() {
                let at = place(&version, secret);
                found.entry(at).or_default().versions.push(version);
            }
        }
        for sealed in sealed {
            let at = place(&sealed, sealed.name());
            if version::is_opted_in(&sealed) || found.contains_key(&at) {
                found.entry(at).or_default().sealed = Some(sealed);
            }
        }
        Ok(found)
    }

    /// One secret.
    pub(super) async fn secret(&self, name: &str) -> Result<Known, Failure> {
        let mut all = self.secrets(Some(&self.namespace)).await?;
        let found = all.remove(&(self.namespace.clone(), name.to_owned()));
        found.ok_or_else(|| {
            Failure::new(format!("secret {}/{name} has no versions", self.namespace))
                .hint("opt in on its SealedSecret with the annotation waxwing.dev/canary: \"true\"")
        })
    }
}

/// Rows under a header, each column as wide as its widest cell and three spaces, as kubectl has it.
pub(super) fn table(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let header: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(rows).collect();
    crate::cli::table::table(&rows, 3)
}

/// A number, or what stands for none.
pub(super) fn shown(number: Option<u64>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| number.to_string())
}
