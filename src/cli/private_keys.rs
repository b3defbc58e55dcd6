//! The private keys of a run: from files, from an encrypted backup, or from a cluster that lets the caller read them.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    Failure, Shell, block_on,
    key::{cluster_keys, unlock},
    sealing::ControllerArgs,
    whole_file::{MAX_KEY_BYTES, read},
};
use crate::{
    clock::Clock,
    controller::key_secret,
    object::{
        Object,
        yaml::{self, ReadOptions},
    },
    seal::{Certificate, KeyError, KeyRecord, KeyRing, SealingKey, is_locked, sealing},
};

/// Which private keys open.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Private keys")]
pub struct KeyArgs {
    /// File with private keys, repeatable: PEM, Secrets of the controller as YAML or JSON, or a backup of `waxwing key backup`.
    #[arg(long, value_name = "FILE")]
    key: Vec<PathBuf>,
    /// Read the private keys from the cluster, with your own rights there.
    #[arg(long)]
    cluster_keys: bool,
    #[command(flatten)]
    unlock: unlock::UnlockArgs,
}

/// Private keys, and which certificate they would be sealed for.
#[derive(Debug, Default)]
pub(super) struct PrivateKeys {
    /// All of them.
    pub(super) ring: KeyRing,
    /// The certificate of the key that is current among them.
    pub(super) current: Option<Certificate>,
}

impl KeyArgs {
    /// Those of the cluster.
    pub(super) fn of_cluster() -> Self {
        Self {
            cluster_keys: true,
            ..Self::default()
        }
    }

    /// Whether any keys were asked for.
    pub(super) fn is_given(&self) -> bool {
        !self.key.is_empty() || self.cluster_keys
    }

    /// Reads the keys.
    ///
    /// # Errors
    /// A file or the cluster cannot be read, or a file has no private key.
    pub(super) fn read(
        &self,
        controller: &ControllerArgs,
        shell: &mut Shell,
    ) -> Result<PrivateKeys, Failure> {
        let mut found = Found::default();
        for file in &self.key {
            let bytes = read(file, MAX_KEY_BYTES)?;
            let bytes = if is_locked(bytes.expose()) {
                self.unlock.open(bytes.expose(), shell)?
            } else {
                bytes
            };
            found.take(bytes.expose(), file)?;
        }
        if self.cluster_keys {
            let options = controller.options(None)?;
            let secrets = block_on(async {
                let cluster = cluster_keys::cluster(&options).await?;
                cluster_keys::secrets(&cluster, &options.controller_namespace).await
            })??;
            for secret in &secrets {
                match key_secret::read(secret) {
                    Ok((key, _)) => found.add(key, Some(secret)),
                    Err(error) => shell.note(format_args!(
                        "warning: key Secret {} is passed over: {error}",
                        secret.name()
                    )),
                }
            }
        }
        Ok(found.done())
    }
}

#[derive(Default)]
struct Found {
    keys: PrivateKeys,
    records: Vec<(KeyRecord, Option<Certificate>)>,
}

impl Found {
    /// Takes the keys of a file: PEM blocks, or Secrets, also in a `List`.
    fn take(&mut self, bytes: &[u8], file: &Path) -> Result<(), Failure> {
        let within = |error: &dyn std::fmt::Display| {
            Failure::new(format!("{} holds no key that opens", file.display()))
                .because(error.to_string())
        };
        match SealingKey::all_from_pem(bytes) {
            Ok(keys) => {
                keys.into_iter().for_each(|key| self.add(key, None));
                return Ok(());
            }
            Err(KeyError::None) => {}
            Err(error) => return Err(within(&error)),
        }
        let documents =
            yaml::read(bytes, &ReadOptions::default()).map_err(|error| within(&error))?;
        let mut count = 0;
        for secret in documents.into_iter().flat_map(|one| each(one.value)) {
            let secret = Object::from_value(secret).map_err(|error| within(&error))?;
            let (key, _) = key_secret::read(&secret)
                .map_err(|error| within(&format!("Secret {}: {error}", secret.name())))?;
            self.add(key, Some(&secret));
            count += 1;
        }
        if count == 0 {
            return Err(within(&"it is neither PEM nor a Secret of the controller")
                .hint("kubectl get secret -n kube-system -l sealedsecrets.bitnami.com/sealed-secrets-key -o yaml gives one"));
        }
        Ok(())
    }

    fn add(&mut self, key: SealingKey, secret: Option<&Object>) {
        let not_before = key.certificate().map(|one| one.facts().not_before);
        let ordered_at = not_before
            .or_else(|| secret.and_then(key_secret::created_at))
            .unwrap_or(Timestamp::UNIX_EPOCH);
        if let Some(secret) = secret {
            let record = KeyRecord::of(secret, ordered_at, not_before);
            self.records.push((record, key.certificate().cloned()));
        }
        self.keys.ring.insert(key, ordered_at);
    }

    fn done(mut self) -> PrivateKeys {
        let records: Vec<KeyRecord> = self.records.iter().map(|(one, _)| one.clone()).collect();
        let current = sealing(&records, Clock::wall().now());
        self.keys.current = current.and_then(|current| {
            let mut all = self.records.into_iter();
            all.find(|(record, _)| record == current)?.1
        });
        self.keys
    }
}

fn each(mut value: Value) -> Vec<Value> {
    match value.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => items
            .into_iter()
            .map(|mut item| {
                // Items of a typed list come without their kind.
                if let Some(item) = item.as_object_mut() {
                    item.entry("kind").or_insert_with(|| "Secret".into());
                    item.entry("apiVersion").or_insert_with(|| "v1".into());
                }
                item
            })
            .collect(),
        _ => vec![value],
    }
}
