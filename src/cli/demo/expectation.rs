//! What is expected, each as a question to what is seen: `Ok` where it holds, else what is seen instead.

use super::{
    chapter::{PASSWORD, SECOND_BACKEND_SECRET, SECOND_PASSWORD},
    past::Past,
    scenario::FIRST_PASSWORD,
    seen::{NAME, SECRET, Seen},
};

/// An answer: `Err` says what is seen.
pub type Answer = Result<(), String>;

/// Something that is expected.
#[derive(Clone, Copy, Debug)]
pub struct Expectation {
    /// In words.
    pub text: &'static str,
    /// The cue of the chapter that it follows.
    pub cue: usize,
    /// How it is judged.
    pub form: Form,
}

/// How an expectation is judged.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// It holds at some moment, so many simulated seconds after its cue at most.
    Comes(i64, fn(&Seen, &Past) -> Answer),
    /// It holds from its cue to the end of the chapter.
    Stays(fn(&Seen, &Past) -> Answer),
}

impl Expectation {
    /// It holds at some moment.
    pub const fn comes(
        text: &'static str,
        cue: usize,
        within: i64,
        holds: fn(&Seen, &Past) -> Answer,
    ) -> Self {
        Self {
            text,
            cue,
            form: Form::Comes(within, holds),
        }
    }

    /// It holds all the time.
    pub const fn stays(text: &'static str, cue: usize, holds: fn(&Seen, &Past) -> Answer) -> Self {
        Self {
            text,
            cue,
            form: Form::Stays(holds),
        }
    }
}

fn when(holds: bool, seen: impl FnOnce() -> String) -> Answer {
    if holds { Ok(()) } else { Err(seen()) }
}

fn app_state(seen: &Seen) -> (&str, &str) {
    (
        seen.app(&["status", "sync", "status"]),
        seen.app(&["status", "health", "status"]),
    )
}

/// Synced to what Git has, and healthy.
pub fn app_synced(seen: &Seen, past: &Past) -> Answer {
    let (sync, health) = app_state(seen);
    let revision = seen.app(&["status", "sync", "revision"]);
    when(
        sync == "Synced" && health == "Healthy" && revision == past.head,
        || {
            format!(
                "{sync} to {}, {health}",
                revision.get(..7).unwrap_or(revision)
            )
        },
    )
}

/// Not healthy, and it says so.
pub fn app_degraded(seen: &Seen, _: &Past) -> Answer {
    let (_, health) = app_state(seen);
    when(health == "Degraded", || health.to_owned())
}

/// Opened, for the generation that there is.
pub fn sealed_synced(seen: &Seen, _: &Past) -> Answer {
    let (status, _, message) = seen.sealed_condition("Synced");
    when(status == "True", || format!("Synced={status} {message}"))
}

/// A key of the plain Secret holds a value.
fn plain(seen: &Seen, key: &str, value: &str) -> Answer {
    when(seen.holds(SECRET, key, value), || {
        match seen.secret(SECRET) {
            None => "no such Secret".to_owned(),
            Some(_) => format!("another value of {key}"),
        }
    })
}

/// The password of the scenario.
pub fn first_password(seen: &Seen, _: &Past) -> Answer {
    let others = [
        ("POSTGRES_HOST", "postgres.backstage"),
        ("POSTGRES_PORT", "5432"),
        ("POSTGRES_USER", "backstage"),
    ];
    for (key, value) in others {
        plain(seen, key, value)?;
    }
    plain(seen, PASSWORD, FIRST_PASSWORD)
}

/// The password that came by a canary.
pub fn second_password(seen: &Seen, _: &Past) -> Answer {
    plain(seen, PASSWORD, SECOND_PASSWORD)
}

/// Version 1 is there as it should be.
pub fn first_version(seen: &Seen, _: &Past) -> Answer {
    let name = format!("{SECRET}-v1");
    let is_immutable = seen
        .secret(&name)
        .and_then(|one| one.at(&["immutable"])?.as_bool())
        == Some(true);
    let promoted = seen
        .versions()
        .iter()
        .any(|one| one.number == 1 && one.is_promoted);
    when(
        is_immutable && promoted && seen.holds(&name, PASSWORD, FIRST_PASSWORD),
        || format!("immutable {is_immutable}, promoted {promoted}"),
    )
}

/// A version holds a password.
fn version_exists(seen: &Seen, number: u64) -> Answer {
    when(
        seen.versions().iter().any(|one| one.number == number),
        || {
            let numbers: Vec<String> = seen
                .versions()
                .iter()
                .map(|one| one.number.to_string())
                .collect();
            format!("versions {}", numbers.join(", "))
        },
    )
}

/// The version of the third chapter.
pub fn second_version(seen: &Seen, _: &Past) -> Answer {
    version_exists(seen, 2)
}

/// The version of the fourth chapter.
pub fn third_version(seen: &Seen, _: &Past) -> Answer {
    version_exists(seen, 3)
}

/// No version beside those that were there.
pub fn no_new_version(seen: &Seen, past: &Past) -> Answer {
    let highest = seen
        .versions()
        .iter()
        .map(|one| one.number)
        .max()
        .unwrap_or(0);
    when(highest == past.version_before, || {
        format!("version {highest}")
    })
}

fn stable_at(seen: &Seen, revision: i64) -> Answer {
    let stable = seen.view.replica_sets.iter().find(|set| set.stable);
    let at = stable.map_or(0, |set| set.revision);
    let ready = seen.ready_pods(revision);
    let status = &seen.view.status;
    when(at == revision && ready == 4 && status == "Healthy", || {
        format!("{status}, revision {at} is stable, {ready} pods of revision {revision} are ready")
    })
}

/// The first revision.
pub fn first_stable(seen: &Seen, _: &Past) -> Answer {
    stable_at(seen, 1)
}

/// The revision of the second chapter.
pub fn second_healthy(seen: &Seen, _: &Past) -> Answer {
    stable_at(seen, 2)
}

/// The revision of the fourth chapter.
pub fn fourth_healthy(seen: &Seen, _: &Past) -> Answer {
    stable_at(seen, 4)
}

/// The first revision of the fifth chapter.
pub fn fifth_healthy(seen: &Seen, _: &Past) -> Answer {
    stable_at(seen, 5)
}

/// The newest revision is the stable one.
pub fn healthy(seen: &Seen, past: &Past) -> Answer {
    when(seen.revision() > past.revision_before, || {
        "no new revision".to_owned()
    })?;
    stable_at(seen, seen.revision())
}

/// So many pods read a version, and no pod another.
fn all_on(seen: &Seen, number: u64) -> Answer {
    let counts: Vec<(u64, usize)> = seen
        .versions()
        .iter()
        .map(|one| (one.number, one.readers))
        .collect();
    let others: usize = counts
        .iter()
        .filter(|(one, _)| *one != number)
        .map(|(_, readers)| readers)
        .sum();
    let own = counts
        .iter()
        .find(|(one, _)| *one == number)
        .map_or(0, |(_, readers)| *readers);
    when(own == 4 && others == 0, || {
        let said: Vec<String> = counts
            .iter()
            .map(|(one, readers)| format!("{readers} on version {one}"))
            .collect();
        said.join(", ")
    })
}

/// All pods read version 1.
pub fn all_on_first(seen: &Seen, _: &Past) -> Answer {
    all_on(seen, 1)
}

/// All pods read version 3.
pub fn all_on_third(seen: &Seen, _: &Past) -> Answer {
    all_on(seen, 3)
}

/// Every pod is back on the old version and ready.
pub fn back_on_version(seen: &Seen, _: &Past) -> Answer {
    all_on(seen, 1)?;
    let ready = seen.ready_pods(2);
    when(ready == 4, || format!("{ready} pods are ready"))
}

/// The weights of a canary, in order, then none.
pub fn steps(_: &Seen, past: &Past) -> Answer {
    let mut weights = past.weights.clone();
    weights.retain(|weight| *weight != 0);
    when(weights.starts_with(&[20, 50, 80]), || {
        format!("weights {:?}", past.weights)
    })
}

/// The pods of a canary at each weight.
pub fn rolled(_: &Seen, past: &Past) -> Answer {
    let pods = [20, 50, 80].map(|weight| past.canary_pods.get(&weight).copied().unwrap_or(0));
    when(pods == [1, 2, 4], || format!("{pods:?} pods"))
}

/// One revision more than before the chapter.
pub fn one_revision(_: &Seen, past: &Past) -> Answer {
    let made: Vec<i64> = past.revisions.iter().copied().collect();
    when(made == [past.revision_before + 1], || {
        format!("revisions {made:?}")
    })
}

/// One revision more, with the image and the secret of the fifth chapter.
pub fn fifth_revision(seen: &Seen, past: &Past) -> Answer {
    when(past.revisions.contains(&5), || {
        format!("revisions {:?}", past.revisions)
    })?;
    when(!past.revisions.contains(&6), || {
        "a second revision".to_owned()
    })?;
    let set = seen.view.replica_sets.iter().find(|set| set.revision == 5);
    let images = set.map(|set| set.images.clone()).unwrap_or_default();
    let versions = set
        .map(|set| set.secret_versions.clone())
        .unwrap_or_default();
    let both = images.iter().any(|image| image.ends_with(":sha-5b7c1aa"))
        && versions.iter().any(|one| one.version == 4);
    when(both && healthy(seen, past).is_ok(), || {
        format!("{images:?}, {versions:?}")
    })
}

/// No pod of another revision than 3 reads version 2.
pub fn canary_only(seen: &Seen, _: &Past) -> Answer {
    let readers = seen.readers(2);
    let others = seen
        .view
        .replica_sets
        .iter()
        .filter(|set| set.revision != 3);
    let pods = others
        .flat_map(|set| &set.pods)
        .map(|pod| &pod.object_meta.name);
    let foreign: Vec<&String> = pods.filter(|pod| readers.contains(pod)).collect();
    when(foreign.is_empty(), || format!("{foreign:?} read it"))
}

/// In the place of the pod that was deleted last another is ready, with the same version.
pub fn replaced(seen: &Seen, past: &Past) -> Answer {
    let Some((gone, number)) = past.deleted.last() else {
        return Err("no pod was deleted".to_owned());
    };
    let readers = seen.readers(*number);
    let stable = seen.view.replica_sets.iter().filter(|set| set.stable);
    let fresh = stable.flat_map(|set| &set.pods).any(|pod| {
        let name = &pod.object_meta.name;
        !past.pods_before.contains(name) && pod.ready == "1/1" && readers.contains(name)
    });
    when(!readers.contains(gone) && fresh, || {
        "no new pod is ready".to_owned()
    })
}

/// The analysis failed as expected, and the update was aborted at weight 50.
pub fn aborted(seen: &Seen, past: &Past) -> Answer {
    let message = seen.rollout(&["status", "message"]);
    when(
        seen.view.status == "Degraded" && message.contains("RolloutAborted"),
        || format!("{} {message}", seen.view.status),
    )?;
    let runs = seen.scene.as_ref().map_or(&[][..], |scene| &scene.runs);
    let failed = runs
        .iter()
        .find(|run| run.at(&["status", "phase"]) == Some(&"Failed".into()));
    let results = failed.and_then(|run| run.at(&["status", "metricResults"])?.as_array());
    let rate = results
        .into_iter()
        .flatten()
        .find(|one| one.get("name") == Some(&"error-rate".into()));
    let count = |name: &str| rate.and_then(|one| one.get(name)?.as_i64()).unwrap_or(0);
    when(count("failed") == 4 && count("successful") >= 1, || {
        format!(
            "{} failed and {} passed",
            count("failed"),
            count("successful")
        )
    })?;
    let highest = past.weights.iter().max().copied().unwrap_or(0);
    when(highest == 50, || format!("weight {highest}"))
}

/// The route gives the canary nothing.
pub fn back_to_stable(seen: &Seen, past: &Past) -> Answer {
    aborted(seen, past)?;
    when(seen.weight() == 0, || format!("weight {}", seen.weight()))
}

/// The condition tells of the rejection.
pub fn rejected(seen: &Seen, _: &Past) -> Answer {
    let (status, reason, message) = seen.sealed_condition("Promoted");
    let names = [NAME, "2", "error-rate"]
        .iter()
        .all(|word| message.contains(word));
    when(status == "False" && reason == "Rejected" && names, || {
        format!("Promoted={status} {reason}: {message}")
    })
}

/// The plain Secret keeps the password of the scenario.
pub fn stays_secret(seen: &Seen, _: &Past) -> Answer {
    plain(seen, PASSWORD, FIRST_PASSWORD)
}

/// The condition tells of the promotion.
pub fn promoted(seen: &Seen, _: &Past) -> Answer {
    let (status, reason, message) = seen.sealed_condition("Promoted");
    let is_third = seen
        .versions()
        .iter()
        .any(|one| one.number == 3 && one.is_promoted);
    when(status == "True" && is_third, || {
        format!("Promoted={status} {reason}: {message}")
    })
}

/// Version 1 is there while revision 2 names it.
pub fn history_keeps(seen: &Seen, past: &Past) -> Answer {
    fourth_healthy(seen, past)?;
    let named = seen.view.replica_sets.iter().any(|set| set.revision == 2);
    when(named, || "revision 2 is not in the history".to_owned())?;
    version_exists(seen, 1)
}

/// The session key of the fifth chapter is there.
pub fn new_session_key(seen: &Seen, _: &Past) -> Answer {
    plain(seen, "BACKEND_SECRET", SECOND_BACKEND_SECRET)
}

/// Version 1 went with the last revision that named it.
pub fn gone(seen: &Seen, _: &Past) -> Answer {
    let revisions: Vec<i64> = seen
        .view
        .replica_sets
        .iter()
        .map(|set| set.revision)
        .collect();
    when(
        version_exists(seen, 1).is_err() && version_exists(seen, 4).is_ok(),
        || format!("version 1, revisions {revisions:?}"),
    )
}
