//! `waxwing key show`.

use super::cluster_keys::{Place, current, named};
use crate::{
    cli::{Exit, Failure, Shell},
    clock::Clock,
};

/// Show one key: what is known of it, and its certificate. The private half is never shown.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  waxwing key show sealed-secrets-key8x7wq")]
pub(super) struct Args {
    /// Name of the Secret, or the beginning of the fingerprint.
    key: String,
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let cluster = args.place.cluster().await?;
    let keys = args.place.keys(&cluster).await?;
    let now = Clock::wall().now();
    let found = named(&keys, &args.key)?;
    let current = current(&keys, now);
    let say =
        |at: Option<jiff::Timestamp>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    shell.say(format_args!("Name:         {}", found.record.name))?;
    shell.say(format_args!("Namespace:    {}", args.place.key_namespace))?;
    let state = super::list::state(found, current.as_deref(), now);
    shell.say(format_args!("State:        {state}"))?;
    if let Some(at) = found.record.current_from {
        shell.say(format_args!("Current from: {at}"))?;
    }
    shell.say(format_args!(
        "Backed up:    {}",
        say(found.record.backed_up_at)
    ))?;
    match &found.key {
        Err(fault) => shell.say(format_args!("Fault:        {fault}"))?,
        Ok(key) => {
            shell.say(format_args!("Fingerprint:  {}", key.fingerprint()))?;
            shell.say(format_args!("Bits:         {}", key.bits()))?;
            match key.certificate() {
                None => shell.say("Certificate:  none that fits the key")?,
                Some(certificate) => {
                    let facts = certificate.facts();
                    shell.say(format_args!(
                        "Valid:        {} to {}",
                        facts.not_before, facts.not_after
                    ))?;
                    shell.say(certificate.pem().trim_end())?;
                }
            }
        }
    }
    Ok(Exit::Yes)
}
