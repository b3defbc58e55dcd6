//! Figures of the sealing keys: which there are, how old, backed up when, and how much is sealed for each.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::{api::certificate::Fingerprint, object::ObjectRef, seal::KeyState};

/// The label of ciphertexts that no key has opened.
const NO_KEY: &str = "none";

/// The word for the state of a key that carries no label of ours.
const UNLABELLED: &str = "active";

/// What is shown of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFigure {
    /// Which key.
    pub fingerprint: Fingerprint,
    /// Name of its Secret.
    pub secret: String,
    /// Where it is in its life; `None` where its label does not say.
    pub state: Option<KeyState>,
    /// Whether it is the one that is sealed for.
    pub is_sealing: bool,
    /// Its place among the keys.
    pub ordered_at: Timestamp,
    /// Until when its certificate is valid.
    pub expires: Option<Timestamp>,
    /// When it was last backed up.
    pub backed_up_at: Option<Timestamp>,
}

/// How many ciphertexts of one SealedSecret each key opens; those that none opens under `None`.
pub type Uses = BTreeMap<Option<Fingerprint>, u32>;

/// The figures, as they are registered.
#[derive(Default)]
pub struct KeyFigures {
    info: Family<InfoLabels, Gauge>,
    ordered: Family<KeyLabels, Gauge>,
    expires: Family<KeyLabels, Gauge>,
    backed_up: Family<KeyLabels, Gauge>,
    items: Family<ItemLabels, Gauge>,
    not_backed_up: Gauge,
    backup_age: Gauge,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    keys: Vec<KeyFigure>,
    uses: BTreeMap<ObjectRef, Uses>,
    totals: BTreeMap<Option<Fingerprint>, i64>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, PartialOrd, Ord, EncodeLabelSet)]
struct InfoLabels {
    fingerprint: String,
    secret: String,
    state: String,
    current: bool,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, PartialOrd, Ord, EncodeLabelSet)]
struct KeyLabels {
    fingerprint: String,
    secret: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ItemLabels {
    fingerprint: String,
}

impl KeyFigures {
    /// Figures that a registry shows.
    pub fn registered(registry: &mut Registry) -> Self {
        let figures = Self::default();
        registry.register(
            "sealing_key_info",
            "Sealing keys that are loaded: state by label, and whether the key is the one that is sealed for; always 1",
            figures.info.clone(),
        );
        registry.register(
            "sealing_key_ordered_timestamp_seconds",
            "Age of a sealing key as it counts for order and renewal, as the instant of its beginning",
            figures.ordered.clone(),
        );
        registry.register(
            "sealing_key_expiry_timestamp_seconds",
            "Until when the certificate of a sealing key is valid",
            figures.expires.clone(),
        );
        registry.register(
            "sealing_key_backup_timestamp_seconds",
            "When a sealing key was last written to a backup; absent for a key that never was",
            figures.backed_up.clone(),
        );
        registry.register(
            "sealing_key_items",
            "Ciphertexts of all SealedSecrets by the key that opens them, those that do not open under none",
            figures.items.clone(),
        );
        registry.register(
            "sealing_keys_not_backed_up",
            "Sealing keys that were never written to a backup",
            figures.not_backed_up.clone(),
        );
        registry.register(
            "sealing_keys_backup_age_seconds",
            "Time since the last backup of sealing keys, or since the oldest key where there was none",
            figures.backup_age.clone(),
        );
        figures
    }

    /// Takes over which keys there are.
    pub fn set(&self, keys: Vec<KeyFigure>) {
        let before = std::mem::replace(&mut self.shown().keys, keys.clone());
        if before == keys {
            return;
        }
        for key in &keys {
            self.info.get_or_create(&key.info()).set(1);
            let labels = key.labels();
            self.ordered
                .get_or_create(&labels)
                .set(key.ordered_at.as_second());
            put(&self.expires, &labels, key.expires);
            put(&self.backed_up, &labels, key.backed_up_at);
        }
        let infos: BTreeSet<_> = keys.iter().map(KeyFigure::info).collect();
        let all: BTreeSet<_> = keys.iter().map(KeyFigure::labels).collect();
        for old in &before {
            if !infos.contains(&old.info()) {
                self.info.remove(&old.info());
            }
            let labels = old.labels();
            if !all.contains(&labels) {
                for family in [&self.ordered, &self.expires, &self.backed_up] {
                    family.remove(&labels);
                }
            }
        }
        let without = keys.iter().filter(|key| key.backed_up_at.is_none()).count();
        self.not_backed_up
            .set(i64::try_from(without).unwrap_or(i64::MAX));
    }

    /// Brings the ages to an instant.
    pub fn refresh(&self, now: Timestamp) {
        let keys = &self.shown().keys;
        let last = keys.iter().filter_map(|key| key.backed_up_at).max();
        // Where there was no backup it is missing since the first key.
        let since = last.or_else(|| keys.iter().map(|key| key.ordered_at).min());
        let age = since.map_or(0, |since| now.duration_since(since).as_secs());
        self.backup_age.set(age.max(0));
    }

    /// Takes over which keys open a SealedSecret.
    pub fn set_uses(&self, sealed: &ObjectRef, uses: Uses) {
        let mut shown = self.shown();
        if shown.uses.get(sealed) == Some(&uses) {
            return;
        }
        let before = shown.uses.insert(sealed.clone(), uses.clone());
        self.count(&mut shown, &before.unwrap_or_default(), &uses);
    }

    /// Forgets a SealedSecret that is gone.
    pub fn forget_uses(&self, sealed: &ObjectRef) {
        let mut shown = self.shown();
        if let Some(before) = shown.uses.remove(sealed) {
            self.count(&mut shown, &before, &Uses::new());
        }
    }

    fn count(&self, shown: &mut Shown, before: &Uses, now: &Uses) {
        for (uses, sign) in [(now, 1), (before, -1)] {
            for (key, count) in uses {
                *shown.totals.entry(*key).or_default() += sign * i64::from(*count);
            }
        }
        for key in before.keys().chain(now.keys()) {
            let total = shown.totals.get(key).copied().unwrap_or_default();
            let fingerprint = key.map_or(NO_KEY.to_owned(), |key| key.to_string());
            self.items
                .get_or_create(&ItemLabels { fingerprint })
                .set(total);
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyFigure {
    fn labels(&self) -> KeyLabels {
        KeyLabels {
            fingerprint: self.fingerprint.to_string(),
            secret: self.secret.clone(),
        }
    }

    fn info(&self) -> InfoLabels {
        let state = self.state.map(|state| state.to_string());
        InfoLabels {
            fingerprint: self.fingerprint.to_string(),
            secret: self.secret.clone(),
            state: state.unwrap_or_else(|| UNLABELLED.to_owned()),
            current: self.is_sealing,
        }
    }
}

fn put(family: &Family<KeyLabels, Gauge>, labels: &KeyLabels, at: Option<Timestamp>) {
    match at {
        Some(at) => {
            family.get_or_create(labels).set(at.as_second());
        }
        None => {
            family.remove(labels);
        }
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text;

    use super::*;
    use crate::object::Gvk;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn key(number: u8, state: Option<KeyState>) -> KeyFigure {
        KeyFigure {
            fingerprint: Fingerprint::of_rsa(&[1], &[number]),
            secret: format!("key-{number}"),
            state,
            is_sealing: number == 1,
            ordered_at: at(100),
            expires: Some(at(900)),
            backed_up_at: None,
        }
    }

    fn text_of(registry: &Registry) -> String {
        let mut shown = String::new();
        text::encode(&mut shown, registry).unwrap();
        shown
    }

    #[test]
    fn keys_come_change_and_go() {
        let mut registry = Registry::default();
        let figures = KeyFigures::registered(&mut registry);
        let one = key(1, None);
        figures.set(vec![one.clone(), key(2, Some(KeyState::Retired))]);
        figures.refresh(at(500));
        let text = text_of(&registry);
        let print = one.fingerprint.to_string();
        for line in [
            format!(
                "sealing_key_info{{fingerprint=\"{print}\",secret=\"key-1\",state=\"active\",current=\"true\"}} 1"
            ),
            format!(
                "sealing_key_ordered_timestamp_seconds{{fingerprint=\"{print}\",secret=\"key-1\"}} 100"
            ),
            format!(
                "sealing_key_expiry_timestamp_seconds{{fingerprint=\"{print}\",secret=\"key-1\"}} 900"
            ),
            "sealing_keys_not_backed_up 2".to_owned(),
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.contains("state=\"retired\",current=\"false\"} 1"));
        assert!(
            text.contains("sealing_keys_backup_age_seconds 400\n"),
            "{text}"
        );
        let saved = KeyFigure {
            backed_up_at: Some(at(400)),
            state: Some(KeyState::Current),
            ..one
        };
        figures.set(vec![saved]);
        figures.refresh(at(500));
        let text = text_of(&registry);
        assert!(text.contains("sealing_keys_backup_age_seconds 100\n"));
        assert!(text.contains("sealing_keys_not_backed_up 0\n"));
        assert!(!text.contains("key-2") && !text.contains("state=\"active\""));
    }

    #[test]
    fn items_are_counted_by_key_over_all() {
        let mut registry = Registry::default();
        let figures = KeyFigures::registered(&mut registry);
        let key = key(1, None).fingerprint;
        let named = |name: &str| ObjectRef::new(Gvk::new("g", "v", "K"), Some("ns"), name);
        let uses = |opened, not| Uses::from([(Some(key), opened), (None, not)]);
        let total = |registry: &Registry, label: &str| {
            let line = format!("sealing_key_items{{fingerprint=\"{label}\"}} ");
            let text = text_of(registry);
            let found = text.lines().find_map(|text| text.strip_prefix(&line));
            found.map(|number| number.parse::<i64>().unwrap())
        };
        figures.set_uses(&named("a"), uses(2, 1));
        figures.set_uses(&named("b"), uses(3, 0));
        assert_eq!(total(&registry, &key.to_string()), Some(5));
        assert_eq!(total(&registry, NO_KEY), Some(1));
        figures.set_uses(&named("a"), Uses::from([(Some(key), 3)]));
        figures.forget_uses(&named("b"));
        assert_eq!(total(&registry, &key.to_string()), Some(3));
        assert_eq!(total(&registry, NO_KEY), Some(0));
    }
}
