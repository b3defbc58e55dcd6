//! `waxwing key backup`.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::{cluster_keys::Place, unlock::first_line};
use crate::{
    api::sealing_key::BACKED_UP_AT,
    cli::{
        Exit, Failure, Shell, block_on,
        whole_file::{MAX_KEY_BYTES, Readers, put, read_text},
    },
    clock::Clock,
    cluster::Cluster,
    object::{Object, yaml},
    plan::Precondition,
    seal::{Lock, lock, recipients},
    secret::Hidden,
};

/// Write all keys of the cluster to a file that only its recipients, or those who know its passphrase, can open.
///
/// The file is an age file with the key Secrets as YAML: `waxwing key restore` brings them back, and so does
/// `age -d keys.age | kubectl apply -f -`. It is never written plain. Each key notes when it was backed up.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    waxwing key backup -w keys.age --recipient age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n  \
    waxwing key backup -w keys.age --passphrase-file ./passphrase")]
pub(super) struct Args {
    /// The file to write.
    #[arg(short = 'w', long, value_name = "FILE")]
    output_file: PathBuf,
    /// Who can open it (age1…), repeatable.
    #[arg(short, long, value_name = "RECIPIENT")]
    recipient: Vec<String>,
    /// File with recipients, one a line.
    #[arg(short = 'R', long, value_name = "FILE")]
    recipients_file: Vec<PathBuf>,
    /// File with a passphrase on its first line; without it and recipients it is asked for.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["recipient", "recipients_file"])]
    passphrase_file: Option<PathBuf>,
    /// Leave no note on the keys of when they were backed up.
    #[arg(long)]
    no_note: bool,
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let lock = args.lock(shell)?;
    block_on(back_up(args, &lock, shell))?
}

async fn back_up(args: &Args, key: &Lock, shell: &mut Shell) -> Result<Exit, Failure> {
    let cluster = args.place.cluster().await?;
    let secrets = super::cluster_keys::secrets(&cluster, &args.place.key_namespace).await?;
    if secrets.is_empty() {
        return Err(Failure::new(format!(
            "there is no key in namespace {}",
            args.place.key_namespace
        ))
        .hint("--key-namespace names that of the controller"));
    }
    let mut text = Hidden::new(String::new());
    for secret in &secrets {
        let kept = Hidden::new(yaml::write(&kept(secret)));
        text.expose_mut().push_str("---\n");
        text.expose_mut().push_str(kept.expose());
    }
    let bytes = Hidden::new(text.expose().clone().into_bytes());
    let locked = lock(&bytes, key)
        .map_err(|error| Failure::new("failed to lock the keys").because(error))?;
    put(&args.output_file, locked.as_bytes(), Readers::Owner)?;
    if !args.no_note {
        note(&cluster, &secrets).await?;
    }
    shell.say(format_args!(
        "{} keys of namespace {} are in {}",
        secrets.len(),
        args.place.key_namespace,
        shown(&args.output_file)
    ))?;
    shell.note("try it: `waxwing key restore --dry-run` opens it and writes nothing");
    Ok(Exit::Yes)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

impl Args {
    fn lock(&self, shell: &mut Shell) -> Result<Lock, Failure> {
        let mut all = Vec::new();
        let wrong = |error| Failure::new("the backup has no such recipient").because(error);
        for text in &self.recipient {
            all.extend(recipients(text).map_err(wrong)?);
        }
        for file in &self.recipients_file {
            let text = read_text(file, MAX_KEY_BYTES)?;
            all.extend(recipients(&text).map_err(wrong)?);
        }
        if !all.is_empty() {
            return Ok(Lock::Recipients(all));
        }
        if let Some(file) = &self.passphrase_file {
            return Ok(Lock::Passphrase(first_line(file)?, None));
        }
        if !shell.can_ask() {
            return Err(Failure::new("nobody is named who can open the backup")
                .hint("--recipient age1…, --recipients-file FILE or --passphrase-file FILE"));
        }
        let first = shell.ask_hidden("passphrase: ")?;
        let second = shell.ask_hidden("again: ")?;
        if first != second || first.expose().is_empty() {
            return Err(Failure::new("the passphrases are not the same, or empty"));
        }
        Ok(Lock::Passphrase(first, None))
    }
}

/// A key Secret as it is brought back: without what only its server knows.
fn kept(secret: &Object) -> Value {
    let mut metadata = Map::new();
    for field in ["name", "namespace", "labels", "annotations"] {
        if let Some(value) = secret.at(&["metadata", field]) {
            metadata.insert(field.to_owned(), value.clone());
        }
    }
    let mut kept = json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata});
    for field in ["type", "immutable", "data"] {
        if let (Some(value), Some(map)) = (secret.at(&[field]), kept.as_object_mut()) {
            map.insert(field.to_owned(), value.clone());
        }
    }
    kept
}

async fn note(cluster: &Cluster, secrets: &[Object]) -> Result<(), Failure> {
    let now = jiff::fmt::strtime::format("%Y-%m-%dT%H:%M:%SZ", Clock::wall().now())
        .map_err(|error| Failure::new("failed to tell the time").because(error))?;
    let patch = json!({"metadata": {"annotations": {BACKED_UP_AT: now}}});
    for secret in secrets {
        cluster
            .patch(&secret.reference(), &patch, &Precondition::default())
            .await
            .map_err(|error| {
                Failure::new(format!(
                    "the backup is written, but {} could not be noted as backed up",
                    secret.name()
                ))
                .because(error)
                .hint("--no-note does without")
            })?;
    }
    Ok(())
}
