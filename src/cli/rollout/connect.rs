//! The way to the cluster, and one Rollout of it.

use serde_json::Value;

pub(super) use crate::cli::access::{Connection, Place};
use crate::{
    api::rollout,
    cli::{Exit, Failure, Shell},
    cluster::ClusterError,
    object::{Object, ObjectRef},
    plan::Precondition,
};

/// Rollouts to change, each alike.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Named {
    /// The rollouts.
    #[arg(required = true)]
    names: Vec<String>,
    #[command(flatten)]
    connection: Connection,
    /// A sentence, or the rollout as it is now.
    #[arg(short, long, value_enum, default_value_t)]
    output: Told,
}

impl Named {
    /// Writes a field of the spec or status of each, and says what became of it.
    pub(super) async fn change(
        &self,
        patch: &Value,
        became: &str,
        shell: &mut Shell,
    ) -> Result<Exit, Failure> {
        let place = self.connection.place().await?;
        for name in &self.names {
            let changed = if patch.get("status").is_some() {
                place.patch_status(name, patch).await?
            } else {
                place.patch(name, patch).await?
            };
            let sentence = format!("rollout '{name}' {became}");
            tell(shell, self.output, &changed, &sentence)?;
        }
        Ok(Exit::Yes)
    }
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
