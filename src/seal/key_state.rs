//! The life of a sealing key, as a pure state machine: staged, current, retired, compromised.
//!
//! A key without a state of ours (made by the original, or brought along) behaves as with the original: it opens while
//! its label says `active`, and the newest one is sealed for.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    api::{
        sealed_secret::{KEY_LABEL, KEY_LABEL_ACTIVE},
        sealing_key::{
            BACKED_UP_AT, CURRENT_FROM, KEY_LABEL_COMPROMISED, KEY_STATE, REASON, state,
        },
    },
    object::Object,
};

/// Where a key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyState {
    /// Opens, and is not sealed for yet, so that it can be backed up first.
    Staged,
    /// Opens, and is sealed for if it is the newest of these.
    Current,
    /// Opens what was sealed for it, and is not sealed for any more.
    Retired,
    /// In wrong hands: neither opens nor is sealed for.
    Compromised,
}

/// A word that names no state, or a step that a key cannot take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// No state has this name.
    #[error("must be one of: staged, current, retired, compromised")]
    Word,
    /// From one state there is no way to another.
    #[error("a {from} key cannot become {to}")]
    Step {
        /// Where the key is.
        from: KeyState,
        /// Where it cannot go.
        to: KeyState,
    },
    /// Nothing would be left to seal for.
    #[error("it is the only key that can be sealed for")]
    Last,
}

impl KeyState {
    /// Whether a key in this state opens secrets.
    pub fn opens(self) -> bool {
        self != Self::Compromised
    }

    /// Whether a key can go from this state to another. A compromised key stays compromised: what has been in wrong
    /// hands cannot be taken back. All else may be undone, current to staged excepted: it has been sealed for.
    pub fn can_become(self, to: Self) -> bool {
        match (self, to) {
            (Self::Compromised, to) => to == Self::Compromised,
            (Self::Current | Self::Retired, Self::Staged) => false,
            _ => true,
        }
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Staged => state::STAGED,
            Self::Current => state::CURRENT,
            Self::Retired => state::RETIRED,
            Self::Compromised => state::COMPROMISED,
        })
    }
}

impl FromStr for KeyState {
    type Err = StateError;

    fn from_str(word: &str) -> Result<Self, StateError> {
        match word {
            state::STAGED => Ok(Self::Staged),
            state::CURRENT => Ok(Self::Current),
            state::RETIRED => Ok(Self::Retired),
            state::COMPROMISED => Ok(Self::Compromised),
            _ => Err(StateError::Word),
        }
    }
}

/// What is known of a key without its private half: its Secret's name, labels and annotations, its place in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// Name of its Secret.
    pub name: String,
    /// The state that the label gives; `None` where there is no such label, or one with another word.
    pub state: Option<KeyState>,
    /// Whether the original's label lets it open (`active`, or no label on the one unlabelled Secret of old).
    pub is_active: bool,
    /// The instant from which a staged key is current.
    pub current_from: Option<Timestamp>,
    /// When it was last backed up.
    pub backed_up_at: Option<Timestamp>,
    /// Its place among the keys: later is newer.
    pub ordered_at: Timestamp,
    /// First instant of its certificate; without a certificate it cannot be sealed for.
    pub not_before: Option<Timestamp>,
}

impl KeyRecord {
    /// Reads the labels and annotations of a key Secret; `ordered_at` and `not_before` come from its certificate or its
    /// age, as the operator has chosen.
    pub fn of(secret: &Object, ordered_at: Timestamp, not_before: Option<Timestamp>) -> Self {
        let instant = |name| secret.annotation(name).and_then(|text| text.parse().ok());
        Self {
            name: secret.name().to_owned(),
            state: secret.label(KEY_STATE).and_then(|word| word.parse().ok()),
            is_active: secret
                .label(KEY_LABEL)
                .is_none_or(|value| value == KEY_LABEL_ACTIVE),
            current_from: instant(CURRENT_FROM),
            backed_up_at: instant(BACKED_UP_AT),
            ordered_at,
            not_before,
        }
    }

    /// The state at an instant: a staged key whose time has come is current, whether the label says so yet or not.
    pub fn state_at(&self, now: Timestamp) -> Option<KeyState> {
        match self.state {
            _ if !self.is_active => Some(KeyState::Compromised),
            Some(KeyState::Staged) if self.current_from.is_some_and(|from| from <= now) => {
                Some(KeyState::Current)
            }
            state => state,
        }
    }

    /// Whether the key opens secrets.
    pub fn opens(&self) -> bool {
        self.is_active && self.state.is_none_or(KeyState::opens)
    }

    /// Whether the key may be sealed for at an instant, if it is the newest.
    fn may_seal(&self, now: Timestamp) -> bool {
        self.opens()
            && self.not_before.is_some()
            && matches!(self.state_at(now), None | Some(KeyState::Current))
    }

    /// First instant at which the key counts as being there.
    fn begins(&self) -> Timestamp {
        self.not_before
            .map_or(self.ordered_at, |from| from.max(self.ordered_at))
    }
}

/// The key that is sealed for: the newest that may be and whose time has come; where all are of the future, the one
/// whose time comes first, so that a slow clock does not stop sealing. `None` when no key may be sealed for.
pub fn sealing(keys: &[KeyRecord], now: Timestamp) -> Option<&KeyRecord> {
    let candidates = || keys.iter().filter(|key| key.may_seal(now));
    candidates()
        .filter(|key| key.begins() <= now)
        // Of two with the same time the first by name, so that every replica takes the same one.
        .max_by(|a, b| {
            a.ordered_at
                .cmp(&b.ordered_at)
                .then_with(|| b.name.cmp(&a.name))
        })
        .or_else(|| candidates().min_by_key(|key| (key.begins(), key.name.clone())))
}

/// The labels that are behind the times: staged keys whose time has come are current, and keys that were current before
/// the one that is sealed for now are retired. Keys without a state of ours keep none. Deciding again on the result
/// gives nothing.
pub fn changes(keys: &[KeyRecord], now: Timestamp) -> Vec<(String, KeyState)> {
    let sealing = sealing(keys, now).map(|key| (key.ordered_at, key.name.as_str()));
    let wanted = |key: &KeyRecord| {
        let state = key.state_at(now)?;
        let is_older = sealing.is_some_and(|(at, name)| key.name != name && key.ordered_at <= at);
        Some(match state {
            KeyState::Current if is_older && key.begins() <= now => KeyState::Retired,
            state => state,
        })
    };
    keys.iter()
        .filter_map(|key| {
            let wanted = wanted(key)?;
            (key.state.is_some() && key.state != Some(wanted)).then(|| (key.name.clone(), wanted))
        })
        .collect()
}

impl KeyState {
    /// The merge patch that brings a key Secret into this state; the original's label follows.
    pub fn patch(self, reason: Option<&str>) -> Value {
        let original = if self.opens() {
            KEY_LABEL_ACTIVE
        } else {
            KEY_LABEL_COMPROMISED
        };
        let mut annotations = Map::new();
        annotations.insert(REASON.to_owned(), reason.into());
        if self != Self::Staged {
            annotations.insert(CURRENT_FROM.to_owned(), Value::Null);
        }
        json!({"metadata": {
            "labels": {KEY_STATE: self.to_string(), KEY_LABEL: original},
            "annotations": annotations,
        }})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn key(name: &str, state: Option<KeyState>, second: i64) -> KeyRecord {
        KeyRecord {
            name: name.to_owned(),
            state,
            is_active: true,
            current_from: None,
            backed_up_at: None,
            ordered_at: at(second),
            not_before: Some(at(second)),
        }
    }

    fn sealed_for(keys: &[KeyRecord], now: i64) -> Option<&str> {
        sealing(keys, at(now)).map(|key| key.name.as_str())
    }

    use KeyState::{Compromised, Current, Retired, Staged};

    #[test]
    fn words_parse_and_print() {
        for state in [Staged, Current, Retired, Compromised] {
            assert_eq!(state.to_string().parse(), Ok(state));
        }
        assert_eq!("Current".parse::<KeyState>(), Err(StateError::Word));
    }

    #[test]
    fn the_newest_that_may_is_sealed_for() {
        let mut keys = vec![key("a", None, 1), key("b", Some(Current), 2)];
        assert_eq!(sealed_for(&keys, 9), Some("b"));
        keys.push(key("c", Some(Staged), 3));
        assert_eq!(sealed_for(&keys, 9), Some("b"), "staged waits");
        keys.push(key("d", None, 4));
        assert_eq!(
            sealed_for(&keys, 9),
            Some("d"),
            "brought along, as with the original"
        );
        keys[3].state = Some(Retired);
        assert_eq!(sealed_for(&keys, 9), Some("b"));
        keys[1].is_active = false;
        assert_eq!(sealed_for(&keys, 9), Some("a"));
        keys[0].not_before = None;
        assert_eq!(
            sealed_for(&keys, 9),
            None,
            "without a certificate nobody can seal"
        );
    }

    #[test]
    fn the_future_waits_unless_there_is_nothing_else() {
        let keys = [key("now", None, 5), key("later", Some(Current), 50)];
        assert_eq!(sealed_for(&keys, 9), Some("now"));
        assert_eq!(sealed_for(&keys[1..], 9), Some("later"));
        assert_eq!(sealed_for(&keys, 60), Some("later"));
    }

    #[test]
    fn a_staged_key_becomes_current_and_the_old_one_retires() {
        let mut keys = vec![key("old", Some(Current), 1), key("new", Some(Staged), 5)];
        assert_eq!(changes(&keys, at(9)), []);
        keys[1].current_from = Some(at(8));
        assert_eq!(changes(&keys, at(7)), []);
        assert_eq!(sealed_for(&keys, 7), Some("old"));
        assert_eq!(sealed_for(&keys, 8), Some("new"));
        let done = changes(&keys, at(8));
        assert_eq!(
            done,
            [("old".to_owned(), Retired), ("new".to_owned(), Current)]
        );
        keys[0].state = Some(Retired);
        keys[1].state = Some(Current);
        assert_eq!(changes(&keys, at(8)), [], "deciding again changes nothing");
    }

    #[test]
    fn keys_of_others_keep_their_labels() {
        let keys = [key("old", None, 1), key("new", Some(Current), 5)];
        assert_eq!(changes(&keys, at(9)), []);
        let mut wrong = key("x", Some(Current), 7);
        wrong.is_active = false;
        assert!(!wrong.opens());
        assert_eq!(
            changes(&[wrong], at(9)),
            [("x".to_owned(), Compromised)],
            "what the original's label has taken out is told by ours too"
        );
    }

    #[test]
    fn two_of_one_time_are_told_apart_by_name() {
        let keys = [key("b", Some(Current), 1), key("a", Some(Current), 1)];
        assert_eq!(sealed_for(&keys, 9), Some("a"));
        assert_eq!(changes(&keys, at(9)), [("b".to_owned(), Retired)]);
    }

    #[test]
    fn what_was_compromised_stays_so() {
        for to in [Staged, Current, Retired] {
            assert!(!Compromised.can_become(to));
            assert!(to.can_become(Compromised));
        }
        assert!(Retired.can_become(Current), "a step back is allowed");
        assert!(!Current.can_become(Staged));
    }

    #[test]
    fn the_patch_keeps_the_originals_label_on_what_opens() {
        let patch = Retired.patch(Some("quarterly"));
        assert_eq!(patch["metadata"]["labels"][KEY_LABEL], "active");
        assert_eq!(patch["metadata"]["labels"][KEY_STATE], "retired");
        assert_eq!(patch["metadata"]["annotations"][REASON], "quarterly");
        let patch = Compromised.patch(None);
        assert_eq!(patch["metadata"]["labels"][KEY_LABEL], "compromised");
        assert_eq!(patch["metadata"]["annotations"][REASON], Value::Null);
    }

    #[test]
    fn labels_and_annotations_are_read_from_the_secret() {
        let secret = Object::from_value(json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "k", "labels": {KEY_STATE: "staged", KEY_LABEL: "active"},
                "annotations": {CURRENT_FROM: "2030-01-01T00:00:00Z", BACKED_UP_AT: "garbage"}},
        }))
        .unwrap();
        let record = KeyRecord::of(&secret, at(1), None);
        assert_eq!(record.state, Some(Staged));
        assert!(record.is_active);
        assert_eq!(record.current_from, "2030-01-01T00:00:00Z".parse().ok());
        assert_eq!(record.backed_up_at, None);
    }
}
