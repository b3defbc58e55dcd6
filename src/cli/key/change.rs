//! `waxwing key promote`, `retire` and `compromise`: a key goes into another state.

use super::cluster_keys::{Place, current, named};
use crate::{
    cli::{Exit, Failure, Shell},
    clock::Clock,
    plan::Precondition,
    seal::{KeyRecord, KeyState, StateError, sealing},
};

/// Bring a key into another state. A Waxwing controller obeys at once; the original sees only that a key is
/// compromised, and only after a restart.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    waxwing key retire sealed-secrets-key8x7wq\n  \
    waxwing key compromise SHA256:Zk3f --reason 'laptop stolen'")]
pub(super) struct Args {
    /// Name of the Secret, or the beginning of the fingerprint.
    key: String,
    /// Why, kept on the key's Secret.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Do it even if no key is left that can be sealed for.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(args: &Args, to: KeyState, shell: &mut Shell) -> Result<Exit, Failure> {
    let cluster = args.place.cluster().await?;
    let keys = args.place.keys(&cluster).await?;
    let now = Clock::wall().now();
    let found = named(&keys, &args.key)?;
    let name = &found.record.name;
    let from = found.record.state_at(now);
    if from == Some(to) && found.record.state == Some(to) {
        shell.say(format_args!("{name} is {to} already"))?;
        return Ok(Exit::Yes);
    }
    let no = |error: StateError| {
        Failure::new(format!("{name} stays as it is"))
            .because(error)
            .exiting(Exit::No)
    };
    if let Some(from) = from.filter(|from| !from.can_become(to)) {
        return Err(no(StateError::Step { from, to }));
    }
    let after: Vec<KeyRecord> = keys
        .iter()
        .filter(|key| key.key.is_ok())
        .map(|key| {
            let mut record = key.record.clone();
            if record.name == *name {
                record.state = Some(to);
                record.is_active = to.opens();
            }
            record
        })
        .collect();
    let left = sealing(&after, now).map(|record| record.name.clone());
    if left.is_none() && !args.force {
        return Err(no(StateError::Last)
            .hint("`waxwing key new` makes another one first")
            .hint("--force does it all the same"));
    }
    let target = found.secret.reference();
    cluster
        .patch(
            &target,
            &to.patch(args.reason.as_deref()),
            &Precondition::default(),
        )
        .await
        .map_err(|error| Failure::new(format!("failed to change {name}")).because(error))?;
    shell.say(format_args!("{name} is {to}"))?;
    let before = current(&keys, now);
    if let Some(left) = left.filter(|left| Some(left) != before.as_ref()) {
        shell.note(format_args!("{left} is sealed for from now on"));
    }
    if to == KeyState::Current && current_after(&after, name, now) {
        shell.note("a newer key is current: retire it, so that this one is sealed for");
    }
    if to == KeyState::Compromised {
        shell.note("what it opened is known to others: change the values themselves");
        shell.note("`waxwing key usage --names` says which they are, `waxwing reencrypt` seals for another key");
    }
    Ok(Exit::Yes)
}

/// Whether another key than the one that was promoted is sealed for.
fn current_after(after: &[KeyRecord], name: &str, now: jiff::Timestamp) -> bool {
    sealing(after, now).is_some_and(|record| record.name != name)
}
