//! An Application that goes, with what it has made.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::run::Applier;
use crate::{
    api::application::{
        self, BACKGROUND_FINALIZER, DELETION_APPROVED, FOREGROUND_FINALIZER, RESOURCES_FINALIZER,
    },
    cluster::{ClusterError, Propagation},
    object::Object,
    plan::Next,
    sync::{
        option::Options,
        tracking::{self, Tracking},
        wave,
    },
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
    let tracking = match applier.config(app, &spec).await? {
        Ok(config) => config.tracking,
        // A project that is gone keeps nothing from going.
        Err(_) => Tracking::by_annotation(applier.tracked_name(app)),
    };
    let observed = applier
        .observe(app, &tracking, &spec.destination.namespace, &[], &kinds)
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
    let is_approved = is_approved(app);
    for object in going.iter().filter(|object| wave::wave(object) == *highest) {
        if options.of(object, "Delete") == Some("confirm") && !is_approved {
            continue;
        }
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

/// Whether the deletion was approved after it was asked for.
fn is_approved(app: &Object) -> bool {
    let instant = |text: &str| text.parse::<Timestamp>().ok();
    let asked = app.at(&["metadata", "deletionTimestamp"]);
    let asked = asked.and_then(Value::as_str).and_then(instant);
    let approved = app.annotation(DELETION_APPROVED).and_then(instant);
    asked.zip(approved).is_some_and(|(asked, at)| at >= asked)
}
