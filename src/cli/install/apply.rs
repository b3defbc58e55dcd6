//! Writes an installation to a cluster, as `kubectl apply --server-side` does.

use serde_json::Value;

use crate::{
    cli::Failure,
    clock::Clock,
    cluster::{Cluster, ClusterError, PatchForm, WriteOptions},
    object::Object,
};

/// Who writes.
const MANAGER: &str = "waxwing-install";

/// How often a kind that was just defined is looked for, and how long between.
const LOOKS: usize = 60;
const PAUSE: jiff::SignedDuration = jiff::SignedDuration::from_millis(500);

/// Writes the objects in their order; says each to `told`.
///
/// # Errors
/// [`Failure`] names the object that was refused; what was written before stays.
pub async fn apply(
    cluster: &Cluster,
    wanted: Vec<Value>,
    mut told: impl FnMut(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let clock = Clock::wall();
    for value in wanted {
        let object = Object::from_value(value)
            .map_err(|error| Failure::new("a manifest is not an object").because(error))?;
        let name = object.reference().to_string();
        write(cluster, &clock, &object)
            .await
            .map_err(|error| Failure::new(format!("{name} could not be applied")).because(error))?;
        told(&format!("{name} applied"))?;
    }
    Ok(())
}

async fn write(cluster: &Cluster, clock: &Clock, object: &Object) -> Result<(), ClusterError> {
    let options = WriteOptions {
        manager: MANAGER,
        strict: true,
        ..WriteOptions::default()
    };
    let target = object.reference();
    for _ in 0..LOOKS {
        if let Some(resource) = cluster.kinds().await?.find(&target.gvk) {
            let patch = object.to_value();
            return cluster
                .patch_any(resource, &target, PatchForm::Apply, &patch, &options)
                .await
                .map(drop);
        }
        clock.wait(PAUSE).await;
    }
    Err(ClusterError::UnknownKind(target.gvk))
}
