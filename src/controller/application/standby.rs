//! A push told to a replica that only stands by: it asks for a refresh of the Applications that read the repository, as
//! every server of the original does, and whoever leads looks.

use super::run::Applier;
use crate::{
    api::application::{self, REFRESH},
    cluster::{Cluster, ClusterError, Selector},
    object::Object,
};

/// How often a refresh is asked for while others write to the same Application.
const MOST_TRIES: usize = 5;

impl Applier {
    /// Hands a push on by annotation. Nothing but that one annotation is written, so it may pass the gate; one that is
    /// there already is left.
    ///
    /// # Errors
    /// What the cluster answers; the Applications before it are asked for.
    pub(super) async fn hand_on(&self, url: &str) -> Result<(), ClusterError> {
        let cluster = self.cluster.clone().without_gate();
        let namespace = self.settings.namespace.as_deref();
        let all = Selector::default();
        let listed = cluster.list(&application::gvk(), namespace, &all).await?;
        for app in listed.objects {
            if reads(&app, url) {
                ask(&cluster, app, url).await?;
            }
        }
        Ok(())
    }
}

/// Whether an Application has a source at a URL.
fn reads(app: &Object, url: &str) -> bool {
    let urls = super::run::urls_of(app).unwrap_or_default();
    urls.iter().any(|known| crate::source::is_same(known, url))
}

async fn ask(cluster: &Cluster, mut app: Object, url: &str) -> Result<(), ClusterError> {
    let target = app.reference();
    for _ in 1..MOST_TRIES {
        if app.annotation(REFRESH).is_some() || !reads(&app, url) {
            return Ok(());
        }
        app.set(&["metadata", "annotations", REFRESH], "normal".into());
        match cluster.replace(&app).await {
            Err(error) if error.is_conflict() => {}
            other => return other.map(drop),
        }
        match cluster.get(&target).await? {
            Some(found) => app = found,
            None => return Ok(()),
        }
    }
    app.set(&["metadata", "annotations", REFRESH], "normal".into());
    cluster.replace(&app).await.map(drop)
}
