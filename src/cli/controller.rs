//! `waxwing controller`: the controllers of a cluster, with the flags of the originals.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use clap::ArgAction;
use jiff::SignedDuration;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use super::{
    Env, Exit, Failure, Shell, block_on,
    controllers::{GitArgs, GitSettings, PartArgs},
    election::ElectionArgs,
    go_value, log,
};
use crate::{
    clock::Clock,
    cluster::Cluster,
    controller::{
        Part, Settings as ControllerSettings, Together,
        application::Applier,
        key_secret::{KeyOrder, KeySettings},
        lease::{self, Election, Shards},
        listen, sealed_secret,
        serve::{ServeSettings, metrics_router},
    },
    seal::{DeprecatedData, decide},
    web::Web,
};

/// Where the original lives, and where an unmodified kubeseal looks for it.
const NAMESPACE: &str = "kube-system";

/// The order of keys unless another is chosen; an unknown word means the same, as for the original.
const CERT_NOT_BEFORE: &str = "CertNotBefore";
/// The other order of keys.
const SECRET_CREATION: &str = "SecretCreationTimestamp";

/// The longest beginning of the names of key Secrets.
const MAX_PREFIX: usize = 245;

/// Open the SealedSecrets of a cluster, apply Git to it, and roll out.
///
/// Flags of SealedSecrets and variables are those of the sealed-secrets controller; every flag can be given as a variable
/// SEALED_SECRETS_NAME_OF_THE_FLAG. SIGUSR1 makes a new sealing key at once.
#[derive(Debug, clap::Args)]
#[command(
    disable_version_flag = true,
    after_help = "Example:\n  waxwing controller --kubeconfig sandbox.yaml --listen-addr 127.0.0.1:8080"
)]
pub struct Args {
    /// The cluster; without it KUBECONFIG, the file in the home folder, or the service account of the pod.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig.
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// Namespace of this controller; without it POD_NAMESPACE, that of the service account, or kube-system.
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// Namespace of the sealing keys, if it is another one.
    #[arg(long, value_name = "NAME")]
    key_namespace: Option<String>,
    #[command(flatten)]
    parts: PartArgs,
    #[command(flatten)]
    git: GitArgs,
    #[command(flatten)]
    election: ElectionArgs,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    work: WorkArgs,
    #[command(flatten)]
    serve: ServeArgs,
    #[command(flatten)]
    log: log::LogArgs,
    /// Print the version and end.
    #[arg(long)]
    version: bool,
    #[command(flatten)]
    idle: IdleArgs,
}

/// Flags of the sealing keys.
#[derive(Debug, clap::Args)]
struct KeyArgs {
    /// Beginning of the names of key Secrets.
    #[arg(
        long,
        env = "SEALED_SECRETS_KEY_PREFIX",
        default_value = "sealed-secrets-key"
    )]
    key_prefix: String,
    /// Bits of a new key.
    #[arg(long, env = "SEALED_SECRETS_KEY_SIZE", default_value_t = 4096)]
    key_size: usize,
    /// Validity of the certificate of a new key.
    #[arg(long, env = "SEALED_SECRETS_KEY_TTL", default_value = "87600h", value_parser = go_value::positive_duration)]
    key_ttl: SignedDuration,
    /// Common name in the certificate of a new key.
    #[arg(long, env = "SEALED_SECRETS_MY_CN", default_value = "")]
    my_cn: String,
    /// Age of the current key at which a new one is made; 0 for never.
    #[arg(long, env = "SEALED_SECRETS_KEY_RENEW_PERIOD", visible_alias = "rotate-period", default_value = "720h", value_parser = go_value::positive_duration)]
    key_renew_period: SignedDuration,
    /// How long a new key only opens before secrets are sealed for it, so that it can be backed up first; a key without
    /// company does not wait.
    #[arg(long, env = "SEALED_SECRETS_KEY_GRACE_PERIOD", default_value = "0", value_parser = go_value::positive_duration)]
    key_grace_period: SignedDuration,
    /// Wait for a first key, restored or brought along, instead of making one.
    #[arg(long, env = "SEALED_SECRETS_WAIT_FOR_FIRST_KEY", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set, value_parser = go_value::boolean)]
    wait_for_first_key: bool,
    /// What makes one key newer than another: CertNotBefore or SecretCreationTimestamp.
    #[arg(
        long,
        env = "SEALED_SECRETS_KEY_ORDER_PRIORITY",
        default_value = CERT_NOT_BEFORE
    )]
    key_order_priority: String,
    /// A current key older than this is renewed at once; as `date -R` prints it.
    #[arg(long, env = "SEALED_SECRETS_KEY_CUTOFF_TIME", value_name = "TIME")]
    key_cutoff_time: Option<String>,
    /// Annotations of new key Secrets: a=b,c=d.
    #[arg(
        long,
        env = "SEALED_SECRETS_PRIVATEKEY_ANNOTATIONS",
        default_value = ""
    )]
    privatekey_annotations: String,
    /// Labels of new key Secrets: a=b,c=d.
    #[arg(long, env = "SEALED_SECRETS_PRIVATEKEY_LABELS", default_value = "")]
    privatekey_labels: String,
}

/// Flags of the SealedSecrets.
#[derive(Debug, clap::Args)]
struct WorkArgs {
    /// Open the deprecated form, one ciphertext for all.
    #[arg(long, env = "SEALED_SECRETS_ACCEPT_DEPRECATED_V1_DATA", default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set, value_parser = go_value::boolean)]
    accept_deprecated_v1_data: bool,
    /// Open in all namespaces; false for the own one only.
    #[arg(long, env = "SEALED_SECRETS_ALL_NAMESPACES", default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set, value_parser = go_value::boolean)]
    all_namespaces: bool,
    /// Open in the own namespace and in these, whatever --all-namespaces says: a,b.
    #[arg(long, env = "SEALED_SECRETS_ADDITIONAL_NAMESPACES", default_value = "")]
    additional_namespaces: String,
    /// Only SealedSecrets and Secrets with these labels.
    #[arg(long, env = "SEALED_SECRETS_LABEL_SELECTOR", default_value = "")]
    label_selector: String,
    /// Delete the Secret with its SealedSecret, whoever owns it.
    #[arg(long, env = "SEALED_SECRETS_OLD_GC_BEHAVIOR", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set, value_parser = go_value::boolean)]
    old_gc_behavior: bool,
    /// Write the status of SealedSecrets.
    #[arg(long, env = "SEALED_SECRETS_UPDATE_STATUS", default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set, value_parser = go_value::boolean)]
    update_status: bool,
    /// Do not watch Secrets: no drift is corrected, none is made again.
    #[arg(long, env = "SEALED_SECRETS_SKIP_RECREATE", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set, value_parser = go_value::boolean)]
    skip_recreate: bool,
}

/// Flags of the HTTP answers.
#[derive(Debug, clap::Args)]
struct ServeArgs {
    /// Requests a second and peer to verify and rotate; 0 for no limit.
    #[arg(long, env = "SEALED_SECRETS_RATE_LIMIT", default_value_t = 2)]
    rate_limit: u32,
    /// How many more at once.
    #[arg(long, env = "SEALED_SECRETS_RATE_LIMIT_BURST", default_value_t = 2)]
    rate_limit_burst: u32,
    /// Where certificate, verify, rotate and health are served.
    #[arg(long, env = "SEALED_SECRETS_LISTEN_ADDR", default_value = ":8080", value_parser = go_value::address)]
    listen_addr: (String, u16),
    /// Where metrics are served.
    #[arg(long, env = "SEALED_SECRETS_LISTEN_METRICS_ADDR", default_value = ":8081", value_parser = go_value::address)]
    listen_metrics_addr: (String, u16),
    /// How long a request may take to arrive.
    #[arg(long, env = "SEALED_SECRETS_READ_TIMEOUT", default_value = "2m", value_parser = go_value::positive_duration)]
    read_timeout: SignedDuration,
    /// Leave condition_info out of the metrics, for it names secrets.
    #[arg(long, env = "SEALED_SECRETS_METRICS_OMIT_SECRET_LABELS", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set, value_parser = go_value::boolean)]
    metrics_omit_secret_labels: bool,
}

/// Flags that are taken so that manifests of the original start, and that have nothing to change here.
#[derive(Debug, clap::Args)]
struct IdleArgs {
    /// Key Secrets are always watched.
    #[arg(long, hide = true, env = "SEALED_SECRETS_WATCH_FOR_SECRETS", default_missing_value = "true", num_args = 0..=1, require_equals = true)]
    watch_for_secrets: Option<String>,
    /// What failed is tried again for ever, with a growing delay.
    #[arg(
        long,
        hide = true,
        env = "SEALED_SECRETS_MAX_UNSEAL_RETRIES",
        allow_hyphen_values = true
    )]
    max_unseal_retries: Option<String>,
    /// The API server itself says when it has too much to do.
    #[arg(
        long,
        hide = true,
        env = "SEALED_SECRETS_KUBECLIENT_QPS",
        allow_hyphen_values = true
    )]
    kubeclient_qps: Option<String>,
    /// As --kubeclient-qps.
    #[arg(
        long,
        hide = true,
        env = "SEALED_SECRETS_KUBECLIENT_BURST",
        allow_hyphen_values = true
    )]
    kubeclient_burst: Option<String>,
    /// Answers are small.
    #[arg(long, hide = true, env = "SEALED_SECRETS_WRITE_TIMEOUT")]
    write_timeout: Option<String>,
}

/// What `waxwing controller` is to do.
#[derive(Debug)]
pub struct Settings {
    is_version_asked: bool,
    kubeconfig: Option<PathBuf>,
    context: Option<String>,
    /// The own namespace, where flags or environment say it.
    namespace: Option<String>,
    key_namespace: Option<String>,
    only_own: bool,
    additional: Vec<String>,
    parts: BTreeSet<Part>,
    git: GitSettings,
    election: Option<lease::Settings>,
    shards: u16,
    unknown_order: Option<String>,
    controller: ControllerSettings,
    listen: (String, u16),
    listen_metrics: (String, u16),
    log: log::Settings,
}

impl Args {
    /// From what was typed to what was meant.
    ///
    /// # Errors
    /// [`Failure`] names the flag that cannot be followed.
    pub fn resolve(self, env: &Env) -> Result<Settings, Failure> {
        let Self {
            keys, work, serve, ..
        } = self;
        let flag = |name: &str| {
            let name = name.to_owned();
            move |why: String| Failure::new(format!("--{name} cannot be followed")).because(why)
        };
        let order = Some(keys.key_order_priority.clone());
        let unknown_order =
            order.filter(|order| ![CERT_NOT_BEFORE, SECRET_CREATION].contains(&order.as_str()));
        let cutoff = keys.key_cutoff_time.as_deref().unwrap_or_default();
        let deprecated = if work.accept_deprecated_v1_data {
            DeprecatedData::Accept
        } else {
            DeprecatedData::Refuse
        };
        let controller = ControllerSettings {
            namespaces: None,
            keys: KeySettings {
                namespace: String::new(),
                prefix: checked_prefix(keys.key_prefix).map_err(flag("key-prefix"))?,
                bits: checked_bits(keys.key_size).map_err(flag("key-size"))?,
                ttl: keys.key_ttl,
                common_name: keys.my_cn,
                renew_period: Some(keys.key_renew_period).filter(|period| !period.is_zero()),
                grace: keys.key_grace_period,
                waits_for_first: keys.wait_for_first_key,
                order: match keys.key_order_priority.as_str() {
                    SECRET_CREATION => KeyOrder::SecretCreationTimestamp,
                    _ => KeyOrder::CertNotBefore,
                },
                cutoff: go_value::instant(cutoff).map_err(flag("key-cutoff-time"))?,
                labels: go_value::pairs(&keys.privatekey_labels)
                    .map_err(flag("privatekey-labels"))?,
                annotations: go_value::pairs(&keys.privatekey_annotations)
                    .map_err(flag("privatekey-annotations"))?,
            },
            sealed: sealed_secret::Settings {
                labels: work.label_selector,
                decide: decide::Settings {
                    update_status: work.update_status,
                    watches_secrets: !work.skip_recreate,
                    deprecated,
                },
                old_gc_behavior: work.old_gc_behavior,
                ..sealed_secret::Settings::default()
            },
            serve: ServeSettings {
                rate_limit: serve.rate_limit,
                rate_limit_burst: serve.rate_limit_burst,
                read_timeout: serve.read_timeout.try_into().unwrap_or(Duration::MAX),
                deprecated,
            },
            omit_conditions: serve.metrics_omit_secret_labels,
        };
        let shards = self.election.shards;
        let election = self.election.resolve(env, &self.parts.controllers)?;
        let names = work.additional_namespaces.split(',').map(str::trim);
        Ok(Settings {
            is_version_asked: self.version,
            kubeconfig: self.kubeconfig,
            context: self.context,
            namespace: self
                .namespace
                .or_else(|| env.get("POD_NAMESPACE").map(str::to_owned)),
            key_namespace: self.key_namespace,
            only_own: !work.all_namespaces,
            additional: names.filter(|n| !n.is_empty()).map(str::to_owned).collect(),
            parts: self.parts.controllers.into_iter().collect(),
            git: self.git.resolve(true),
            election,
            shards,
            unknown_order,
            controller,
            listen: serve.listen_addr,
            listen_metrics: serve.listen_metrics_addr,
            log: self.log.resolve(env),
        })
    }
}

fn checked_prefix(prefix: String) -> Result<String, String> {
    let fits =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if prefix.is_empty() || prefix.len() > MAX_PREFIX || !prefix.chars().all(fits) {
        return Err(format!(
            "it must be at most {MAX_PREFIX} letters of a-z, 0-9 and -"
        ));
    }
    Ok(prefix)
}

fn checked_bits(bits: usize) -> Result<usize, String> {
    match bits {
        2048 | 3072 | 4096 | 8192 => Ok(bits),
        _ => Err("keys of 2048, 3072, 4096 and 8192 bits can be made".to_owned()),
    }
}

/// Runs until it is told to stop.
///
/// # Errors
/// There is no way to the cluster, or a port is taken.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    if settings.is_version_asked {
        shell.say(format_args!(
            "controller version: {}",
            env!("CARGO_PKG_VERSION")
        ))?;
        return Ok(Exit::Yes);
    }
    settings.log.start();
    block_on(run_until_told(settings))?
}

async fn run_until_told(mut settings: Settings) -> Result<Exit, Failure> {
    let no_signals = |error| Failure::new("failed to listen for signals").because(error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut renew = signal(SignalKind::user_defined1()).map_err(no_signals)?;
    let clock = Clock::wall();
    let from = settings.kubeconfig.as_deref();
    let cluster = Cluster::from_kubeconfig(from, settings.context.as_deref())
        .await
        .map_err(|error| {
            Failure::new("failed to reach a cluster")
                .because(error)
                .hint("name a kubeconfig with --kubeconfig, or run in a pod")
        })?;
    let own = settings.own_namespace(&cluster);
    settings.place(&own);
    let count = settings.shards;
    let (shared, elected) = match settings.election {
        Some(lease) if count > 1 => (Some(lease), None),
        lease => (None, lease),
    };
    let shards = shared.map(|lease| Shards::new(&cluster, &clock, &lease, count));
    let election = elected.map(|settings| Election::new(&cluster, &clock, settings));
    let cluster = match &election {
        Some(election) => cluster.behind(election.gate()),
        None => cluster,
    };
    let handle = settings.controller.handle(&clock);
    let answers = bind(&settings.listen, "--listen-addr").await?;
    let figures = bind(&settings.listen_metrics, "--listen-metrics-addr").await?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        namespace = own,
        "controller starts"
    );
    if let Some(order) = &settings.unknown_order {
        tracing::error!(
            order,
            "unknown --key-order-priority, takes {CERT_NOT_BEFORE}"
        );
    }
    let (stop, stopped) = watch::channel(false);
    let timeout = settings.controller.serve.read_timeout;
    let repositories = settings.git.open()?;
    let applications = settings.git.applications.clone();
    let together = Together {
        parts: settings.parts,
        sealing: settings.controller,
        handle: handle.clone(),
        applier: Applier::new(&cluster, &clock, &repositories.git, applications),
        web: Web::new().ok(),
        election,
        shards,
    };
    let router = together.router();
    let metrics = metrics_router(handle.clone());
    let work = async {
        let (run, (), ()) = tokio::join!(
            together.run(&cluster, &clock, stopped.clone()),
            listen(answers, router, timeout, stopped.clone()),
            listen(figures, metrics, timeout, stopped.clone()),
        );
        run
    };
    let mut work = std::pin::pin!(work);
    let outcome = loop {
        tokio::select! {
            outcome = &mut work => break outcome,
            _ = interrupt.recv() => drop(stop.send(true)),
            _ = terminate.recv() => drop(stop.send(true)),
            _ = renew.recv() => handle.renew_key(),
        }
    };
    outcome.map_err(|error| Failure::new("the controller stopped").because(error))?;
    tracing::info!("controller stopped");
    Ok(Exit::Yes)
}

impl Settings {
    fn own_namespace(&self, cluster: &Cluster) -> String {
        let in_pod = self.kubeconfig.is_none() && self.context.is_none();
        let of_pod = cluster.default_namespace();
        match &self.namespace {
            Some(namespace) => namespace.clone(),
            None if in_pod && of_pod != "default" => of_pod.to_owned(),
            None => NAMESPACE.to_owned(),
        }
    }

    /// Fills in what depends on the own namespace.
    fn place(&mut self, own: &str) {
        let keys = self.key_namespace.take();
        self.controller.keys.namespace = keys.unwrap_or_else(|| own.to_owned());
        if let Some(election) = &mut self.election
            && election.namespace.is_empty()
        {
            own.clone_into(&mut election.namespace);
        }
        if self.only_own || !self.additional.is_empty() {
            let mut names = std::mem::take(&mut self.additional);
            names.push(own.to_owned());
            names.sort();
            names.dedup();
            self.controller.namespaces = Some(names);
        }
    }
}

async fn bind((host, port): &(String, u16), flag: &str) -> Result<TcpListener, Failure> {
    let bound = match host.as_str() {
        "" => match TcpListener::bind(("::", *port)).await {
            Ok(listener) => Ok(listener),
            Err(_) => TcpListener::bind(("0.0.0.0", *port)).await,
        },
        host => TcpListener::bind((host, *port)).await,
    };
    bound.map_err(|error| {
        Failure::new(format!("failed to listen on {host}:{port}"))
            .because(error)
            .hint(format!("choose another address with {flag}"))
    })
}

#[cfg(test)]
mod tests;
