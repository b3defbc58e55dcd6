//! What was seen of the Secrets of sealing keys: fills the ring that the others share, and keeps the record of each key.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kube::runtime::watcher::Event as WatchEvent;
use serde_json::{Value, json};

use super::{
    key_figures::KeyFigure,
    key_secret::{self, KeyOrder},
    keys::Keys,
};
use crate::{
    api::{
        certificate::Fingerprint,
        sealed_secret::{KEY_LABEL, KEY_LABEL_ACTIVE},
        sealing_key::KEY_LABEL_COMPROMISED,
    },
    cluster::LiveEvent,
    object::{Object, ObjectRef},
    plan::Precondition,
    seal::{KeyError, KeyRecord, KeyState, SealingKey, changes, sealing},
};

/// Which watch a key Secret was seen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Labelled,
    Named,
}

impl Source {
    const ALL: [Self; 2] = [Self::Labelled, Self::Named];
}

/// A key Secret that cannot be used as it is, and why.
pub(super) struct Complaint {
    pub(super) secret: Object,
    pub(super) error: KeyError,
}

/// A label that is behind the times.
pub(super) struct Relabel {
    pub(super) secret: ObjectRef,
    pub(super) precondition: Precondition,
    pub(super) patch: Value,
}

/// The key Secrets as they were seen last, and the ring that they fill.
pub(super) struct KeyRecords {
    keys: Keys,
    order: KeyOrder,
    seen: BTreeMap<(Source, String), Seen>,
    listing: BTreeMap<Source, Listing>,
}

/// A key Secret that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    secret: ObjectRef,
    version: Precondition,
    record: KeyRecord,
    held: Held,
}

/// What a Secret holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// A key that opens, and until when its certificate is valid.
    Key(Fingerprint, Option<Timestamp>),
    /// A key in wrong hands: not looked at.
    Closed,
    /// Nothing that opens.
    Invalid,
}

impl Held {
    fn key(self) -> Option<Fingerprint> {
        match self {
            Self::Key(key, _) => Some(key),
            Self::Closed | Self::Invalid => None,
        }
    }
}

/// How far a watch has come with its list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Listing {
    names: Vec<String>,
    complete: bool,
}

impl KeyRecords {
    /// Nothing seen yet.
    pub(super) fn new(keys: &Keys, order: KeyOrder) -> Self {
        Self {
            keys: keys.clone(),
            order,
            seen: BTreeMap::new(),
            listing: BTreeMap::new(),
        }
    }

    /// Whether both watches have listed all.
    pub(super) fn is_complete(&self) -> bool {
        Source::ALL
            .iter()
            .all(|source| self.listing.get(source).is_some_and(|l| l.complete))
    }

    /// Takes over what a watch tells.
    pub(super) fn take(
        &mut self,
        source: Source,
        event: LiveEvent,
        now: Timestamp,
    ) -> Option<Complaint> {
        match event {
            WatchEvent::Init => {
                self.listing.entry(source).or_default().names.clear();
                None
            }
            WatchEvent::InitApply(live) => {
                let name = live.object().name().to_owned();
                self.listing.entry(source).or_default().names.push(name);
                self.load(source, live.object(), now)
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
                None
            }
            WatchEvent::Apply(live) => self.load(source, live.object(), now),
            WatchEvent::Delete(live) => {
                self.unload(&(source, live.object().name().to_owned()));
                None
            }
        }
    }

    /// Takes over a Secret that was written by us, ahead of its news.
    pub(super) fn wrote(&mut self, secret: &Object, now: Timestamp) -> Option<Complaint> {
        self.load(Source::Labelled, secret, now)
    }

    /// Takes the key of a Secret into use; what it held before goes.
    fn load(&mut self, source: Source, secret: &Object, now: Timestamp) -> Option<Complaint> {
        let place = (source, secret.name().to_owned());
        let version = Precondition {
            uid: secret.uid().map(str::to_owned),
            resource_version: secret.resource_version().map(str::to_owned),
        };
        if self.seen.get(&place).is_some_and(|s| s.version == version) {
            return None;
        }
        let label = secret.label(KEY_LABEL);
        if label.is_some_and(|value| value != KEY_LABEL_ACTIVE) {
            self.unload(&place);
            return None;
        }
        let seen = |record, held| Seen {
            secret: secret.reference(),
            version,
            record,
            held,
        };
        let bare = self.record(secret, None);
        if !bare.opens() {
            self.unload(&place);
            self.seen.insert(place, seen(bare, Held::Closed));
            return None;
        }
        let read = key_secret::read(secret);
        let key = read.as_ref().ok().map(|(key, _)| key.fingerprint());
        if self.seen.get(&place).and_then(|seen| seen.held.key()) != key {
            self.unload(&place);
        }
        let (record, held, complaint) = match read {
            Ok((key, complaint)) => {
                let record = self.record(secret, Some(&key));
                let expires = key.certificate().map(|c| c.facts().not_after);
                let held = Held::Key(key.fingerprint(), expires);
                tracing::info!(secret = %secret.reference(), fingerprint = %key.fingerprint(),
                    "registered private key");
                let seals = may_seal(&record, now);
                self.keys.insert_as(key, record.ordered_at, seals);
                (record, held, complaint)
            }
            Err(error) => (bare, Held::Invalid, Some(error)),
        };
        self.seen.insert(place, seen(record, held));
        complaint.map(|error| Complaint {
            secret: secret.clone(),
            error,
        })
    }

    fn record(&self, secret: &Object, key: Option<&SealingKey>) -> KeyRecord {
        let certificate = key.and_then(SealingKey::certificate);
        let not_before = certificate.map(|c| c.facts().not_before);
        let created = key_secret::created_at(secret);
        let (first, second) = match self.order {
            KeyOrder::CertNotBefore => (not_before, created),
            KeyOrder::SecretCreationTimestamp => (created, not_before),
        };
        let ordered_at = first.or(second).unwrap_or(Timestamp::UNIX_EPOCH);
        KeyRecord::of(secret, ordered_at, not_before)
    }

    /// Takes the key of a Secret out of use, unless another Secret holds the same.
    fn unload(&mut self, place: &(Source, String)) {
        let Some(key) = self.seen.remove(place).and_then(|seen| seen.held.key()) else {
            return;
        };
        if !self.seen.values().any(|seen| seen.held.key() == Some(key)) {
            tracing::info!(secret = place.1, fingerprint = %key, "sealing key is gone");
            self.keys.remove(key);
        }
    }

    /// The Secrets, each once, though both watches may show it.
    fn each(&self) -> impl Iterator<Item = &Seen> {
        let named = |seen: &&Seen| {
            let labelled = (Source::Labelled, seen.record.name.clone());
            !self.seen.contains_key(&labelled)
        };
        let of = |wanted: Source| {
            let all = self.seen.iter().filter(move |((at, _), _)| *at == wanted);
            all.map(|(_, seen)| seen)
        };
        of(Source::Labelled).chain(of(Source::Named).filter(named))
    }

    /// The records of the keys that open, and those of keys in wrong hands.
    pub(super) fn records(&self) -> Vec<KeyRecord> {
        let known = self.each().filter(|seen| seen.held != Held::Invalid);
        known.map(|seen| seen.record.clone()).collect()
    }

    /// How many Secrets hold no key.
    pub(super) fn invalid(&self) -> usize {
        self.each()
            .filter(|seen| seen.held == Held::Invalid)
            .count()
    }

    /// Lets those keys be sealed for that may be at an instant: of several Secrets with one key any may say so.
    pub(super) fn refresh(&self, now: Timestamp) {
        let mut seals = BTreeMap::new();
        for seen in self.each() {
            if let Some(key) = seen.held.key() {
                *seals.entry(key).or_insert(false) |= may_seal(&seen.record, now);
            }
        }
        self.keys.set_seals(&seals);
    }

    /// The next instant at which a staged key is current.
    pub(super) fn next_turn(&self, now: Timestamp) -> Option<Timestamp> {
        self.each()
            .filter(|seen| seen.record.state == Some(KeyState::Staged))
            .filter_map(|seen| seen.record.current_from)
            .filter(|from| *from > now)
            .min()
    }

    /// The labels that are behind the times. A key that only our label calls compromised gets the label of the original,
    /// so that the original does not load it either.
    pub(super) fn relabels(&self, now: Timestamp) -> Vec<Relabel> {
        let changed: BTreeMap<String, KeyState> =
            changes(&self.records(), now).into_iter().collect();
        let patch = |seen: &Seen| match changed.get(&seen.record.name) {
            Some(state) => Some(state.patch(None)),
            None if seen.held == Held::Closed => {
                Some(json!({"metadata": {"labels": {KEY_LABEL: KEY_LABEL_COMPROMISED}}}))
            }
            None => None,
        };
        self.each()
            .filter_map(|seen| {
                Some(Relabel {
                    secret: seen.secret.clone(),
                    precondition: seen.version.clone(),
                    patch: patch(seen)?,
                })
            })
            .collect()
    }

    /// What the metrics show of each key.
    pub(super) fn figures(&self, now: Timestamp) -> Vec<KeyFigure> {
        let records = self.records();
        let sealing = sealing(&records, now).map(|record| record.name.as_str());
        self.each()
            .filter_map(|seen| {
                let Held::Key(fingerprint, expires) = seen.held else {
                    return None;
                };
                Some(KeyFigure {
                    fingerprint,
                    secret: seen.record.name.clone(),
                    state: seen.record.state_at(now),
                    is_sealing: sealing == Some(seen.record.name.as_str()),
                    ordered_at: seen.record.ordered_at,
                    expires,
                    backed_up_at: seen.record.backed_up_at,
                })
            })
            .collect()
    }
}

/// Whether a key may be sealed for at an instant, if it is the newest of these.
fn may_seal(record: &KeyRecord, now: Timestamp) -> bool {
    record.opens() && matches!(record.state_at(now), None | Some(KeyState::Current))
}
