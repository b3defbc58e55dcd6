//! The loop of the sealing keys: loads them, follows their changes, makes the first one, renews, and lets them age.

use std::{
    future::{self, Future},
    sync::Arc,
};

use futures::{Stream, StreamExt, stream, stream::BoxStream};
use jiff::{SignedDuration, Timestamp};
use kube::runtime::WatchStreamExt;
use tokio::{
    sync::{Notify, watch},
    task::spawn_blocking,
};

use super::{
    key_records::{Complaint, KeyRecords, Relabel, Source},
    key_secret::{self, KeySettings},
    keys::Keys,
    metrics::Metrics,
};
use crate::{
    api::{
        sealed_secret::{KEY_LABEL, KEY_LABEL_ACTIVE},
        sealing_key::KEY_STATE,
    },
    clock::Clock,
    cluster::{Cluster, ClusterError, LiveEvent, Watch},
    object::Gvk,
    plan::{Event, EventSeverity},
    seal::{Certificate, KeyRecord, KeyState, SealingKey, sealing},
};

/// Reason of the event of a key Secret that cannot be used.
pub const SEALING_KEY_INVALID: &str = "SealingKeyInvalid";

/// How long after a failure to make or store a key it is tried again.
const RETRY: SignedDuration = SignedDuration::from_secs(10);

/// The loop of the sealing keys of one namespace.
pub struct SealingKeys {
    cluster: Cluster,
    clock: Clock,
    keys: Keys,
    metrics: Metrics,
    settings: KeySettings,
    records: KeyRecords,
    /// What a newest key must not be older than: the cutoff, where one was at the start.
    cutoff: Option<Timestamp>,
    /// When a key was made here last.
    made_at: Option<Timestamp>,
    /// Nothing is made or labelled before, for it has failed.
    retry_at: Option<Timestamp>,
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
            records: KeyRecords::new(keys, settings.order),
            settings,
            cutoff: None,
            made_at: None,
            retry_at: None,
        }
    }

    /// Runs until dropped; each notice makes a new key at once. Keys are followed always, and made and labelled only by
    /// who leads.
    ///
    /// # Errors
    /// [`ClusterError::UnknownKind`], which the table of kinds rules out.
    pub async fn run(
        mut self,
        renew: Arc<Notify>,
        mut leading: watch::Receiver<bool>,
    ) -> Result<(), ClusterError> {
        let mut events = self.events()?;
        while !self.records.is_complete() {
            match events.next().await {
                Some((source, event)) => self.take(source, event).await,
                None => return Ok(()),
            }
        }
        let newest = renewable(&self.records.records(), self.clock.now());
        // Looked at once, as the original does, so that a cutoff of the future makes one key and no more.
        self.cutoff = self.settings.cutoff.filter(|cutoff| newest < Some(*cutoff));
        self.tell_if_waiting();
        loop {
            let leads = *leading.borrow();
            let relabelled_at = self.refresh(leads).await;
            let (due, turn) = (self.due(), self.records.next_turn(self.clock.now()));
            tokio::select! {
                next = events.next() => match next {
                    Some((source, event)) => self.take(source, event).await,
                    None => return Ok(()),
                },
                () = until(&self.clock, due), if leads => self.make().await,
                () = renew.notified(), if leads => self.make().await,
                () = until(&self.clock, turn) => {}
                () = until(&self.clock, relabelled_at), if leads => {}
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

    async fn take(&mut self, source: Source, event: LiveEvent) {
        let complaint = self.records.take(source, event, self.clock.now());
        self.complain(complaint).await;
    }

    /// Brings all that depends on the instant up to it; gives when labels that could not be written are tried again.
    async fn refresh(&mut self, leads: bool) -> Option<Timestamp> {
        let now = self.clock.now();
        self.records.refresh(now);
        if self.keys.certificate(now).is_some() {
            self.keys.set_ready();
        }
        let loaded = self.keys.with(|ring| ring.len());
        self.metrics.set_keys(loaded, self.records.invalid());
        self.metrics.sealing_keys().set(self.records.figures(now));
        if !leads || !self.records.is_complete() {
            return None;
        }
        let behind = self.records.relabels(now);
        if behind.is_empty() || self.retry_at.is_some_and(|at| now < at) {
            return self.retry_at.filter(|_| !behind.is_empty());
        }
        let mut again = None;
        for label in behind {
            let Relabel {
                secret,
                precondition,
                patch,
            } = label;
            match self.cluster.patch(&secret, &patch, &precondition).await {
                Ok(written) => {
                    let state = written.label(KEY_STATE).unwrap_or_default();
                    tracing::info!(%secret, state, "sealing key changes its state");
                    let complaint = self.records.wrote(&written, now);
                    self.complain(complaint).await;
                }
                // The news of the other write are on their way.
                Err(error) if error.is_conflict() || error.is_not_found() => {}
                Err(error) => {
                    tracing::warn!(%secret, %error, "a sealing key could not be labelled, is tried again");
                    again = now.checked_add(RETRY).ok();
                }
            }
        }
        self.retry_at = again;
        self.metrics.sealing_keys().set(self.records.figures(now));
        again
    }

    /// When a key is to be made: when there is none to seal for, when the newest is too old, and after a failure not
    /// before its time.
    fn due(&self) -> Option<Timestamp> {
        let now = self.clock.now();
        let records = self.records.records();
        let newest = renewable(&records, now);
        let due = if sealing(&records, now).is_none() {
            if self.waits(&records) {
                return None;
            }
            now
        } else if self.cutoff.is_some_and(|cutoff| newest < Some(cutoff)) {
            now
        } else {
            let period = self.settings.renew_period?;
            // A server whose clock is behind must not make us make one key after the other.
            newest.max(self.made_at)?.checked_add(period).ok()?
        };
        Some(self.retry_at.map_or(due, |at| due.max(at)))
    }

    /// Whether there is no key, and none is to be made.
    fn waits(&self, records: &[KeyRecord]) -> bool {
        self.settings.waits_for_first && !records.iter().any(KeyRecord::opens)
    }

    fn tell_if_waiting(&self) {
        if self.waits(&self.records.records()) {
            tracing::warn!(
                namespace = self.settings.namespace,
                "waits for a first sealing key"
            );
        }
    }

    /// Makes a key; what fails is told and tried again.
    async fn make(&mut self) {
        match self.make_one().await {
            Ok(complaint) => {
                let now = self.clock.now();
                self.cutoff = None;
                self.made_at = Some(now);
                // One that came to nothing, for whatever reason, must not be followed by the next at once.
                let is_of_use = sealing(&self.records.records(), now).is_some();
                self.retry_at = now.checked_add(RETRY).ok().filter(|_| !is_of_use);
                self.complain(complaint).await;
            }
            Err(error) => {
                tracing::error!(error, "a sealing key could not be made, is tried again");
                self.retry_at = self.clock.now().checked_add(RETRY).ok();
            }
        }
    }

    /// Makes a key, stores it, and takes it into use only then.
    async fn make_one(&mut self) -> Result<Option<Complaint>, String> {
        let now = self.clock.now();
        let until = now.checked_add(self.settings.ttl).unwrap_or(Timestamp::MAX);
        let (bits, name) = (self.settings.bits, self.settings.common_name.clone());
        let key = spawn_blocking(move || SealingKey::generate(bits, &name, now, until))
            .await
            .map_err(|_| "the computation was stopped".to_owned())?
            .map_err(|error| error.to_string())?;
        let mut secret =
            key_secret::write(&key, &self.settings).map_err(|error| error.to_string())?;
        let is_alone = sealing(&self.records.records(), now).is_none();
        let from = now.checked_add(self.settings.grace).ok();
        let from = from.filter(|_| !is_alone && self.settings.grace > SignedDuration::ZERO);
        key_secret::stage(&mut secret, from);
        let made = self
            .cluster
            .create(&secret)
            .await
            .map_err(|error| error.to_string())?;
        let certificate = key.certificate().map(Certificate::pem).unwrap_or_default();
        tracing::info!(secret = %made.reference(), fingerprint = %key.fingerprint(), certificate,
            "new sealing key");
        Ok(self.records.wrote(&made, now))
    }

    async fn complain(&self, complaint: Option<Complaint>) {
        let Some(Complaint { secret, error }) = complaint else {
            return;
        };
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
}

/// The ordering time of the newest key that is, or will be, sealed for: its age decides on renewal.
fn renewable(records: &[KeyRecord], now: Timestamp) -> Option<Timestamp> {
    records
        .iter()
        .filter(|record| record.opens() && record.not_before.is_some())
        .filter(|record| record.state_at(now) != Some(KeyState::Retired))
        .map(|record| record.ordered_at)
        .max()
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
