//! What to do about the Lease now, decided without doing it.
//!
//! Mirrors `tools/leaderelection/leaderelection.go` of client-go: whoever does not hold the Lease takes it when its
//! record has not changed for as long as the record itself says, measured by the looker's own clock, so that clocks need
//! not agree.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use crate::{api::lease, object::Object};

/// How much of the retry period a candidate waits more, at most, so that candidates do not all come at once.
pub const JITTER: f64 = 0.2;

/// How the Lease is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Who we are; no two processes are the same.
    pub identity: String,
    /// How long others let an unrenewed Lease be.
    pub lease: SignedDuration,
    /// How long after its last renewal the holder goes on.
    pub renew: SignedDuration,
    /// How long between two tries to take or renew it.
    pub retry: SignedDuration,
}

/// Why a Lease cannot be held so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Another could take it while the holder goes on.
    #[error("the lease duration must be greater than the renew deadline")]
    Lease,
    /// There would be no second try.
    #[error("the renew deadline must be greater than the retry period, and a fifth more")]
    Renew,
    /// It would be asked for without end.
    #[error("the retry period must be greater than zero")]
    Retry,
    /// Leases count whole seconds.
    #[error("the lease duration must be a second at least")]
    Short,
}

impl Settings {
    /// Checks the three times against each other.
    ///
    /// # Errors
    /// [`SettingsError`] names the two that do not go together.
    pub fn check(&self) -> Result<(), SettingsError> {
        if self.lease <= self.renew {
            return Err(SettingsError::Lease);
        }
        if self.lease.as_secs() < 1 {
            return Err(SettingsError::Short);
        }
        if !self.retry.is_positive() {
            return Err(SettingsError::Retry);
        }
        if self.renew.as_secs_f64() <= self.retry.as_secs_f64() * (1.0 + JITTER) {
            return Err(SettingsError::Renew);
        }
        Ok(())
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// There is no Lease: make this one.
    Make(Value),
    /// Take it, or renew it.
    Write(Object),
    /// Another holds it, and for so long at least.
    Wait {
        /// Who.
        holder: String,
        /// How long until it may be taken, if it is not renewed.
        left: SignedDuration,
    },
}

/// Decides about the Lease as it was read; `unchanged` is for how long its record has been seen as it is.
pub fn decide(
    settings: &Settings,
    live: Option<&Object>,
    unchanged: SignedDuration,
    now: Timestamp,
) -> Turn {
    let at = micros(now);
    let seconds = settings.lease.as_secs();
    let Some(live) = live else {
        return Turn::Make(json!({
            "apiVersion": lease::gvk().api_version(),
            "kind": lease::KIND,
            "metadata": {"name": settings.name, "namespace": settings.namespace},
            "spec": {"holderIdentity": settings.identity, "leaseDurationSeconds": seconds,
                "acquireTime": at, "renewTime": at, "leaseTransitions": 0},
        }));
    };
    let holder = holder_of(live);
    let mut taken = live.clone();
    if holder != settings.identity {
        let valid = SignedDuration::from_secs(number(live, "leaseDurationSeconds"));
        if !holder.is_empty() && unchanged < valid {
            return Turn::Wait {
                holder: holder.to_owned(),
                left: valid - unchanged,
            };
        }
        let transitions = number(live, "leaseTransitions").saturating_add(1);
        taken.set(
            &["spec", "holderIdentity"],
            settings.identity.clone().into(),
        );
        taken.set(&["spec", "leaseTransitions"], transitions.into());
        taken.set(&["spec", "acquireTime"], at.clone().into());
        taken.remove(&["metadata", "annotations", lease::WANTED_BY]);
    }
    taken.set(&["spec", "leaseDurationSeconds"], seconds.into());
    taken.set(&["spec", "renewTime"], at.into());
    Turn::Write(taken)
}

/// The Lease as its holder leaves it, free for the next.
pub fn released(live: &Object, now: Timestamp) -> Object {
    let at = micros(now);
    let mut free = live.clone();
    free.set(&["spec", "holderIdentity"], "".into());
    free.set(&["spec", "leaseDurationSeconds"], 1.into());
    free.set(&["spec", "acquireTime"], at.clone().into());
    free.set(&["spec", "renewTime"], at.into());
    free.remove(&["metadata", "annotations", lease::WANTED_BY]);
    free
}

/// The Lease of another as it is when its holder is asked to give it back; none where that is done or nobody holds it.
pub fn asked(settings: &Settings, live: &Object) -> Option<Object> {
    let holder = holder_of(live);
    let is_asked = live.annotation(lease::WANTED_BY).is_some();
    if is_asked || holder.is_empty() || holder == settings.identity {
        return None;
    }
    let mut asked = live.clone();
    let path = ["metadata", "annotations", lease::WANTED_BY];
    asked.set(&path, settings.identity.clone().into());
    Some(asked)
}

/// Who holds a Lease; empty for nobody.
pub fn holder_of(live: &Object) -> &str {
    let holder = live.at(&["spec", "holderIdentity"]);
    holder.and_then(Value::as_str).unwrap_or_default()
}

fn number(live: &Object, field: &str) -> i64 {
    let number = live.at(&["spec", field]).and_then(Value::as_i64);
    number.unwrap_or_default()
}

/// An instant as Kubernetes' MicroTime.
fn micros(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%dT%H:%M:%S.%6fZ")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            namespace: "ns".to_owned(),
            name: "lock".to_owned(),
            identity: "me".to_owned(),
            lease: SignedDuration::from_secs(15),
            renew: SignedDuration::from_secs(10),
            retry: SignedDuration::from_secs(2),
        }
    }

    fn held_by(holder: &str) -> Object {
        Object::from_value(json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": "lock", "namespace": "ns", "resourceVersion": "7"},
            "spec": {"holderIdentity": holder, "leaseDurationSeconds": 20, "leaseTransitions": 3,
                "acquireTime": "2029-01-01T00:00:00.000000Z", "renewTime": "2029-01-01T00:00:01.000000Z"}}))
        .unwrap()
    }

    fn after(live: Option<&Object>, seconds: i64) -> Turn {
        let now = "2030-01-01T00:00:00.25Z".parse().unwrap();
        decide(&settings(), live, SignedDuration::from_secs(seconds), now)
    }

    fn spec(turn: Turn) -> Value {
        match turn {
            Turn::Make(made) => made["spec"].clone(),
            Turn::Write(object) => object.at(&["spec"]).cloned().unwrap(),
            Turn::Wait { .. } => Value::Null,
        }
    }

    #[test]
    fn a_lease_that_is_not_there_is_made() {
        let Turn::Make(made) = after(None, 0) else {
            panic!("not made")
        };
        let made = Object::from_value(made).unwrap();
        assert_eq!(made.reference().to_string(), "Lease ns/lock");
        assert_eq!(made.gvk(), lease::gvk());
        let at = "2030-01-01T00:00:00.250000Z";
        let expected = json!({"holderIdentity": "me", "leaseDurationSeconds": 15, "acquireTime": at,
            "renewTime": at, "leaseTransitions": 0});
        assert_eq!(made.at(&["spec"]), Some(&expected));
    }

    #[test]
    fn the_holder_renews_and_a_free_or_expired_one_is_taken() {
        let at = "2030-01-01T00:00:00.250000Z";
        let renewed = json!({"holderIdentity": "me", "leaseDurationSeconds": 15, "renewTime": at,
            "acquireTime": "2029-01-01T00:00:00.000000Z", "leaseTransitions": 3});
        assert_eq!(spec(after(Some(&held_by("me")), 0)), renewed);
        // Also long after: nobody else has taken it.
        assert_eq!(spec(after(Some(&held_by("me")), 600)), renewed);
        let taken = json!({"holderIdentity": "me", "leaseDurationSeconds": 15, "renewTime": at,
            "acquireTime": at, "leaseTransitions": 4});
        assert_eq!(spec(after(Some(&held_by("")), 0)), taken);
        // By what the record says, not by what we were told.
        assert_eq!(spec(after(Some(&held_by("other")), 20)), taken);
        let Turn::Write(written) = after(Some(&held_by("other")), 20) else {
            panic!("not taken")
        };
        assert_eq!(
            written.resource_version(),
            Some("7"),
            "guarded by what was read"
        );
    }

    #[test]
    fn anothers_is_waited_for() {
        let expected = Turn::Wait {
            holder: "other".to_owned(),
            left: SignedDuration::from_secs(1),
        };
        assert_eq!(after(Some(&held_by("other")), 19), expected);
        let mut empty = held_by("other");
        empty.remove(&["spec"]);
        assert_ne!(spec(after(Some(&empty), 0)), Value::Null);
    }

    #[test]
    fn who_goes_leaves_it_free_for_all() {
        let free = released(&held_by("me"), "2030-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(holder_of(&free), "");
        assert_eq!(number(&free, "leaseTransitions"), 3);
        assert_eq!(number(&free, "leaseDurationSeconds"), 1);
    }

    #[test]
    fn a_holder_is_asked_once_and_the_next_is_not() {
        let live = held_by("other");
        let wanted = asked(&settings(), &live).unwrap();
        assert_eq!(wanted.annotation(lease::WANTED_BY), Some("me"));
        assert_eq!(wanted.at(&["spec"]), live.at(&["spec"]));
        assert_eq!(asked(&settings(), &wanted), None, "is asked already");
        assert_eq!(asked(&settings(), &held_by("me")), None);
        assert_eq!(asked(&settings(), &held_by("")), None);
        let now = "2030-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(released(&wanted, now).annotation(lease::WANTED_BY), None);
        let Turn::Write(taken) = after(Some(&wanted), 20) else {
            panic!("not taken")
        };
        assert_eq!(taken.annotation(lease::WANTED_BY), None);
    }

    #[test]
    fn times_must_go_together() {
        let with = |lease, renew, retry| {
            let seconds = SignedDuration::from_secs;
            Settings {
                lease: seconds(lease),
                renew: seconds(renew),
                retry: seconds(retry),
                ..settings()
            }
            .check()
        };
        assert_eq!(with(15, 10, 2), Ok(()));
        assert_eq!(with(10, 10, 2), Err(SettingsError::Lease));
        assert_eq!(with(15, 10, 0), Err(SettingsError::Retry));
        assert_eq!(with(15, 12, 10), Err(SettingsError::Renew));
        let short = Settings {
            lease: SignedDuration::from_millis(900),
            renew: SignedDuration::from_millis(500),
            retry: SignedDuration::from_millis(100),
            ..settings()
        };
        assert_eq!(short.check(), Err(SettingsError::Short));
    }
}
