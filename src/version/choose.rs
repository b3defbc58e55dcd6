//! Which version a Rollout takes of each secret, and which of its ReplicaSets is made so already.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    condition,
    consume::{revision_number, template_in},
    effective::{Held, held_for, put_back},
    input::{is_opted_in, sealed_from},
    pin::pins,
    read::{Version, versions},
};
use crate::{
    api::{rollout::HASH_LABEL, version::reason},
    object::Object,
};

/// How one secret is delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Whether its changes are delivered as versions.
    pub is_honoured: bool,
    /// Whether its controller has seen what is asked for now.
    pub is_observed: bool,
    /// What is sealed now.
    pub sealed_from: String,
    /// The desired version.
    pub desired: Option<u64>,
    /// The promoted version.
    pub promoted: Option<u64>,
    /// What a ReplicaSet that names the plain Secret counts as made with.
    pub adopted: Option<u64>,
    /// The versions that are there.
    pub existing: BTreeSet<u64>,
}

/// What a Rollout takes of one secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// This version.
    Take(u64),
    /// The plain Secret at the next revision; until then each ReplicaSet keeps what it names.
    Keep,
}

impl Delivered {
    /// How a secret is delivered, by its SealedSecret and the Secrets that are labelled as its versions.
    pub fn of(secret: &str, sealed: Option<&Object>, labelled: &[Object]) -> Self {
        let all = versions(secret, labelled);
        let input = sealed.map(sealed_from).unwrap_or_default();
        // A change of marks takes two writes: in between, the newer one counts.
        let desired = all
            .values()
            .filter(|version| version.is_desired())
            .max_by_key(|version| (version.sealed_from() == input, version.number));
        let promoted = all
            .values()
            .filter(|version| version.is_promoted())
            .max_by_key(|version| (version.is_desired(), version.number));
        let is_refused = sealed
            .and_then(condition::said)
            .is_some_and(|(said, _)| said == reason::NOT_OWNED || said == reason::PATCHED);
        Self {
            is_honoured: sealed.is_some_and(is_opted_in) && !is_refused,
            // What was opened stands on the version, whether or not a status is written.
            is_observed: sealed.is_none_or(is_observed)
                || desired.is_some_and(|version| version.sealed_from() == input),
            sealed_from: input,
            desired: desired.map(|version| version.number),
            promoted: promoted.map(|version| version.number),
            adopted: all
                .values()
                .find(|version| version.is_adopted() && version.is_promoted())
                .map(|version: &Version<'_>| version.number),
            existing: all.into_keys().collect(),
        }
    }
}

fn is_observed(sealed: &Object) -> bool {
    let observed = sealed.at(&["status", "observedGeneration"]);
    observed.and_then(Value::as_i64).unwrap_or(0) >= sealed.generation().unwrap_or(0)
}

/// What a Rollout takes of a secret: at its first revision the promoted version, then the desired one, or the one
/// that is pinned for as long as what is sealed stays the same.
pub fn choose(rollout: &Object, secret: &str, delivered: &Delivered) -> Choice {
    let Some(desired) = delivered.desired.filter(|_| delivered.is_honoured) else {
        return Choice::Keep;
    };
    let is_first = rollout
        .at(&["status", "stableRS"])
        .and_then(Value::as_str)
        .is_none_or(str::is_empty);
    if is_first {
        // Where the promoted version is gone, the plain name still holds its content.
        return delivered.promoted.map_or(Choice::Keep, Choice::Take);
    }
    let pins = pins(rollout);
    let pinned = pins
        .get(secret)
        .filter(|pin| pin.sealed_from.is_empty() || pin.sealed_from == delivered.sealed_from)
        .map(|pin| pin.version)
        .filter(|version| delivered.existing.contains(version));
    Choice::Take(pinned.unwrap_or(desired))
}

/// The ReplicaSet of a Rollout that is made from its template with the chosen versions, if there is one.
///
/// Compared by template with the plain names put back (`is_same`), plus the version of each secret.
pub fn judged<'a>(
    rollout: &Object,
    template: &Value,
    sets: &'a [Object],
    choices: &BTreeMap<String, (Choice, Option<u64>)>,
    is_same: impl Fn(&Object, &Value) -> bool,
) -> Option<&'a Object> {
    let namespace = rollout.namespace().unwrap_or_default();
    let status = |field: &str| {
        let hash = rollout.at(&["status", field]).and_then(Value::as_str);
        hash.filter(|hash| !hash.is_empty())
    };
    let (current, stable) = (status("currentPodHash"), status("stableRS"));
    let is_at = |set: &Object, hash: Option<&str>| hash.is_some() && set.label(HASH_LABEL) == hash;
    sets.iter()
        .filter(|set| {
            let live = template_in(set);
            let in_place = is_at(set, current) || is_at(set, stable);
            choices.iter().all(|(secret, (choice, adopted))| {
                let held = held_for(&live, template, namespace, secret);
                match choice {
                    Choice::Take(number) => held.number(*adopted) == Some(*number),
                    Choice::Keep => held == Held::Plain || in_place,
                }
            })
        })
        .filter(|set| {
            let mut back = (*set).clone();
            let live = template_in(set);
            back.set(&["spec", "template"], put_back(&live, template, namespace));
            is_same(&back, template)
        })
        .max_by_key(|set| {
            (
                is_at(set, current),
                is_at(set, stable),
                revision_number(set),
            )
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::testing::*, *};
    use crate::api::version::{ADOPTED, DESIRED, PIN, PROMOTED};

    fn delivered() -> Delivered {
        Delivered {
            is_honoured: true,
            is_observed: true,
            sealed_from: "s".to_owned(),
            desired: Some(2),
            promoted: Some(1),
            adopted: Some(1),
            existing: [1, 2].into(),
        }
    }

    #[test]
    fn point_05_the_first_revision_takes_the_promoted_version() {
        let web = rollout("web", "db", "", "");
        assert_eq!(choose(&web, "db", &delivered()), Choice::Take(1));
        let lost = Delivered {
            promoted: None,
            ..delivered()
        };
        assert_eq!(choose(&web, "db", &lost), Choice::Keep);
        let web = rollout("web", "db", "a", "a");
        assert_eq!(choose(&web, "db", &delivered()), Choice::Take(2));
    }

    #[test]
    fn point_04_a_pin_holds_until_the_sealed_secret_changes() {
        let pinned = |version: u64, sealed_from: &str| {
            let pin = json!({"db": {"version": version, "sealedFrom": sealed_from}});
            annotated(rollout("web", "db", "a", "a"), PIN, &pin.to_string())
        };
        for (version, sealed_from, taken) in [(1, "s", 1), (1, "t", 2), (7, "s", 2)] {
            let choice = choose(&pinned(version, sealed_from), "db", &delivered());
            assert_eq!(choice, Choice::Take(taken), "{version} {sealed_from}");
        }
    }

    #[test]
    fn point_01_what_is_not_honoured_keeps() {
        let web = rollout("web", "db", "a", "a");
        let mut other = delivered();
        other.is_honoured = false;
        assert_eq!(choose(&web, "db", &other), Choice::Keep);
        let mut none = delivered();
        none.desired = None;
        assert_eq!(choose(&web, "db", &none), Choice::Keep);
    }

    #[test]
    fn what_is_delivered_is_read_from_marks() {
        let both = [
            labelled(
                annotated(labelled(version(1, "a"), PROMOTED, "true"), ADOPTED, "true"),
                DESIRED,
                "true",
            ),
            labelled(version(2, "b"), DESIRED, "true"),
        ];
        let opted_in = sealed("AgA=");
        let found = Delivered::of("db", Some(&opted_in), &both);
        assert_eq!(
            (found.desired, found.promoted, found.adopted),
            (Some(2), Some(1), Some(1))
        );
        assert!(found.is_honoured && !found.is_observed);
        let mut refused = opted_in.clone();
        refused.set(
            &["status"],
            json!({"observedGeneration": 1, "conditions": [{"type": "Promoted", "reason": "NotOwned"}]}),
        );
        let found = Delivered::of("db", Some(&refused), &both);
        assert!(!found.is_honoured && found.is_observed);
        assert!(!Delivered::of("db", None, &both).is_honoured);
    }

    fn judged_name(
        choice: Choice,
        adopted: Option<u64>,
        hashes: (&str, &str),
        secrets: &[(&str, &str)],
    ) -> Option<String> {
        let web = rollout("web", "db", hashes.0, hashes.1);
        let sets: Vec<Object> = secrets
            .iter()
            .zip(1..)
            .map(|((hash, secret), revision)| set("web", hash, revision, secret, 1))
            .collect();
        let choices = BTreeMap::from([("db".to_owned(), (choice, adopted))]);
        let same = |set: &Object, template: &Value| template_in(set) == *template;
        judged(&web, &template("db"), &sets, &choices, same).map(|set| set.name().to_owned())
    }

    #[test]
    fn point_06_replica_sets_are_compared_with_plain_names_and_by_version() {
        use Choice::{Keep, Take};
        let both = [("a", "db"), ("b", "db-v2")];
        let foreign = [("a", "other"), ("b", "other-v2")];
        for (choice, adopted, hashes, sets, found) in [
            (Take(1), Some(1), ("a", "a"), &both, Some("web-a")),
            (Take(1), None, ("a", "a"), &both, None),
            (Take(2), Some(1), ("a", "a"), &both, Some("web-b")),
            (Take(3), Some(1), ("a", "b"), &both, None),
            (Take(2), Some(1), ("a", "a"), &foreign, None),
            // Nothing is restarted when versions are left: what runs stays as it is.
            (Keep, None, ("a", "b"), &both, Some("web-b")),
            (Keep, None, ("b", "b"), &both, Some("web-b")),
            (Keep, None, ("x", "x"), &both, Some("web-a")),
            (
                Keep,
                None,
                ("x", "x"),
                &[("b", "db-v2"), ("c", "db-v3")],
                None,
            ),
        ] {
            let name = judged_name(choice, adopted, hashes, sets);
            assert_eq!(name.as_deref(), found, "{choice:?} {adopted:?} {hashes:?}");
        }
    }

    #[test]
    fn point_06_of_two_that_match_what_runs_is_taken() {
        let sets = [("a", "db"), ("b", "db-v1")];
        for (hashes, found) in [
            (("a", "a"), "web-a"),
            (("a", "b"), "web-b"),
            (("x", "y"), "web-b"),
        ] {
            let name = judged_name(Choice::Take(1), Some(1), hashes, &sets);
            assert_eq!(name.as_deref(), Some(found), "{hashes:?}");
        }
    }
}
