//! Which pods read which Secrets, listed once for all who ask at about the same time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::Mutex as Turn, time::Instant};

use super::observe::listed;
use crate::{
    cluster::{Cluster, ClusterError},
    object::{Gvk, Object},
    version,
};

/// How old a list may be: pods that ReplicaSets make are known by these, all others read a version by hand.
const FRESH: Duration = Duration::from_millis(500);

/// The pods of namespaces. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Pods(Arc<Mutex<BTreeMap<String, Arc<Turn<Listed>>>>>);

#[derive(Default)]
struct Listed {
    began: Option<Instant>,
    /// By the name of a Secret that they read.
    by_secret: BTreeMap<String, Vec<Arc<Object>>>,
}

impl Pods {
    /// The pods that read one of these Secrets.
    ///
    /// # Errors
    /// What the cluster answers.
    pub(super) async fn reading(
        &self,
        cluster: &Cluster,
        namespace: &str,
        secrets: &BTreeSet<&str>,
    ) -> Result<Vec<Object>, ClusterError> {
        let own = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(namespace.to_owned()).or_default().clone()
        };
        // Whoever comes while others list waits for that list.
        let mut list = own.lock().await;
        if list.began.is_none_or(|began| began.elapsed() > FRESH) {
            *list = Listed::read(cluster, namespace).await?;
        }
        let found = secrets
            .iter()
            .filter_map(|secret| list.by_secret.get(*secret))
            .flatten();
        Ok(found.map(|pod| pod.as_ref().clone()).collect())
    }
}

impl Listed {
    async fn read(cluster: &Cluster, namespace: &str) -> Result<Self, ClusterError> {
        let began = Instant::now();
        let pods = listed(cluster, &Gvk::new("", "v1", "Pod"), Some(namespace)).await?;
        let mut by_secret: BTreeMap<String, Vec<Arc<Object>>> = BTreeMap::new();
        for pod in pods {
            let secrets = version::secrets(&pod.to_value(), namespace);
            let pod = Arc::new(pod);
            for secret in secrets {
                by_secret.entry(secret).or_default().push(pod.clone());
            }
        }
        Ok(Self {
            began: Some(began),
            by_secret,
        })
    }
}
