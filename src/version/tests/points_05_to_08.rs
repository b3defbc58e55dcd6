use super::super::{testing::*, testing_world::*};
use crate::api::version::{ADOPTED, GIVEN, PROMOTE, REJECTED};

/// The plain Secret held `a`, one Rollout reads it, and now it opens to `b`.
fn adopted() -> World {
    let mut world = World::new("b");
    world.put(plain("a"));
    world.rollouts = vec![rollout("web", "db", "a", "a")];
    world.sets = vec![set("web", "a", 1, "db", 2)];
    world
}

#[test]
fn point_06_the_content_of_the_plain_secret_becomes_version_1_promoted() {
    let mut world = adopted();
    let condition = world.settle();
    assert_eq!(world.shown(), ["db-v1=a*", "db-v2=b"]);
    assert_eq!(world.plain(), "a");
    assert_eq!(world.secrets["db-v1"].annotation(ADOPTED), Some("true"));
    assert_eq!(condition, "Progressing: version 2 waits for Rollout web");
    let mut same = adopted();
    same.seal("a");
    assert_eq!(same.settle(), "Promoted: version 1 is promoted");
    assert_eq!(same.shown(), ["db-v1=a*"]);
}

#[test]
fn point_06_adoption_needs_no_key() {
    let mut world = adopted();
    world.value = None;
    assert_eq!(
        world.settle(),
        "Progressing: version 1 stays promoted: what is sealed now does not open"
    );
    assert_eq!(world.shown(), ["db-v1=a*"]);
}

#[test]
fn point_06_a_replica_set_on_the_plain_secret_counts_as_version_1_until_another_is_promoted() {
    let mut world = adopted();
    world.settle();
    world.sets.push(set("web", "b", 2, "db-v2", 2));
    world.rollouts = vec![rollout("web", "db", "b", "b")];
    assert_eq!(world.settle(), "Promoted: version 2 is promoted");
    // Back to the first content: it is there no more, and the old ReplicaSet counts as nothing.
    world.seal("a");
    assert_eq!(
        world.settle(),
        "Progressing: version 3 waits for Rollout web"
    );
    world.rollouts = vec![rollout("web", "db", "a", "a")];
    assert_eq!(
        world.settle(),
        "Progressing: version 3 waits for Rollout web"
    );
}

#[test]
fn point_07_the_plain_name_takes_it_when_every_stable_replica_set_is_on_it() {
    let mut world = adopted();
    world.rollouts.push(rollout("api", "db", "c", "c"));
    world.sets.push(set("api", "c", 1, "db", 1));
    assert_eq!(
        world.settle(),
        "Progressing: version 2 waits for Rollout api, Rollout web"
    );
    world.rollouts[0] = rollout("web", "db", "b", "b");
    world.sets.push(set("web", "b", 2, "db-v2", 2));
    assert_eq!(
        world.settle(),
        "Progressing: version 2 waits for Rollout api"
    );
    assert_eq!(world.plain(), "a");
    world.rollouts[1] = rollout("api", "db", "d", "d");
    world.sets.push(set("api", "d", 2, "db-v2", 1));
    assert_eq!(world.settle(), "Promoted: version 2 is promoted");
    assert_eq!(world.plain(), "b");
    let promotions = world
        .events
        .iter()
        .filter(|reason| *reason == "SecretVersionPromoted");
    assert_eq!(promotions.count(), 1);
}

#[test]
fn point_07_a_stable_replica_set_that_does_not_name_the_secret_is_on_none() {
    let mut world = adopted();
    world.settle();
    world.rollouts.push(rollout("new", "db", "c", "d"));
    world.sets.push(set("new", "c", 1, "other", 1));
    world.sets.push(set("new", "d", 2, "db-v2", 1));
    world.rollouts[0] = rollout("web", "db", "b", "b");
    world.sets.push(set("web", "b", 2, "db-v2", 2));
    assert_eq!(
        world.settle(),
        "Progressing: version 2 waits for Rollout new"
    );
}

#[test]
fn point_07_without_consumers_it_is_promoted_at_once() {
    let mut world = World::new("a");
    assert_eq!(world.settle(), "Promoted: version 1 is promoted");
    world.seal("b");
    assert_eq!(world.settle(), "Promoted: version 2 is promoted");
    assert_eq!(
        (world.plain().as_str(), world.shown()),
        ("b", vec!["db-v2=b*".to_owned()])
    );
}

#[test]
fn point_07_a_version_that_was_given_waits_for_a_consumer_or_a_word() {
    let mut world = adopted();
    world.settle();
    world.sets.push(set("web", "b", 2, "db-v2", 0));
    world.settle();
    assert_eq!(world.secrets["db-v2"].annotation(GIVEN), Some("true"));
    world.rollouts.clear();
    world.sets.clear();
    let condition = world.settle();
    assert!(
        condition.starts_with("Progressing: version 2 was given to a Rollout before"),
        "{condition}"
    );
    assert!(
        condition.ends_with("waxwing secret promote db"),
        "{condition}"
    );
    let asked = annotated(world.secrets["db-v2"].clone(), PROMOTE, "true");
    world.put(asked);
    assert_eq!(world.settle(), "Promoted: version 2 is promoted");
    assert_eq!(world.secrets["db-v2"].annotation(PROMOTE), None);
    assert_eq!(world.plain(), "b");
}

#[test]
fn point_07_a_word_is_kept_until_it_is_followed_and_forgotten_when_a_consumer_decides() {
    let mut world = adopted();
    world.settle();
    world.sets.push(set("web", "b", 2, "db-v2", 0));
    world.settle();
    let (rollouts, sets) = (world.rollouts.clone(), world.sets.clone());
    world.rollouts.clear();
    world.sets.clear();
    world.settle();
    let asked = annotated(world.secrets["db-v2"].clone(), PROMOTE, "true");
    world.put(asked);
    // Stopped after any effect, the word is not lost.
    let decision = world.decide();
    for effects in 0..decision.effects.len() {
        let mut stopped = world.clone();
        stopped.apply(&decision, effects);
        assert_eq!(stopped.settle(), "Promoted: version 2 is promoted");
        assert_eq!(stopped.plain(), "b");
    }
    // A Rollout reads it again: it decides, and the word is not kept for later.
    world.rollouts = rollouts;
    world.sets = sets;
    world.settle();
    assert_eq!(world.plain(), "a");
    assert_eq!(world.secrets["db-v2"].annotation(PROMOTE), None);
}

#[test]
fn point_07_the_condition_names_whoever_is_waited_for() {
    let mut world = adopted();
    world.rollouts[0].set(&["spec", "paused"], true.into());
    assert_eq!(
        world.settle(),
        "Progressing: version 2 waits for Rollout web (paused)"
    );
    world.rollouts[0].set(
        &["status", "conditions"],
        serde_json::json!([{"type": "InvalidSpec", "status": "True"}]),
    );
    assert_eq!(
        world.settle(),
        "Progressing: version 2 waits for Rollout web (invalid)"
    );
}

/// Version 2 was aborted in revision 2.
fn rejected() -> World {
    let mut world = adopted();
    world.settle();
    world.sets.push(set("web", "b", 2, "db-v2", 1));
    world.rollouts = vec![aborted(
        rollout("web", "db", "a", "b"),
        "Rollout aborted update to revision 2: Background analysis phase error/failed",
    )];
    world
}

#[test]
fn point_08_an_abort_rejects_the_version_that_it_brought() {
    let mut world = rejected();
    assert_eq!(
        world.settle(),
        "Rejected: version 2 was rejected by Rollout web in revision 2: \
         Rollout aborted update to revision 2: Background analysis phase error/failed"
    );
    let noted = world.secrets["db-v2"].annotation(REJECTED).unwrap();
    assert_eq!(
        noted,
        r#"{"web":{"uid":"uid-of-web","revision":"2","message":"Rollout aborted update to revision 2: Background analysis phase error/failed","templateChanged":false}}"#
    );
    assert_eq!(world.secrets["db-v1"].annotation(REJECTED), None);
    assert_eq!(world.plain(), "a");
    let events = world
        .events
        .iter()
        .filter(|reason| *reason == "SecretVersionRejected");
    assert_eq!(events.count(), 1);
}

#[test]
fn point_08_the_cause_stays_when_the_rollout_says_something_else() {
    let mut world = rejected();
    let said = world.settle();
    // The next revision is being made, while the update is still marked as aborted.
    world.rollouts[0].set(
        &["status", "conditions"],
        serde_json::json!([{"type": "Progressing", "status": "True", "reason": "NewReplicaSetCreated", "message": "x"}]),
    );
    assert_eq!(world.settle(), said);
    let noted = world.secrets["db-v2"].annotation(REJECTED).unwrap();
    assert!(
        noted.contains("Background analysis phase error/failed"),
        "{noted}"
    );
}

#[test]
fn point_08_it_says_whether_the_template_changed_too() {
    let mut world = rejected();
    world.sets[1].set(
        &["spec", "template", "spec", "terminationGracePeriodSeconds"],
        5.into(),
    );
    let condition = world.settle();
    assert!(
        condition.contains("in revision 2, which changed the pod template too"),
        "{condition}"
    );
}

#[test]
fn point_08_no_version_differs_nothing_is_rejected() {
    let mut world = adopted();
    world.seal("a");
    world.settle();
    world.sets.push(set("web", "b", 2, "db-v1", 1));
    world.rollouts = vec![aborted(rollout("web", "db", "a", "b"), "image")];
    assert_eq!(world.settle(), "Promoted: version 1 is promoted");
    assert_eq!(world.secrets["db-v1"].annotation(REJECTED), None);
}

#[test]
fn point_08_a_deadline_without_an_abort_stalls() {
    let mut world = rejected();
    let mut web = rollout("web", "db", "a", "b");
    web.set(
        &["status", "conditions"],
        serde_json::json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
            "message": "ReplicaSet \"web-b\" has timed out progressing."}]),
    );
    world.rollouts = vec![web];
    assert_eq!(
        world.settle(),
        "Stalled: version 2 makes no progress in Rollout web, revision 2: ReplicaSet \"web-b\" has timed out progressing."
    );
}

#[test]
fn point_08_superseded_midway_is_neither() {
    let mut world = adopted();
    world.settle();
    world.sets.push(set("web", "b", 2, "db-v2", 1));
    world.seal("c");
    assert_eq!(
        world.settle(),
        "Progressing: version 3 waits for Rollout web"
    );
    assert_eq!(world.secrets["db-v2"].annotation(REJECTED), None);
}

#[test]
fn point_08_retry_tries_the_same_version_again() {
    let mut world = rejected();
    world.settle();
    world.rollouts = vec![rollout("web", "db", "a", "b")];
    assert_eq!(
        world.settle(),
        "Progressing: version 2 waits for Rollout web"
    );
    assert_eq!(world.shown(), ["db-v1=a*", "db-v2=b"]);
    world.rollouts = vec![rollout("web", "db", "b", "b")];
    assert_eq!(world.settle(), "Promoted: version 2 is promoted");
}

#[test]
fn point_08_a_new_commit_makes_a_new_version() {
    let mut world = rejected();
    world.settle();
    world.seal("c");
    assert_eq!(
        world.settle(),
        "Progressing: version 3 waits for Rollout web (aborted)"
    );
    assert_eq!(world.shown(), ["db-v1=a*", "db-v2=b", "db-v3=c"]);
}

#[test]
fn point_08_reverting_makes_the_old_version_desired_again() {
    let mut world = rejected();
    world.settle();
    world.seal("a");
    assert_eq!(world.settle(), "Promoted: version 1 is promoted");
    assert_eq!(world.shown(), ["db-v1=a*", "db-v2=b"]);
}

#[test]
fn point_08_two_rollouts_that_disagree() {
    let mut world = rejected();
    world.rollouts.push(rollout("api", "db", "d", "d"));
    world.sets.push(set("api", "d", 2, "db-v2", 1));
    let condition = world.settle();
    assert!(
        condition.starts_with("Rejected: version 2 was rejected by Rollout web"),
        "{condition}"
    );
    assert_eq!(world.plain(), "a");
    // Back: the one is on it already, for the other it is an update.
    world.seal("a");
    assert_eq!(world.settle(), "Promoted: version 1 is promoted");
    assert!(world.secrets.contains_key("db-v2"), "api still reads it");
}

#[test]
fn point_08_a_rejection_stays_when_its_rollout_is_deleted() {
    let mut world = rejected();
    world.settle();
    world.rollouts.clear();
    world.sets.clear();
    let condition = world.settle();
    assert!(condition.starts_with("Rejected: version 2"), "{condition}");
    assert_eq!(world.plain(), "a");
}
