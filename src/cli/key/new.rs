//! `waxwing key new`.

use jiff::{SignedDuration, Timestamp};

use super::cluster_keys::Place;
use crate::{
    api::sealing_key::{CURRENT_FROM, KEY_STATE},
    cli::{Exit, Failure, Shell},
    clock::Clock,
    controller::key_secret::{self, KeySettings},
    seal::{KeyState, SealingKey},
};

/// Make a new key in the cluster, current at once, after a grace time, or when it is promoted.
///
/// A Waxwing controller takes it up at once; the original needs a restart, and knows nothing of staged keys.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    waxwing key new\n  \
    waxwing key new --staged && waxwing key backup -w keys.age --recipient age1… && waxwing key promote NAME")]
pub(super) struct Args {
    /// Stage it: it opens, and is not sealed for until `waxwing key promote`.
    #[arg(long, conflicts_with = "grace")]
    staged: bool,
    /// Stage it for so long, such as 24h, then it is current by itself; time to back it up.
    #[arg(long, value_name = "DURATION")]
    grace: Option<SignedDuration>,
    /// RSA bits.
    #[arg(long, value_name = "BITS", default_value_t = KeySettings::default().bits)]
    size: usize,
    /// How long its certificate is valid.
    #[arg(long, value_name = "DURATION", default_value = "87600h")]
    ttl: SignedDuration,
    /// Common name of the certificate.
    #[arg(long, value_name = "NAME", default_value = "")]
    cn: String,
    /// Beginning of the name of its Secret.
    #[arg(long, value_name = "NAME", default_value_t = KeySettings::default().prefix)]
    key_prefix: String,
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let cluster = args.place.cluster().await?;
    let now = Clock::wall().now();
    let until = now.checked_add(args.ttl).unwrap_or(Timestamp::MAX);
    let (bits, name) = (args.size, args.cn.clone());
    let key = tokio::task::spawn_blocking(move || SealingKey::generate(bits, &name, now, until))
        .await
        .map_err(|error| Failure::new("failed to make a key").because(error))?
        .map_err(|error| Failure::new("failed to make a key").because(error))?;
    let settings = KeySettings {
        namespace: args.place.key_namespace.clone(),
        prefix: args.key_prefix.clone(),
        ..KeySettings::default()
    };
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new("failed to store the key").because(error.to_string())
    };
    let mut secret = key_secret::write(&key, &settings).map_err(|error| failed(&error))?;
    let state = if args.staged || args.grace.is_some() {
        KeyState::Staged
    } else {
        KeyState::Current
    };
    secret.set(&["metadata", "labels", KEY_STATE], state.to_string().into());
    let from = args.grace.and_then(|grace| now.checked_add(grace).ok());
    if let Some(from) = from {
        let from = jiff::fmt::strtime::format("%Y-%m-%dT%H:%M:%SZ", from)
            .map_err(|error| failed(&error))?;
        secret.set(&["metadata", "annotations", CURRENT_FROM], from.into());
    }
    let made = cluster
        .create(&secret)
        .await
        .map_err(|error| failed(&error))?;
    shell.say(format_args!(
        "{} {state} {}",
        made.name(),
        key.fingerprint()
    ))?;
    let name = made.name();
    if args.staged {
        shell.note(format_args!(
            "back it up, then `waxwing key promote {name}` makes it current"
        ));
    } else if let Some(from) = from {
        shell.note(format_args!("it is current from {from}; back it up before"));
    } else {
        shell.note("back it up: `waxwing key backup`");
    }
    Ok(Exit::Yes)
}
