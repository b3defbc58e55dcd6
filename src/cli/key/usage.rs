//! `waxwing key usage`: which key opens how much.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{cluster_keys::ClusterKey, list::table};
use crate::{
    api::sealed_secret::{GROUP, KIND, SealedSecret, VERSION},
    cli::{
        Exit, Failure, Shell, block_on, private_keys::KeyArgs, seal::SealedFile,
        sealing::ControllerArgs, tree, work,
    },
    cluster::{Cluster, Selector},
    object::Gvk,
    seal::{Binding, KeyRing},
};

/// Count what each key opens: over all SealedSecrets of the cluster, or of files and folders.
///
/// A key that opens nothing any more can be taken out of use without loss. Exit code 1 when something opens with none
/// of the keys.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    waxwing key usage\n  \
    waxwing key usage clusters/ --key backup.age --identity id.txt")]
pub(super) struct Args {
    /// Files and folders instead of the cluster's SealedSecrets.
    paths: Vec<PathBuf>,
    /// Name what each key opens.
    #[arg(long)]
    names: bool,
    /// text or json.
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"])]
    output: String,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    controller: ControllerArgs,
}

/// What one key opens.
#[derive(Clone, Debug, Default)]
pub(super) struct Of {
    /// SealedSecrets with an item of it.
    pub(super) secrets: usize,
    /// Items.
    pub(super) items: usize,
    names: BTreeSet<String>,
}

/// What all keys open.
#[derive(Clone, Debug, Default)]
pub(super) struct Usage {
    by_key: BTreeMap<String, Of>,
    /// Items that open with none of the keys.
    pub(super) unopened: usize,
    names: BTreeSet<String>,
}

impl Usage {
    /// Of one key.
    pub(super) fn of(&self, fingerprint: &str) -> Of {
        self.by_key.get(fingerprint).cloned().unwrap_or_default()
    }

    fn add(&mut self, other: Self) {
        for (key, of) in other.by_key {
            let sum = self.by_key.entry(key).or_default();
            sum.secrets += of.secrets;
            sum.items += of.items;
            sum.names.extend(of.names);
        }
        self.unopened += other.unopened;
        self.names.extend(other.names);
    }
}

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let keys = if args.keys.is_given() {
        args.keys.read(&args.controller, shell)?.ring
    } else {
        KeyArgs::of_cluster().read(&args.controller, shell)?.ring
    };
    let sealed = if args.paths.is_empty() {
        block_on(async {
            let options = args.controller.options(None)?;
            let cluster = super::cluster_keys::cluster(&options).await?;
            all_of(&cluster).await
        })??
    } else {
        let mut sealed = Vec::new();
        for path in tree::sealed_files(&args.paths, &[])? {
            sealed.extend(
                SealedFile::read(&path)?
                    .all
                    .into_iter()
                    .map(|one| one.sealed),
            );
        }
        sealed
    };
    let usage = counted(&sealed, &keys);
    tell(args, &usage, &keys, shell)
}

/// The usage of a cluster's keys over its SealedSecrets.
///
/// # Errors
/// They cannot be read.
pub(super) async fn of_cluster(cluster: &Cluster, keys: &[ClusterKey]) -> Result<Usage, Failure> {
    let mut ring = KeyRing::new();
    for key in keys {
        let pem = key.key.as_ref().ok().and_then(|key| key.to_pem().ok());
        let key =
            pem.and_then(|pem| crate::seal::SealingKey::from_pem(pem.expose().as_bytes()).ok());
        if let Some(key) = key {
            ring.insert(key, Timestamp::UNIX_EPOCH);
        }
    }
    Ok(counted(&all_of(cluster).await?, &ring))
}

async fn all_of(cluster: &Cluster) -> Result<Vec<SealedSecret>, Failure> {
    let gvk = Gvk::new(GROUP, VERSION, KIND);
    let listed = cluster
        .list(&gvk, None, &Selector::default())
        .await
        .map_err(|error| Failure::new("failed to list the SealedSecrets").because(error))?;
    listed
        .objects
        .into_iter()
        .map(|object| {
            let name = object.name().to_owned();
            SealedSecret::from_any(object.into_value())
                .map_err(|error| Failure::new(format!("SealedSecret {name}")).because(error))
        })
        .collect()
}

/// Opens everything once, on all cores.
fn counted(sealed: &[SealedSecret], keys: &KeyRing) -> Usage {
    let mut all = Usage::default();
    for usage in work::each(sealed, || |one: &SealedSecret| of_one(one, keys)) {
        all.add(usage);
    }
    all
}

fn of_one(sealed: &SealedSecret, keys: &KeyRing) -> Usage {
    let binding = Binding::of(&sealed.metadata);
    let name = format!("{}/{}", sealed.metadata.namespace(), sealed.metadata.name());
    let mut usage = Usage::default();
    let items = sealed.spec.encrypted_data.values();
    let mut likely = None;
    for item in items.chain(&sealed.spec.data) {
        match binding.open_first_with(item, keys, likely) {
            Ok(opened) => {
                likely = Some(opened.key);
                let of = usage.by_key.entry(opened.key.to_string()).or_default();
                of.secrets = 1;
                of.items += 1;
                of.names.insert(name.clone());
            }
            Err(_) => {
                usage.unopened += 1;
                usage.names.insert(name.clone());
            }
        }
    }
    usage
}

fn tell(args: &Args, usage: &Usage, keys: &KeyRing, shell: &mut Shell) -> Result<Exit, Failure> {
    let fingerprints: Vec<String> = keys
        .keys()
        .map(|(key, _)| key.fingerprint().to_string())
        .collect();
    if args.output == "json" {
        let all: Vec<Value> = fingerprints
            .iter()
            .map(|key| {
                let of = usage.of(key);
                json!({"fingerprint": key, "secrets": of.secrets, "items": of.items, "names": of.names})
            })
            .collect();
        let told =
            json!({"keys": all, "unopened": {"items": usage.unopened, "names": usage.names}});
        shell.say(serde_json::to_string_pretty(&told).unwrap_or_default())?;
    } else {
        let header = ["FINGERPRINT", "SECRETS", "ITEMS"];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        for key in &fingerprints {
            let of = usage.of(key);
            rows.push(vec![
                key.clone(),
                of.secrets.to_string(),
                of.items.to_string(),
            ]);
        }
        shell.say(table(&rows))?;
        if args.names {
            for key in &fingerprints {
                for name in usage.of(key).names {
                    shell.say(format_args!("{key} opens {name}"))?;
                }
            }
        }
    }
    if usage.unopened > 0 {
        let names: Vec<&str> = usage.names.iter().map(String::as_str).collect();
        shell.note(format_args!(
            "warning: {} items open with none of these keys: {}",
            usage.unopened,
            names.join(", ")
        ));
        return Ok(Exit::No);
    }
    Ok(Exit::Yes)
}
