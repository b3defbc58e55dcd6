//! What to do for one SealedSecret: pure, from what was read and what it opens to.
//!
//! Mirrors `unseal` and `updateSealedSecretStatus` of `pkg/controller/controller.go` of sealed-secrets in what
//! it writes; unlike those it is level-triggered: applied and decided again, nothing is left to do.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value};

use super::{DeprecatedData, KeyRing, opened_secret};
use crate::{
    api::{
        sealed_secret::{MANAGED, PATCH, SealedSecret, TRUE},
        version::PREFIX,
    },
    object::{Gvk, Object, ObjectRef},
    plan::{Effect, Event, EventSeverity, Next, Plan},
};

/// The condition that tells whether the Secret is as the SealedSecret says.
pub const SYNCED: &str = "Synced";

/// Reason of the event of a Secret that was made or changed.
pub const UNSEALED: &str = "Unsealed";
/// Reason of the event of a SealedSecret that does not open.
pub const ERR_UNSEAL_FAILED: &str = "ErrUnsealFailed";
/// Reason of the event of a Secret that could not be written.
pub const ERR_UPDATE_FAILED: &str = "ErrUpdateFailed";

/// End of the API server's refusal to change the data of an immutable Secret.
const IMMUTABLE_ENDING: &str = "field is immutable when `immutable` is set";

/// Metadata that only the server writes: a template that carries it would never be accepted.
const SERVER_FIELDS: &[&str] = &[
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// The type that a Secret without one has.
const DEFAULT_TYPE: &str = "Opaque";

/// All that a decision looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The SealedSecret, as read.
    pub sealed: Object,
    /// The Secret of its name, as read, if there is one.
    pub secret: Option<Object>,
}

/// What the operator has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether status is written (`--update-status`).
    pub update_status: bool,
    /// Whether Secrets are watched, so that a conflict that ends is seen (not `--skip-recreate`).
    pub watches_secrets: bool,
    /// Whether the deprecated `spec.data` is opened (`--accept-deprecated-v1-data`).
    pub deprecated: DeprecatedData,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            update_status: true,
            watches_secrets: true,
            deprecated: DeprecatedData::Accept,
        }
    }
}

/// How a pass over one SealedSecret ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The Secret is, or will be after the plan, as it should be.
    Opened,
    /// The items do not open, or the template fails.
    Unseal,
    /// A Secret of this name belongs to somebody else.
    Unmanaged,
    /// The API server refuses the Secret.
    Update,
    /// The SealedSecret is going: nothing to do.
    Leaving,
}

impl Outcome {
    /// The word for `reason` in the conditions; an addition to the original, which sets none.
    fn reason(self) -> &'static str {
        match self {
            Self::Opened | Self::Leaving => UNSEALED,
            Self::Unseal => "DecryptFailed",
            Self::Unmanaged => "Conflict",
            Self::Update => "UpdateFailed",
        }
    }
}

/// What to do, and what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What to do.
    pub plan: Plan,
    /// What it means.
    pub outcome: Outcome,
}

/// The objects to read before deciding: the Secret of the same name.
pub fn needs(sealed: &Object) -> [ObjectRef; 1] {
    [ObjectRef::new(
        Gvk::new("", "v1", "Secret"),
        sealed.namespace(),
        sealed.name(),
    )]
}

/// Decides what to do: opens the SealedSecret and compares. Costs RSA operations, so call it where that hurts
/// nobody.
pub fn decide(snapshot: &Snapshot, keys: &KeyRing, now: Timestamp, settings: Settings) -> Decision {
    let opened = open(&snapshot.sealed, keys, settings.deprecated);
    decide_opened(snapshot, &opened, now, settings)
}

/// The Secret that a SealedSecret describes, as it is to be made: without what only the server or we write. Costs RSA
/// operations.
///
/// # Errors
/// Why there is none, for people; never a value.
pub fn open(sealed: &Object, keys: &KeyRing, deprecated: DeprecatedData) -> Result<Object, String> {
    let sealed = SealedSecret::from_any(sealed.to_value()).map_err(|error| error.to_string())?;
    let secret = opened_secret(&sealed, keys, deprecated).map_err(|error| error.to_string())?;
    let secret = Object::from_value(secret.to_value()).map_err(|error| error.to_string())?;
    Ok(tidied(secret))
}

/// A wanted Secret without what only the server or we write.
pub(super) fn tidied(mut secret: Object) -> Object {
    for field in SERVER_FIELDS {
        secret.remove(&["metadata", field]);
    }
    for field in ["labels", "annotations"] {
        if let Some(Value::Object(mut map)) = secret.remove(&["metadata", field]) {
            map.retain(|name, _| !name.starts_with(PREFIX));
            if !map.is_empty() {
                secret.set(&["metadata", field], map.into());
            }
        }
    }
    secret
}

/// Decides what to do, given what the SealedSecret opens to: the whole wanted Secret, or why there is none.
pub fn decide_opened(
    snapshot: &Snapshot,
    opened: &Result<Object, String>,
    now: Timestamp,
    settings: Settings,
) -> Decision {
    let sealed = &snapshot.sealed;
    if sealed.at(&["metadata", "deletionTimestamp"]).is_some() {
        return Decision {
            plan: Plan::default(),
            outcome: Outcome::Leaving,
        };
    }
    let desired = match opened {
        Ok(desired) => desired,
        Err(message) => return unopened(sealed, message, Vec::new(), now, settings),
    };
    let Some(live) = &snapshot.secret else {
        let effects = vec![Effect::Create(desired.clone())];
        // As upstream: what was made without an owner and without consent is not managed from then on.
        if !is_ours(desired, sealed) {
            return conflict(sealed, desired, effects, now, settings);
        }
        return success(sealed, effects, now, settings);
    };
    if !is_ours(live, sealed) {
        return conflict(sealed, desired, Vec::new(), now, settings);
    }
    let wanted = updated(live, desired);
    if same(live, &wanted) {
        return success(sealed, Vec::new(), now, settings);
    }
    if live.at(&["immutable"]) == Some(&Value::Bool(true))
        && map_at(live, &["data"]) != map_at(&wanted, &["data"])
    {
        let message = format!(
            "Secret \"{}\" is invalid: data: Forbidden: {IMMUTABLE_ENDING}",
            live.name()
        );
        return refused(snapshot, &message, now, settings);
    }
    let stays_ours = is_ours(&wanted, sealed);
    let effects = vec![Effect::Replace(wanted)];
    if !stays_ours {
        return conflict(sealed, desired, effects, now, settings);
    }
    success(sealed, effects, now, settings)
}

/// What to say of a SealedSecret that does not open, after some effects.
pub fn unopened(
    sealed: &Object,
    message: &str,
    effects: Vec<Effect>,
    now: Timestamp,
    settings: Settings,
) -> Decision {
    Failed {
        outcome: Outcome::Unseal,
        reason: ERR_UNSEAL_FAILED,
        event: format!("Failed to unseal: {message}"),
        message: message.to_owned(),
    }
    .decision(sealed, effects, now, settings)
}

/// Decides what to do after the API server has refused the Secret for good: event and status.
pub fn refused(snapshot: &Snapshot, message: &str, now: Timestamp, settings: Settings) -> Decision {
    let sealed = &snapshot.sealed;
    let event = if message.ends_with(IMMUTABLE_ENDING) {
        format!(
            "Error updating {}/{}: the target Secret is immutable. Once a Secret is marked as immutable, \
             it is not possible to revert this change nor to mutate the contents of the data field. \
             You can only delete and recreate the Secret.",
            sealed.namespace().unwrap_or_default(),
            sealed.name()
        )
    } else {
        message.to_owned()
    };
    Failed {
        outcome: Outcome::Update,
        reason: ERR_UPDATE_FAILED,
        event,
        message: message.to_owned(),
    }
    .decision(sealed, Vec::new(), now, settings)
}

fn conflict(
    sealed: &Object,
    desired: &Object,
    effects: Vec<Effect>,
    now: Timestamp,
    settings: Settings,
) -> Decision {
    let event = format!(
        "Resource {:?} already exists and is not managed by SealedSecret",
        desired.name()
    );
    let message = format!("failed update: {event}");
    let mut decision = Failed {
        outcome: Outcome::Unmanaged,
        reason: ERR_UPDATE_FAILED,
        event,
        message,
    }
    .decision(sealed, effects, now, settings);
    if !settings.watches_secrets {
        decision.plan.next = Next::Backoff;
    }
    decision
}

/// What to say of a SealedSecret that opens, after some effects.
pub fn success(
    sealed: &Object,
    mut effects: Vec<Effect>,
    now: Timestamp,
    settings: Settings,
) -> Decision {
    let outcome = Outcome::Opened;
    let status = with_status(sealed, outcome, "", now);
    let told = !effects.is_empty() || (settings.update_status && status.is_some());
    if told {
        effects.push(Effect::Event(Event {
            regarding: sealed.clone(),
            severity: EventSeverity::Normal,
            reason: UNSEALED.to_owned(),
            message: "SealedSecret unsealed successfully".to_owned(),
        }));
    }
    Decision {
        plan: Plan {
            effects,
            status: status.filter(|_| settings.update_status),
            next: Next::AwaitChange,
        },
        outcome,
    }
}

/// A pass that ends without the Secret as it should be.
struct Failed {
    outcome: Outcome,
    reason: &'static str,
    event: String,
    message: String,
}

impl Failed {
    fn decision(
        self,
        sealed: &Object,
        mut effects: Vec<Effect>,
        now: Timestamp,
        settings: Settings,
    ) -> Decision {
        let status = with_status(sealed, self.outcome, &self.message, now);
        if status.is_some() {
            effects.push(Effect::Event(Event {
                regarding: sealed.clone(),
                severity: EventSeverity::Warning,
                reason: self.reason.to_owned(),
                message: self.event,
            }));
        }
        Decision {
            plan: Plan {
                effects,
                status: status.filter(|_| settings.update_status),
                next: Next::AwaitChange,
            },
            outcome: self.outcome,
        }
    }
}

/// Whether we may write a Secret: the SealedSecret controls it by uid, or its own annotations consent.
fn is_ours(secret: &Object, sealed: &Object) -> bool {
    is_controlled_by(secret, sealed) || consents(secret, MANAGED) || consents(secret, PATCH)
}

/// Whether a Secret consents by an annotation to be written.
pub fn consents(secret: &Object, annotation: &str) -> bool {
    secret.annotation(annotation) == Some(TRUE)
}

/// Whether a SealedSecret controls a Secret, by its uid.
pub fn is_controlled_by(secret: &Object, sealed: &Object) -> bool {
    let Some(uid) = sealed.uid() else {
        return false;
    };
    owners(secret)
        .iter()
        .find(|owner| owner.get("controller") == Some(&Value::Bool(true)))
        .is_some_and(|owner| owner.get("uid").and_then(Value::as_str) == Some(uid))
}

fn owners(secret: &Object) -> &[Value] {
    secret
        .at(&["metadata", "ownerReferences"])
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The live Secret with everything that the SealedSecret decides.
pub(super) fn updated(live: &Object, desired: &Object) -> Object {
    let mut wanted = live.clone();
    let replaced: &[&[&str]] = &[
        &["data"],
        &["metadata", "labels"],
        &["metadata", "annotations"],
    ];
    let patches = consents(live, PATCH);
    for path in replaced {
        let mut map = if patches {
            map_at(live, path)
        } else {
            BTreeMap::new()
        };
        map.extend(map_at(desired, path));
        put_map(&mut wanted, path, map);
    }
    if !patches || consents(&wanted, MANAGED) {
        let path = ["metadata", "ownerReferences"];
        match owners(desired) {
            [] => drop(wanted.remove(&path)),
            owners => wanted.set(&path, owners.into()),
        }
    }
    wanted.set(&["type"], type_of(desired).into());
    wanted
}

/// `type`, or what the API server makes of none.
fn type_of(secret: &Object) -> &str {
    secret
        .at(&["type"])
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .unwrap_or(DEFAULT_TYPE)
}

fn map_at<'a>(object: &'a Object, path: &[&str]) -> BTreeMap<&'a str, &'a Value> {
    object
        .at(path)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
        .collect()
}

fn put_map(object: &mut Object, path: &[&str], map: BTreeMap<&str, &Value>) {
    if map.is_empty() {
        object.remove(path);
        return;
    }
    let map: Map<_, _> = map
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    object.set(path, map.into());
}

/// Whether two Secrets are equal in all that we write; nothing and an empty map are the same.
pub(super) fn same(live: &Object, wanted: &Object) -> bool {
    let maps: &[&[&str]] = &[
        &["data"],
        &["metadata", "labels"],
        &["metadata", "annotations"],
    ];
    maps.iter()
        .all(|path| map_at(live, path) == map_at(wanted, path))
        && owners(live) == owners(wanted)
        && type_of(live) == type_of(wanted)
}

/// The SealedSecret with its condition as it should be; `None` if it says so already.
///
/// Written when the condition flips, its message is out of date, or the generation was not observed yet.
fn with_status(sealed: &Object, outcome: Outcome, message: &str, now: Timestamp) -> Option<Object> {
    let status = if outcome == Outcome::Opened {
        "True"
    } else {
        "False"
    };
    let mut conditions = sealed
        .at(&["status", "conditions"])
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let place = conditions
        .iter()
        .position(|condition| text(condition, "type") == SYNCED);
    let before = place.map_or(Value::Null, |place| conditions.remove(place));
    let flips = text(&before, "status") != status;
    let observed = sealed
        .at(&["status", "observedGeneration"])
        .and_then(Value::as_i64)
        .unwrap_or_default();
    let generation = sealed.generation().unwrap_or_default();
    if !flips && text(&before, "message") == message && observed == generation {
        return None;
    }
    let at = seconds(now);
    let since = match before.get("lastTransitionTime") {
        Some(since) if !flips => since.clone(),
        _ => at.as_str().into(),
    };
    let mut condition = Map::new();
    condition.insert("type".into(), SYNCED.into());
    condition.insert("status".into(), status.into());
    condition.insert("reason".into(), outcome.reason().into());
    if !message.is_empty() {
        condition.insert("message".into(), message.into());
    }
    condition.insert("lastUpdateTime".into(), at.into());
    condition.insert("lastTransitionTime".into(), since);
    conditions.insert(0, condition.into());
    let mut sealed = sealed.clone();
    sealed.set(&["status", "conditions"], conditions.into());
    sealed.set(&["status", "observedGeneration"], generation.into());
    Some(sealed)
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// An instant as Kubernetes writes it.
fn seconds(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

#[cfg(test)]
mod tests;
