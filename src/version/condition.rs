//! The condition `Promoted` of a SealedSecret, beside `Synced`, in the fields that the original's CRD allows.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value};

use super::{
    input::sealed_from,
    pin,
    promote::Verdict,
    read::{Rejection, Version},
    reject::Rejections,
    snapshot::Opened,
    state::State,
};
use crate::{
    api::version::{CONDITION, reason},
    object::Object,
};

/// What the condition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// A word of [`reason`]; the condition is true for [`reason::PROMOTED`] only.
    pub reason: &'static str,
    /// A sentence for people.
    pub message: String,
}

impl Condition {
    /// The plain Secret is somebody else's: nothing is delivered as versions.
    pub fn not_owned(secret: &str) -> Self {
        Self {
            reason: reason::NOT_OWNED,
            message: format!(
                "Secret {secret} is not owned by this SealedSecret: its changes are not delivered as versions"
            ),
        }
    }

    /// The plain Secret is shared: nothing is delivered as versions.
    pub fn patched(secret: &str) -> Self {
        Self {
            reason: reason::PATCHED,
            message: format!(
                "Secret {secret} is only patched by this SealedSecret: its changes are not delivered as versions"
            ),
        }
    }

    /// What is to be said of a state, once the plan is applied.
    pub(super) fn of(state: &State<'_>, verdict: &Verdict, rejections: &Rejections) -> Self {
        if !state.lost.is_empty() {
            return Self::lost(state);
        }
        let desired = state.desired;
        let gone = of_the_plain_name(state);
        match verdict {
            Verdict::Settled | Verdict::Promote if is_unopened(state) => Self {
                reason: reason::PROGRESSING,
                message: format!(
                    "version {desired} stays promoted: what is sealed now does not open"
                ),
            },
            Verdict::Settled | Verdict::Promote => Self {
                reason: reason::PROMOTED,
                message: format!("version {desired} is promoted"),
            },
            Verdict::Nobody => rejected(state, rejections).unwrap_or_else(|| Self {
                reason: reason::PROGRESSING,
                message: format!(
                    "version {desired} was given to a Rollout before and waits for one, or for: waxwing secret promote {}{gone}",
                    state.snapshot.secret()
                ),
            }),
            Verdict::Waits(waited) => rejected(state, rejections)
                .or_else(|| stalled(state))
                .unwrap_or_else(|| Self {
                    reason: reason::PROGRESSING,
                    message: format!("version {desired} waits for {}{gone}", waited.join(", ")),
                }),
        }
    }

    fn lost(state: &State<'_>) -> Self {
        let parts: Vec<String> = state
            .lost
            .iter()
            .map(|(number, sets)| {
                let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
                format!(
                    "version {number} is gone for good; ReplicaSet {} names it",
                    sets.join(", ")
                )
            })
            .collect();
        Self {
            reason: reason::LOST,
            message: format!("{}{}", parts.join("; "), of_the_plain_name(state)),
        }
    }

    /// The SealedSecret with this condition; `None` if it says so already.
    pub fn put(&self, sealed: &Object, now: Timestamp) -> Option<Object> {
        let status = if self.reason == reason::PROMOTED {
            "True"
        } else {
            "False"
        };
        let mut conditions = conditions(sealed);
        let place = place(&conditions);
        let before = place.and_then(|place| conditions.get(place).cloned());
        let said = |field: &str| {
            let before = before.as_ref()?;
            before.get(field).and_then(Value::as_str)
        };
        let flips = said("status") != Some(status);
        if !flips
            && said("reason") == Some(self.reason)
            && said("message") == Some(self.message.as_str())
        {
            return None;
        }
        let at = now
            .to_zoned(TimeZone::UTC)
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string();
        let since = said("lastTransitionTime").filter(|_| !flips).unwrap_or(&at);
        let condition: Map<String, Value> = [
            ("type", CONDITION),
            ("status", status),
            ("reason", self.reason),
            ("message", &self.message),
            ("lastUpdateTime", &at),
            ("lastTransitionTime", since),
        ]
        .map(|(field, text)| (field.to_owned(), text.into()))
        .into_iter()
        .collect();
        match place.and_then(|place| conditions.get_mut(place)) {
            Some(slot) => *slot = condition.into(),
            None => conditions.push(condition.into()),
        }
        let mut told = sealed.clone();
        told.set(&["status", "conditions"], conditions.into());
        Some(told)
    }
}

/// The SealedSecret without the condition; `None` if it has none.
pub fn removed(sealed: &Object) -> Option<Object> {
    let mut conditions = conditions(sealed);
    let place = place(&conditions)?;
    conditions.remove(place);
    let mut told = sealed.clone();
    told.set(&["status", "conditions"], conditions.into());
    Some(told)
}

/// What the condition says now: its reason and message.
pub fn said(sealed: &Object) -> Option<(String, String)> {
    let conditions = conditions(sealed);
    let condition = conditions.get(place(&conditions)?)?;
    let text = |field: &str| {
        let text = condition.get(field).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    Some((text("reason"), text("message")))
}

fn conditions(sealed: &Object) -> Vec<Value> {
    let conditions = sealed.at(&["status", "conditions"]);
    conditions
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}

fn place(conditions: &[Value]) -> Option<usize> {
    conditions
        .iter()
        .position(|condition| condition.get("type").and_then(Value::as_str) == Some(CONDITION))
}

/// Whether the desired version is another than what is sealed now, for that does not open.
fn is_unopened(state: &State<'_>) -> bool {
    let made_from = state.versions.get(&state.desired).map(Version::sealed_from);
    let input = sealed_from(&state.snapshot.sealed);
    state.snapshot.opened == Opened::Failed && made_from != Some(input.as_str())
}

/// That nothing holds what was promoted, where that is so.
fn of_the_plain_name(state: &State<'_>) -> String {
    if state.promoted.is_some() || state.snapshot.plain.is_some() {
        return String::new();
    }
    format!(
        "; what Secret {} held is gone for good, and it takes version {} when that is promoted",
        state.snapshot.secret(),
        state.desired
    )
}

/// Whether a rejection of the desired version still says how things stand: a Rollout that has gone on to something else
/// is about to try it again, unless it is pinned.
fn stands(state: &State<'_>, name: &str, rejection: &Rejection) -> bool {
    let is_it = |uid: Option<&str>| uid.unwrap_or_default() == rejection.uid;
    let consumer = state
        .consumers
        .iter()
        .find(|consumer| consumer.name() == name && is_it(consumer.rollout.uid()));
    consumer.is_none_or(|consumer| {
        let pins = pin::pins(consumer.rollout);
        let pinned = pins.get(state.snapshot.secret());
        state.number_in(consumer, consumer.current()) == Some(state.desired)
            || pinned.is_some_and(|pin| pin.version != state.desired)
    })
}

/// Who has rejected the desired version, and why.
fn rejected(state: &State<'_>, rejections: &Rejections) -> Option<Condition> {
    let all = rejections.by_version.get(&state.desired)?;
    let by: Vec<_> = all
        .iter()
        .filter(|(name, rejection)| stands(state, name, rejection))
        .collect();
    if by.is_empty() {
        return None;
    }
    let parts: Vec<String> = by
        .into_iter()
        .map(|(name, rejection)| {
            let also = if rejection.template_changed {
                ", which changed the pod template too"
            } else {
                ""
            };
            let cause = match rejection.message.as_str() {
                "" => String::new(),
                message => format!(": {message}"),
            };
            format!(
                "by Rollout {name} in revision {}{also}{cause}",
                rejection.revision
            )
        })
        .collect();
    Some(Condition {
        reason: reason::REJECTED,
        message: format!(
            "version {} was rejected {}",
            state.desired,
            parts.join("; ")
        ),
    })
}

/// Who makes no progress on the desired version.
fn stalled(state: &State<'_>) -> Option<Condition> {
    let parts: Vec<String> = state
        .consumers
        .iter()
        .filter(|consumer| state.number_in(consumer, consumer.current()) == Some(state.desired))
        .filter_map(|consumer| {
            let (_, _, message) = consumer
                .condition("Progressing")
                .filter(|(_, reason, _)| *reason == "ProgressDeadlineExceeded")?;
            let revision = consumer.current().map(super::consume::revision_number)?;
            Some(format!(
                "Rollout {}, revision {revision}: {message}",
                consumer.name()
            ))
        })
        .collect();
    (!parts.is_empty()).then(|| Condition {
        reason: reason::STALLED,
        message: format!(
            "version {} makes no progress in {}",
            state.desired,
            parts.join("; ")
        ),
    })
}
