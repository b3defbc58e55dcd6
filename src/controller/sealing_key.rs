//! The loop of the sealing keys: loads them, follows their changes, makes the first one and renews.

use std::{
    collections::BTreeMap,
    future::{self, Future},
    sync::Arc,
};

use futures::{Stream, StreamExt, stream, stream::BoxStream};
use jiff::{SignedDuration, Timestamp};
use kube::runtime::{WatchStreamExt, watcher::Event as WatchEvent};
use tokio::{
    sync::{Notify, watch},
    task::spawn_blocking,
};

use super::{
    key_secret::{self, KeyOrder, KeySettings},
    keys::Keys,
    metrics::Metrics,
};
use crate::{
    api::{
        certificate::Fingerprint,
        sealed_secret::{KEY_LABEL, KEY_LABEL_ACTIVE},
    },
    clock::Clock,
    cluster::{Cluster, ClusterError, LiveEvent, Watch},
    object::{Gvk, Object},
    plan::{Event, EventSeverity},
    seal::{Certificate, KeyError, SealingKey},
};

/// Reason of the event of a key Secret that cannot be used.
pub const SEALING_KEY_INVALID: &str = "SealingKeyInvalid";

/// How long after a failure to make or store a key it is tried again.
const RETRY: SignedDuration = SignedDuration::from_secs(10);

/// Which watch a key Secret was seen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Labelled,
    Named,
}

/// The loop of the sealing keys of one namespace.
pub struct SealingKeys {
    cluster: Cluster,
    clock: Clock,
    keys: Keys,
    metrics: Metrics,
    settings: KeySettings,
    seen: BTreeMap<(Source, String), Seen>,
    listing: BTreeMap<Source, Listing>,
}

/// A key Secret that was seen: of which version, and with which key, if it holds one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    version: String,
    key: Option<Fingerprint>,
}

/// How far a watch has come with its list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Listing {
    names: Vec<String>,
    complete: bool,
}

impl SealingKeys {
    /// A loop that fills a ring.
    pub fn new(
        cluster: &Cluster,
        clock: &Clock,
        keys: &Keys,
        metrics: &Metrics,
        settings: KeySettings,
    ) -> Self {
        Self {
            cluster: cluster.clone(),
            clock: clock.clone(),
            keys: keys.clone(),
            metrics: metrics.clone(),
            settings,
            seen: BTreeMap::new(),
            listing: BTreeMap::new(),
        }
    }

    /// Runs until dropped; each notice makes a new key at once. Keys are followed always, and made only by who leads.
    ///
    /// # Errors
    /// [`ClusterError::UnknownKind`], which the table of kinds rules out.
    pub async fn run(
        mut self,
        renew: Arc<Notify>,
        mut leading: watch::Receiver<bool>,
    ) -> Result<(), ClusterError> {
        let mut events = self.events()?;
        while !self.is_complete() {
            match events.next().await {
                Some((source, event)) => self.take(source, event).await,
                None => return Ok(()),
            }
        }
        let stale = |newest: Timestamp| self.settings.cutoff.is_some_and(|cutoff| newest < cutoff);
        let mut make_at = match self.keys.newest() {
            Some(newest) if !stale(newest) => self.renewal(),
            _ => Some(self.clock.now()),
        };
        loop {
            if self.keys.newest().is_some() {
                self.keys.set_ready();
            }
            let leads = *leading.borrow();
            tokio::select! {
                next = events.next() => match next {
                    Some((source, event)) => {
                        let before = self.keys.newest();
                        self.take(source, event).await;
                        if self.keys.newest() != before {
                            make_at = self.renewal();
                        }
                    }
                    None => return Ok(()),
                },
                () = until(&self.clock, make_at), if leads => make_at = self.make_and_plan().await,
                () = renew.notified(), if leads => make_at = self.make_and_plan().await,
                () = turned(&mut leading, leads) => {}
            }
        }
    }

    /// Key Secrets, by their label and by the one name of old.
    fn events(&self) -> Result<BoxStream<'static, (Source, LiveEvent)>, ClusterError> {
        let secrets =
            || Watch::all(Gvk::new("", "v1", "Secret")).within(Some(&self.settings.namespace));
        let labelled = secrets().labelled(format!("{KEY_LABEL}={KEY_LABEL_ACTIVE}"));
        let named = secrets().named(&self.settings.prefix);
        let labelled = steady(self.cluster.watch(&labelled)?, Source::Labelled);
        let named = steady(self.cluster.watch(&named)?, Source::Named);
        Ok(stream::select(labelled, named).boxed())
    }

    fn is_complete(&self) -> bool {
        [Source::Labelled, Source::Named]
            .iter()
            .all(|source| self.listing.get(source).is_some_and(|l| l.complete))
    }

    /// When the current key is old enough; at once where there is none.
    fn renewal(&self) -> Option<Timestamp> {
        match self.keys.newest() {
            Some(newest) => newest.checked_add(self.settings.renew_period?).ok(),
            None => Some(self.clock.now()),
        }
    }

    async fn make_and_plan(&mut self) -> Option<Timestamp> {
        match self.make().await {
            Ok(()) => self.renewal(),
            Err(error) => {
                tracing::error!(error, "a sealing key could not be made, is tried again");
                self.clock.now().checked_add(RETRY).ok()
            }
        }
    }

    /// Makes a key, stores it, and takes it into use only then.
    async fn make(&mut self) -> Result<(), String> {
        let now = self.clock.now();
        let until = now.checked_add(self.settings.ttl).unwrap_or(Timestamp::MAX);
        let (bits, name) = (self.settings.bits, self.settings.common_name.clone());
        let key = spawn_blocking(move || SealingKey::generate(bits, &name, now, until))
            .await
            .map_err(|_| "the computation was stopped".to_owned())?
            .map_err(|error| error.to_string())?;
        let secret = key_secret::write(&key, &self.settings).map_err(|error| error.to_string())?;
        let made = self
            .cluster
            .create(&secret)
            .await
            .map_err(|error| error.to_string())?;
        let certificate = key.certificate().map(Certificate::pem).unwrap_or_default();
        tracing::info!(secret = %made.reference(), fingerprint = %key.fingerprint(), certificate,
            "new sealing key");
        let seen = Seen {
            version: made.resource_version().unwrap_or_default().to_owned(),
            key: Some(key.fingerprint()),
        };
        let ordered_at = match self.settings.order {
            KeyOrder::CertNotBefore => now,
            KeyOrder::SecretCreationTimestamp => key_secret::created_at(&made).unwrap_or(now),
        };
        self.seen
            .insert((Source::Labelled, made.name().to_owned()), seen);
        self.keys.insert(key, ordered_at);
        self.count();
        Ok(())
    }

    async fn take(&mut self, source: Source, event: LiveEvent) {
        match event {
            WatchEvent::Init => {
                self.listing.entry(source).or_default().names.clear();
            }
            WatchEvent::InitApply(live) => {
                let name = live.object().name().to_owned();
                self.listing.entry(source).or_default().names.push(name);
                self.load(source, live.object()).await;
            }
            WatchEvent::InitDone => {
                let listing = self.listing.entry(source).or_default();
                listing.complete = true;
                let names = std::mem::take(&mut listing.names);
                let gone: Vec<_> = self
                    .seen
                    .keys()
                    .filter(|(from, name)| *from == source && !names.contains(name))
                    .cloned()
                    .collect();
                gone.iter().for_each(|place| self.unload(place));
            }
            WatchEvent::Apply(live) => self.load(source, live.object()).await,
            WatchEvent::Delete(live) => {
                self.unload(&(source, live.object().name().to_owned()));
            }
        }
        self.count();
    }

    /// Takes the key of a Secret into use; what it held before goes.
    async fn load(&mut self, source: Source, secret: &Object) {
        let place = (source, secret.name().to_owned());
        let version = secret.resource_version().unwrap_or_default().to_owned();
        if self.seen.get(&place).is_some_and(|s| s.version == version) {
            return;
        }
        let disabled = secret
            .label(KEY_LABEL)
            .is_some_and(|value| value != KEY_LABEL_ACTIVE);
        if disabled {
            self.unload(&place);
            return;
        }
        let read = key_secret::read(secret);
        let key = read.as_ref().ok().map(|(key, _)| key.fingerprint());
        if self.seen.get(&place).and_then(|seen| seen.key) != key {
            self.unload(&place);
        }
        let complaint = match read {
            Ok((key, complaint)) => {
                let ordered_at = self.ordered_at(secret, &key);
                tracing::info!(secret = %secret.reference(), fingerprint = %key.fingerprint(),
                    "registered private key");
                self.keys.insert(key, ordered_at);
                complaint
            }
            Err(error) => Some(error),
        };
        self.seen.insert(place, Seen { version, key });
        if let Some(error) = complaint {
            self.complain(secret, &error).await;
        }
    }

    fn ordered_at(&self, secret: &Object, key: &SealingKey) -> Timestamp {
        let not_before = key.certificate().map(|c| c.facts().not_before);
        let created = key_secret::created_at(secret);
        let (first, second) = match self.settings.order {
            KeyOrder::CertNotBefore => (not_before, created),
            KeyOrder::SecretCreationTimestamp => (created, not_before),
        };
        first.or(second).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Takes the key of a Secret out of use, unless another Secret holds the same.
    fn unload(&mut self, place: &(Source, String)) {
        let Some(Seen { key: Some(key), .. }) = self.seen.remove(place) else {
            return;
        };
        if !self.seen.values().any(|seen| seen.key == Some(key)) {
            tracing::info!(secret = place.1, fingerprint = %key, "sealing key is gone");
            self.keys.remove(key);
        }
    }

    async fn complain(&self, secret: &Object, error: &KeyError) {
        tracing::warn!(secret = %secret.reference(), %error, "sealing key cannot be used");
        let event = Event {
            regarding: secret.clone(),
            severity: EventSeverity::Warning,
            reason: SEALING_KEY_INVALID.to_owned(),
            message: format!("sealing key cannot be used: {error}"),
        };
        if let Err(error) = self.cluster.event(&event).await {
            tracing::warn!(secret = %secret.reference(), %error, "an event could not be written");
        }
    }

    fn count(&self) {
        let loaded = self.keys.with(|ring| ring.len());
        let invalid = self.seen.values().filter(|seen| seen.key.is_none()).count();
        self.metrics.set_keys(loaded, invalid);
    }
}

/// A watch whose errors are logged and outlived.
fn steady(
    events: impl Stream<Item = Result<LiveEvent, kube::runtime::watcher::Error>> + Send + 'static,
    source: Source,
) -> impl Stream<Item = (Source, LiveEvent)> + Send + 'static {
    events.default_backoff().filter_map(move |event| {
        future::ready(match event {
            Ok(event) => Some((source, event)),
            Err(error) => {
                let error = ClusterError::from(error);
                tracing::warn!(%error, "the watch of sealing keys failed and is begun again");
                None
            }
        })
    })
}

/// Waits until we lead, or do no more; for ever where nobody can change that.
async fn turned(leading: &mut watch::Receiver<bool>, leads: bool) {
    if leading.wait_for(|now| *now != leads).await.is_err() {
        future::pending().await
    }
}

fn until(clock: &Clock, at: Option<Timestamp>) -> impl Future<Output = ()> {
    let clock = clock.clone();
    async move {
        match at {
            Some(at) => clock.wait_until(at).await,
            None => future::pending().await,
        }
    }
}
