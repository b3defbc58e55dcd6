//! `waxwing key restore`.

use std::{collections::BTreeSet, path::PathBuf};

use super::{
    cluster_keys::{ClusterKey, Place},
    unlock::UnlockArgs,
};
use crate::{
    cli::{
        Exit, Failure, Shell, block_on,
        whole_file::{MAX_KEY_BYTES, read},
    },
    controller::key_secret,
    object::{
        Object,
        yaml::{self, ReadOptions},
    },
    seal::is_locked,
};

/// Bring keys back from a backup. Keys that are there already stay as they are; nothing is ever taken away.
///
/// A Waxwing controller takes the keys up at once; the original needs a restart.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    waxwing key restore keys.age --identity id.txt --dry-run\n  \
    waxwing key restore keys.age --identity id.txt")]
pub(super) struct Args {
    /// The backup.
    file: PathBuf,
    /// Open the backup and say what would be done; write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    unlock: UnlockArgs,
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let file = read(&args.file, MAX_KEY_BYTES)?;
    let bytes = if is_locked(file.expose()) {
        args.unlock.open(file.expose(), shell)?
    } else {
        file
    };
    let secrets = keys_of(bytes.expose(), args)?;
    block_on(restore(args, secrets, shell))?
}

/// The key Secrets of a backup, each with a key that opens, for the namespace that is meant.
fn keys_of(bytes: &[u8], args: &Args) -> Result<Vec<Object>, Failure> {
    let shown = args.file.display();
    let wrong = |why: String| Failure::new(format!("{shown} is no backup of keys")).because(why);
    let documents =
        yaml::read(bytes, &ReadOptions::default()).map_err(|error| wrong(error.to_string()))?;
    let mut secrets = Vec::new();
    for document in documents {
        let values = match document
            .value
            .get("items")
            .and_then(|items| items.as_array())
        {
            Some(items) => items.clone(),
            None => vec![document.value],
        };
        for value in values {
            let mut secret = Object::from_value(value).map_err(|error| wrong(error.to_string()))?;
            key_secret::read(&secret)
                .map_err(|error| wrong(format!("Secret {}: {error}", secret.name())))?;
            for field in [
                "uid",
                "resourceVersion",
                "creationTimestamp",
                "managedFields",
                "ownerReferences",
            ] {
                secret.remove(&["metadata", field]);
            }
            secret.set(
                &["metadata", "namespace"],
                args.place.key_namespace.as_str().into(),
            );
            secrets.push(secret);
        }
    }
    if secrets.is_empty() {
        return Err(wrong("it holds no Secret".to_owned()));
    }
    Ok(secrets)
}

async fn restore(args: &Args, secrets: Vec<Object>, shell: &mut Shell) -> Result<Exit, Failure> {
    let cluster = args.place.cluster().await?;
    let there = args.place.keys(&cluster).await?;
    let known: BTreeSet<String> = there.iter().map(ClusterKey::fingerprint).collect();
    let (mut brought, mut kept) = (0, 0);
    for secret in secrets {
        let name = secret.name().to_owned();
        let fingerprint = key_secret::read(&secret)
            .map(|(key, _)| key.fingerprint().to_string())
            .unwrap_or_default();
        if known.contains(&fingerprint) {
            shell.say(format_args!("{name} {fingerprint} is there already"))?;
            kept += 1;
            continue;
        }
        let taken = there.iter().any(|key| key.record.name == name);
        let mut secret = secret;
        if taken {
            // The name belongs to another key: the server makes a new one.
            secret.remove(&["metadata", "name"]);
            secret.set(&["metadata", "generateName"], format!("{name}-").into());
        }
        let made = if args.dry_run {
            name
        } else {
            let made = cluster.create(&secret).await.map_err(|error| {
                Failure::new(format!("failed to bring {name} back")).because(error)
            })?;
            made.name().to_owned()
        };
        shell.say(format_args!("{made} {fingerprint} restored"))?;
        brought += 1;
    }
    let rest = if args.dry_run {
        "; nothing was written"
    } else {
        ""
    };
    shell.say(format_args!(
        "{brought} keys restored, {kept} were there already{rest}"
    ))?;
    Ok(Exit::Yes)
}
