//! `waxwing secret promote`.

use std::collections::BTreeMap;

use serde_json::json;

use super::connect::Connection;
use crate::{
    api::{
        rollout,
        version::{PROMOTE, TRUE},
    },
    cli::{Exit, Failure, Shell},
    object::{Gvk, ObjectRef},
    plan::Precondition,
    version::{self, Delivered},
};

/// Promote the desired version of a secret that no Rollout reads: one that was given to a Rollout before, or rejected,
/// is not promoted by itself.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  waxwing secret promote backstage -n shop")]
pub(super) struct Args {
    /// The secret.
    name: String,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let place = args.connection.place().await?;
    let known = place.secret(&args.name).await?;
    let delivered = Delivered::of(&args.name, known.sealed.as_ref(), &known.versions);
    let Some(desired) = delivered.desired.filter(|_| delivered.is_honoured) else {
        return Err(Failure::new(format!(
            "secret {} is not delivered as versions",
            args.name
        )));
    };
    if delivered.promoted == Some(desired) {
        shell.say(format_args!("version {desired} is promoted already"))?;
        return Ok(Exit::Yes);
    }
    let namespace = Some(place.namespace.as_str());
    let rollouts = place.all(&rollout::gvk(), namespace, "").await?;
    let sets = place
        .all(&Gvk::new("apps", "v1", "ReplicaSet"), namespace, "")
        .await?;
    let consumers = version::consumers(&args.name, &rollouts, &BTreeMap::new(), &sets);
    if let Some(consumer) = consumers.first() {
        let name = consumer.name();
        return Err(Failure::new(format!(
            "Rollout {name} reads secret {}: version {desired} is promoted when it has taken it",
            args.name
        ))
        .hint(format!(
            "see `waxwing rollout get {name}` and `waxwing rollout promote {name}`"
        ))
        .exiting(Exit::No));
    }
    let target = ObjectRef::new(
        Gvk::new("", "v1", "Secret"),
        namespace,
        version::version_name(&args.name, desired),
    );
    let asked = json!({"metadata": {"annotations": {PROMOTE: TRUE}}});
    place
        .cluster
        .patch(&target, &asked, &Precondition::default())
        .await
        .map_err(|error| {
            Failure::new(format!("failed to ask for the promotion of {}", args.name)).because(error)
        })?;
    shell.say(format_args!(
        "version {desired} of secret '{}' is to be promoted",
        args.name
    ))?;
    Ok(Exit::Yes)
}
