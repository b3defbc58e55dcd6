//! What to do for one SealedSecret that is opted in.
//!
//! The order of the effects is such that a stop after any of them leaves a state from which the next pass goes on to
//! the same end: versions are written before anything names them, the plain Secret is the last word on what is
//! promoted, and marks follow it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{
    collect::{Collected, collect},
    condition::{self, Condition},
    content::Content,
    input::sealed_from,
    promote::{self, Verdict},
    reject::{self, Rejections},
    snapshot::{Needs, Opened, Snapshot},
    state::State,
    write::{self, Marks, Said},
};
use crate::{
    api::version::{event, reason},
    object::Object,
    plan::{Effect, Event, EventSeverity, Next},
};

/// When versions are looked at again that only pods hold.
const PODS_AGAIN: SignedDuration = SignedDuration::from_secs(10);

/// What to do, and what to say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// What to do, in this order.
    pub effects: Vec<Effect>,
    /// What the condition `Promoted` says afterwards; `None` when there is nothing yet to deliver.
    pub condition: Option<Condition>,
    /// The number of the desired version.
    pub desired: Option<u64>,
    /// When to look again.
    pub next: Next,
}

/// What must be read before [`decide`] can be called; to be asked until nothing is.
pub fn needs(snapshot: &Snapshot) -> Needs {
    match State::of(snapshot) {
        Err(objects) => Needs {
            objects,
            pods: false,
        },
        Ok(None) => Needs::default(),
        Ok(Some(state)) => {
            let rejections = reject::rejections(&state);
            let verdict = promote::judge(&state, &rejections.by_version);
            Needs {
                pods: collect(snapshot, &kept(&state, &verdict)).needs_pods,
                ..Needs::default()
            }
        }
    }
}

/// Decides what to do. The same snapshot gives the same decision; decided again on what it leads to, nothing is done.
pub fn decide(snapshot: &Snapshot, now: Timestamp) -> Decision {
    let Ok(Some(state)) = State::of(snapshot) else {
        return Decision::default();
    };
    let rejections = reject::rejections(&state);
    let verdict = promote::judge(&state, &rejections.by_version);
    let collected = collect(snapshot, &kept(&state, &verdict));
    let condition = Condition::of(&state, &verdict, &rejections);
    let effects = effects(&state, &verdict, &rejections, &condition, &collected);
    let next = if collected.waits_for_pods {
        now.checked_add(PODS_AGAIN).map_or(Next::Backoff, Next::At)
    } else {
        Next::AwaitChange
    };
    Decision {
        effects,
        condition: Some(condition),
        desired: Some(state.desired),
        next,
    }
}

/// The versions that stay whoever reads them.
fn kept(state: &State<'_>, verdict: &Verdict) -> BTreeSet<u64> {
    let mut kept = BTreeSet::from([state.desired]);
    // Until the plain Secret has taken another one, it is made again from this one.
    if *verdict != Verdict::Promote {
        kept.extend(state.promoted);
    }
    kept
}

fn effects(
    state: &State<'_>,
    verdict: &Verdict,
    rejections: &Rejections,
    condition: &Condition,
    collected: &Collected,
) -> Vec<Effect> {
    let snapshot = state.snapshot;
    let is_promotion = *verdict == Verdict::Promote;
    let promoted = if is_promotion {
        Some(state.desired)
    } else {
        state.promoted
    };
    let input = (snapshot.opened != Opened::Failed).then(|| sealed_from(&snapshot.sealed));
    let marks = |number: u64| Marks {
        is_desired: number == state.desired,
        is_promoted: Some(number) == promoted,
        is_adopted: !is_promotion && state.adopted == Some(number) && Some(number) == promoted,
        is_given: promote::is_named(state, number)
            || state
                .versions
                .get(&number)
                .is_some_and(super::read::Version::is_given),
        // Noted until the plain Secret has followed, and no longer than nobody else decides.
        is_asked_for: number == state.desired
            && matches!(verdict, Verdict::Promote | Verdict::Nobody)
            && state
                .versions
                .get(&number)
                .is_some_and(super::read::Version::is_asked_for),
        sealed_from: input.clone().filter(|_| number == state.desired),
        last: match state.versions.get(&number) {
            Some(_) if number == state.desired || Some(number) == promoted => state.highest,
            Some(version) => version.last().max(number),
            // Never more than is written: a stop before the next one is made must not skip its number.
            None => number,
        },
        rejections: rejections
            .by_version
            .get(&number)
            .cloned()
            .unwrap_or_default(),
    };
    let mut effects = Vec::new();
    for (number, made) in &state.made {
        let Some(object) = write::made(snapshot, *number, &made.content, &marks(*number)) else {
            continue;
        };
        let again = if made.is_again { " again" } else { "" };
        let message = format!(
            "Version {number} was written{again}: Secret {}",
            object.name()
        );
        effects.push(Effect::Create(object));
        effects.push(told(
            snapshot,
            EventSeverity::Normal,
            event::CREATED,
            message,
        ));
    }
    let gone: BTreeSet<&str> = collected
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Delete { target, .. } => Some(target.name.as_str()),
            _ => None,
        })
        .collect();
    // First what is to be seen before the plain Secret changes, then what must not be lost before it has.
    let (first, last): (Vec<_>, Vec<_>) = state
        .versions
        .values()
        .filter(|version| !gone.contains(version.object.name()))
        .partition(|version| version.number == state.desired);
    effects.extend(
        first
            .into_iter()
            .filter_map(|version| write::marked(snapshot, version, &marks(version.number))),
    );
    if let Some(promoted) = promoted {
        effects.extend(plain(state, promoted, is_promotion, input.clone()));
    }
    if is_promotion {
        let message = format!(
            "Version {} is promoted: Secret {} holds it",
            state.desired,
            snapshot.secret()
        );
        effects.push(told(
            snapshot,
            EventSeverity::Normal,
            event::PROMOTED,
            message,
        ));
    }
    effects.extend(
        last.into_iter()
            .filter_map(|version| write::marked(snapshot, version, &marks(version.number))),
    );
    effects.extend(events(state, rejections, condition));
    effects.extend(collected.effects.iter().cloned());
    effects
}

fn plain(
    state: &State<'_>,
    promoted: u64,
    is_promotion: bool,
    sealed_from: Option<String>,
) -> Vec<Effect> {
    let content = match (state.made.get(&promoted), state.versions.get(&promoted)) {
        (Some(made), _) => made.content.clone(),
        (None, Some(version)) => Content::of(version.object),
        (None, None) => return Vec::new(),
    };
    let said = Said {
        promoted,
        desired: state.desired,
        is_adopted: !is_promotion && state.adopted == Some(promoted),
        last: state.highest,
        sealed_from,
    };
    write::plain(state.snapshot, &content, &said)
}

fn events(state: &State<'_>, rejections: &Rejections, condition: &Condition) -> Vec<Effect> {
    let snapshot = state.snapshot;
    let mut events = Vec::new();
    for (number, name) in &rejections.new {
        let Some(rejection) = rejections
            .by_version
            .get(number)
            .and_then(|by| by.get(name))
        else {
            continue;
        };
        let cause = match rejection.message.as_str() {
            "" => String::new(),
            message => format!(": {message}"),
        };
        let message = format!(
            "Version {number} was rejected by Rollout {name} in revision {}{cause}",
            rejection.revision
        );
        events.push(told(
            snapshot,
            EventSeverity::Warning,
            event::REJECTED,
            message,
        ));
    }
    let before = condition::said(&snapshot.sealed);
    let is_new = before.is_none_or(|(_, message)| message != condition.message);
    if condition.reason == reason::LOST && is_new {
        let message = condition.message.clone();
        events.push(told(snapshot, EventSeverity::Warning, event::LOST, message));
    }
    events
}

/// An event about the SealedSecret.
pub(super) fn told(
    snapshot: &Snapshot,
    severity: EventSeverity,
    reason: &str,
    message: String,
) -> Effect {
    Effect::Event(Event {
        regarding: snapshot.sealed.clone(),
        severity,
        reason: reason.to_owned(),
        message,
    })
}

/// The template's labels and annotations as the plain Secret takes them: none of ours.
pub fn plain_metadata(opened: &Object) -> super::Metadata {
    let own = |map: std::collections::BTreeMap<&str, &str>| {
        map.into_iter()
            .filter(|(name, _)| !name.starts_with(crate::api::version::PREFIX))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    };
    super::Metadata {
        labels: own(opened.labels()),
        annotations: own(opened.annotations()),
    }
}
