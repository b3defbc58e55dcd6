//! An Application that goes, with what it has made.

use std::collections::BTreeSet;

use serde_json::Value;

use super::run::Applier;
use crate::{
    api::application::{self, BACKGROUND_FINALIZER, FOREGROUND_FINALIZER, RESOURCES_FINALIZER},
    cluster::{ClusterError, Propagation},
    object::Object,
    plan::Next,
    sync::{option::Options, tracking, wave},
};

/// Deletes the objects of an Application, the highest wave first, and lets it go when they are gone.
pub(super) async fn delete(applier: &Applier, app: &Object) -> Result<Next, ClusterError> {
    let finalizers: Vec<String> = app
        .at(&["metadata", "finalizers"])
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    let ours = [
        RESOURCES_FINALIZER,
        FOREGROUND_FINALIZER,
        BACKGROUND_FINALIZER,
    ];
    if !finalizers.iter().any(|name| ours.contains(&name.as_str())) {
        return Ok(Next::AwaitChange);
    }
    let spec = application::spec(app).unwrap_or_default();
    let options = Options::new(spec.options());
    let kinds = applier.kinds(true).await?;
    let observed = applier
        .observe(app, app.name(), &spec.destination.namespace, &[], &kinds)
        .await?;
    let going: Vec<&Object> = observed
        .live
        .values()
        .filter(|object| !tracking::is_exempt(object) && object.reference() != app.reference())
        .filter(|object| options.of(object, "Delete") != Some("false"))
        .filter(|object| object.annotation("helm.sh/resource-policy") != Some("keep"))
        .collect();
    let waves: BTreeSet<i64> = going.iter().map(|object| wave::wave(object)).collect();
    let Some(highest) = waves.last() else {
        let mut free = app.clone();
        let left: Vec<Value> = finalizers
            .into_iter()
            .filter(|name| !ours.contains(&name.as_str()))
            .map(Value::from)
            .collect();
        free.set(&["metadata", "finalizers"], left.into());
        applier.cluster.replace(&free).await?;
        return Ok(Next::AwaitChange);
    };
    let propagation = if finalizers.iter().any(|name| name == BACKGROUND_FINALIZER) {
        Propagation::Background
    } else {
        Propagation::Foreground
    };
    for object in going.iter().filter(|object| wave::wave(object) == *highest) {
        if object.at(&["metadata", "deletionTimestamp"]).is_some() {
            continue;
        }
        if let Some(resource) = kinds.find(&object.gvk()) {
            let at = object.reference();
            let gone = applier
                .cluster
                .delete_any(resource, &at, object.uid(), propagation);
            gone.await?;
        }
    }
    Ok(Next::AwaitChange)
}
