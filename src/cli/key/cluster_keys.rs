//! The key Secrets of a cluster, with what is known of each key.

use std::path::Path;

use jiff::Timestamp;

use crate::{
    api::sealed_secret::KEY_LABEL,
    cli::{Failure, kubeseal::Options},
    cluster::{Cluster, Selector},
    controller::key_secret::{self, KeyOrder},
    object::{Gvk, Object, ObjectRef},
    seal::{KeyRecord, SealingKey, sealing},
};

/// Which cluster, and where in it the keys are.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Cluster")]
pub(super) struct Place {
    /// The cluster; without it KUBECONFIG, the file in the home folder, or the service account of the pod.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<String>,
    /// Context of the kubeconfig.
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// Namespace of the key Secrets, which is that of the controller.
    #[arg(long, value_name = "NAME", default_value = "kube-system")]
    pub(super) key_namespace: String,
    /// What makes one key newer than another, as the controller has it: CertNotBefore or SecretCreationTimestamp.
    #[arg(long, value_name = "ORDER", default_value = "CertNotBefore",
        value_parser = ["CertNotBefore", "SecretCreationTimestamp"])]
    key_order_priority: String,
}

/// One key of a cluster.
pub(super) struct ClusterKey {
    pub(super) secret: Object,
    pub(super) record: KeyRecord,
    /// The key, or why there is none.
    pub(super) key: Result<SealingKey, String>,
}

impl Place {
    /// A client.
    ///
    /// # Errors
    /// The kubeconfig cannot be used.
    pub(super) async fn cluster(&self) -> Result<Cluster, Failure> {
        reached(self.kubeconfig.as_deref(), self.context.as_deref()).await
    }

    /// All keys, newest first.
    ///
    /// # Errors
    /// They cannot be read.
    pub(super) async fn keys(&self, cluster: &Cluster) -> Result<Vec<ClusterKey>, Failure> {
        let order = match self.key_order_priority.as_str() {
            "SecretCreationTimestamp" => KeyOrder::SecretCreationTimestamp,
            _ => KeyOrder::CertNotBefore,
        };
        let secrets = secrets(cluster, &self.key_namespace).await?;
        let mut keys: Vec<ClusterKey> = secrets
            .into_iter()
            .map(|secret| ClusterKey::of(secret, order))
            .collect();
        keys.sort_by(|a, b| {
            b.record
                .ordered_at
                .cmp(&a.record.ordered_at)
                .then_with(|| a.record.name.cmp(&b.record.name))
        });
        Ok(keys)
    }
}

impl ClusterKey {
    fn of(secret: Object, order: KeyOrder) -> Self {
        let (key, not_before) = match key_secret::read(&secret) {
            Ok((key, _)) => {
                let not_before = key.certificate().map(|one| one.facts().not_before);
                (Ok(key), not_before)
            }
            Err(error) => (Err(error.to_string()), None),
        };
        let created = key_secret::created_at(&secret);
        let ordered_at = match order {
            KeyOrder::CertNotBefore => not_before.or(created),
            KeyOrder::SecretCreationTimestamp => created.or(not_before),
        };
        let record = KeyRecord::of(
            &secret,
            ordered_at.unwrap_or(Timestamp::UNIX_EPOCH),
            not_before,
        );
        Self {
            secret,
            record,
            key,
        }
    }

    /// The fingerprint, or `-`.
    pub(super) fn fingerprint(&self) -> String {
        match &self.key {
            Ok(key) => key.fingerprint().to_string(),
            Err(_) => "-".to_owned(),
        }
    }
}

/// The one key that is meant: by the name of its Secret, or by its fingerprint, or by a beginning of that.
///
/// # Errors
/// None or several fit.
pub(super) fn named<'a>(keys: &'a [ClusterKey], word: &str) -> Result<&'a ClusterKey, Failure> {
    if let Some(key) = keys.iter().find(|key| key.record.name == word) {
        return Ok(key);
    }
    let digits = word.strip_prefix("SHA256:").unwrap_or(word);
    let fits = |key: &&ClusterKey| {
        let fingerprint = key.fingerprint();
        let own = fingerprint.strip_prefix("SHA256:").unwrap_or_default();
        digits.len() >= SHORTEST && own.starts_with(digits)
    };
    let found: Vec<&ClusterKey> = keys.iter().filter(fits).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            let names: Vec<_> = keys.iter().map(|key| key.record.name.as_str()).collect();
            Err(Failure::new(format!("there is no key {word}"))
                .hint(format!("there are {}", names.join(", "))))
        }
        several => Err(Failure::new(format!(
            "{} keys begin with {word}",
            several.len()
        ))),
    }
}

/// Characters of a fingerprint that are enough to mean it.
const SHORTEST: usize = 6;

/// The key that is sealed for now.
pub(super) fn current(keys: &[ClusterKey], now: Timestamp) -> Option<String> {
    let records: Vec<KeyRecord> = keys
        .iter()
        .filter(|key| key.key.is_ok())
        .map(|key| key.record.clone())
        .collect();
    sealing(&records, now).map(|record| record.name.clone())
}

/// A client of the cluster that `kubeseal` options name.
///
/// # Errors
/// The kubeconfig cannot be used.
pub(in crate::cli) async fn cluster(options: &Options) -> Result<Cluster, Failure> {
    let some = |text: &'_ String| (!text.is_empty()).then(|| text.clone());
    reached(
        some(&options.cluster.kubeconfig).as_deref(),
        some(&options.cluster.context).as_deref(),
    )
    .await
}

async fn reached(kubeconfig: Option<&str>, context: Option<&str>) -> Result<Cluster, Failure> {
    Cluster::from_kubeconfig(kubeconfig.map(Path::new), context)
        .await
        .map_err(|error| {
            Failure::new("failed to reach the cluster")
                .because(error)
                .hint("--kubeconfig or KUBECONFIG names the file, --context one of its contexts")
        })
}

/// The key Secrets of a namespace: those with the original's label, whatever its value, and the unlabelled one of old.
///
/// # Errors
/// They cannot be read.
pub(in crate::cli) async fn secrets(
    cluster: &Cluster,
    namespace: &str,
) -> Result<Vec<Object>, Failure> {
    let failed = |error| {
        Failure::new(format!("failed to read the key Secrets of {namespace}"))
            .because(error)
            .hint("whoever may read them can open every sealed secret: ask an administrator")
    };
    let gvk = Gvk::new("", "v1", "Secret");
    let labelled = cluster
        .list(&gvk, Some(namespace), &Selector::labels(KEY_LABEL))
        .await
        .map_err(failed)?;
    let mut secrets = labelled.objects;
    let of_old = ObjectRef::new(gvk, Some(namespace), UNLABELLED);
    if !secrets.iter().any(|secret| secret.name() == UNLABELLED)
        && let Some(secret) = cluster.get(&of_old).await.map_err(failed)?
    {
        secrets.push(secret);
    }
    Ok(secrets)
}

/// The one Secret that the original takes for a key without a label.
const UNLABELLED: &str = "sealed-secrets-key";
