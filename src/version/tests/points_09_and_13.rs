use serde_json::{Value, json};

use super::super::{Condition, removed, testing::*, testing_world::*};
use crate::{
    api::version::{REJECTED, SEALED_FROM},
    object::Object,
};

fn conditions(sealed: &Object) -> Vec<Value> {
    let all = sealed.at(&["status", "conditions"]);
    all.and_then(Value::as_array).cloned().unwrap_or_default()
}

/// `a` is promoted, and `b` is on its way to a Rollout.
fn midway() -> World {
    let mut world = World::new("a");
    world.settle();
    world.rollouts = vec![rollout("web", "db", "a", "a")];
    world.sets = vec![set("web", "a", 1, "db-v1", 2)];
    world.seal("b");
    world.settle();
    world.sets.push(set("web", "b", 2, "db-v2", 1));
    world.rollouts = vec![rollout("web", "db", "a", "b")];
    world
}

#[test]
fn point_09_the_condition_stands_after_synced_in_fields_of_the_original() {
    let mut world = midway();
    let synced =
        json!({"type": "Synced", "status": "True", "lastUpdateTime": "2030-01-01T00:00:00Z"});
    world.sealed.set(&["status", "conditions"], json!([synced]));
    world.settle();
    let found = conditions(&world.sealed);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0], synced);
    let fields: Vec<&str> = found[1]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        fields,
        [
            "lastTransitionTime",
            "lastUpdateTime",
            "message",
            "reason",
            "status",
            "type"
        ]
    );
    // Taken away again, the rest is as it was.
    let told = removed(&world.sealed).unwrap();
    assert_eq!(conditions(&told), [synced]);
    assert_eq!(removed(&told), None);
}

#[test]
fn point_09_it_is_true_for_promoted_only() {
    let (one, two) = (Condition::not_owned("db"), Condition::patched("db"));
    let mut world = midway();
    for (condition, status, reason) in [(one, "False", "NotOwned"), (two, "False", "Patched")] {
        let told = condition.put(&world.sealed, now()).unwrap();
        let found = conditions(&told);
        assert_eq!(found[0]["status"], status);
        assert_eq!(found[0]["reason"], reason);
    }
    let said = |world: &mut World| {
        world.settle();
        let found = conditions(&world.sealed).remove(0);
        let text = |name: &str| found[name].as_str().unwrap().to_owned();
        (text("status"), text("reason"))
    };
    let pair = |status: &str, reason: &str| (status.to_owned(), reason.to_owned());
    assert_eq!(said(&mut world), pair("False", "Progressing"));
    world.rollouts = vec![aborted(rollout("web", "db", "a", "b"), "bad")];
    assert_eq!(said(&mut world), pair("False", "Rejected"));
    world.rollouts = vec![rollout("web", "db", "b", "b")];
    assert_eq!(said(&mut world), pair("True", "Promoted"));
    let kinds: Vec<&str> = world.events.iter().map(String::as_str).collect();
    assert_eq!(
        kinds,
        [
            "SecretVersionCreated",
            "SecretVersionCreated",
            "SecretVersionRejected",
            "SecretVersionPromoted"
        ]
    );
}

#[test]
fn point_09_a_transition_is_dated_when_the_status_flips_only() {
    let mut world = midway();
    world.settle();
    let at = |world: &World, field: &str| conditions(&world.sealed)[0][field].clone();
    let first = at(&world, "lastTransitionTime");
    let later = now() + jiff::SignedDuration::from_secs(60);
    world.rollouts[0].set(&["spec", "paused"], true.into());
    let condition = world.decide().condition.unwrap();
    world.sealed = condition.put(&world.sealed, later).unwrap();
    assert_eq!(at(&world, "lastTransitionTime"), first);
    assert_eq!(at(&world, "lastUpdateTime"), "2030-01-01T00:01:00Z");
    assert_eq!(condition.put(&world.sealed, later), None, "said once");
}

#[test]
fn point_09_what_does_not_open_is_not_promoted() {
    let mut world = World::new("a");
    assert_eq!(world.settle(), "Promoted: version 1 is promoted");
    // The key is gone, but this very input was opened before.
    world.value = None;
    assert_eq!(world.settle(), "Promoted: version 1 is promoted");
    world.seal("b");
    world.value = None;
    assert_eq!(
        world.settle(),
        "Progressing: version 1 stays promoted: what is sealed now does not open"
    );
    assert_eq!(world.plain(), "a");
    world.seal("a");
    assert_eq!(world.settle(), "Promoted: version 1 is promoted");
}

#[test]
fn point_09_an_old_rejection_does_not_speak_of_a_version_that_is_tried_again() {
    let mut world = midway();
    world.rollouts = vec![aborted(rollout("web", "db", "a", "b"), "bad")];
    world.settle();
    world.seal("a");
    world.rollouts = vec![rollout("web", "db", "a", "a")];
    assert_eq!(world.settle(), "Promoted: version 1 is promoted");
    // Git asks again for what was rejected; the Rollout has not begun yet.
    world.seal("b");
    assert_eq!(
        world.settle(),
        "Progressing: version 2 waits for Rollout web"
    );
    assert!(world.secrets["db-v2"].annotation(REJECTED).is_some());
    // Pinned, it will not try: what it said stands.
    let pin = r#"{"db":{"version":1,"sealedFrom":""}}"#;
    world.rollouts[0] = annotated(
        rollout("web", "db", "a", "a"),
        crate::api::version::PIN,
        pin,
    );
    let said = world.settle();
    assert!(said.starts_with("Rejected: version 2"), "{said}");
}

/// What the original controller of SealedSecrets makes of the plain Secret: content, labels and annotations of the
/// template, and the owner; nothing else is known to it.
fn by_the_original(world: &mut World, value: &str) {
    let mut plain = plain(value);
    let uid = world.secrets["db"].uid().map(str::to_owned);
    plain.set(&["metadata", "uid"], uid.into());
    world.put(plain);
}

#[test]
fn point_13_the_plain_secret_is_what_the_original_updates() {
    let mut world = midway();
    world.settle();
    let plain = &world.secrets["db"];
    let owners = plain.at(&["metadata", "ownerReferences"]).unwrap();
    assert_eq!(
        owners,
        &json!([{"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "name": "db", "uid": UID, "controller": true}])
    );
    assert_eq!(plain.at(&["immutable"]), None);
    assert_eq!(world.plain(), "a");
    for secret in world.secrets.values() {
        assert_eq!(secret.at(&["metadata", "finalizers"]), None);
    }
    // Nothing of ours is on what Git has, so that nothing drifts.
    assert_eq!(world.sealed.at(&["metadata", "finalizers"]), None);
    assert_eq!(world.sealed.annotations().len(), 1, "the opt-in");
}

#[test]
fn point_13_versions_stay_for_those_who_read_them_when_the_original_takes_over() {
    let mut world = midway();
    world.settle();
    let version = &world.secrets["db-v1"];
    let owners = version.at(&["metadata", "ownerReferences"]).unwrap();
    // No controller: the original takes only what it controls for its own.
    assert!(
        owners
            .as_array()
            .unwrap()
            .iter()
            .all(|owner| owner.get("controller").is_none())
    );
}

#[test]
fn point_13_coming_back_restarts_nothing() {
    let mut world = midway();
    world.rollouts = vec![rollout("web", "db", "b", "b")];
    assert_eq!(world.settle(), "Promoted: version 2 is promoted");
    // With the originals: one revision on the plain name, and a change that applies at once.
    by_the_original(&mut world, "c");
    world.seal("c");
    world.rollouts = vec![rollout("web", "db", "p", "p")];
    world.sets = vec![set("web", "b", 2, "db-v2", 0), set("web", "p", 3, "db", 2)];
    // Back with us: what runs counts as the version that the plain Secret holds.
    assert_eq!(world.settle(), "Promoted: version 3 is promoted");
    assert_eq!(world.shown(), ["db-v2=b", "db-v3=c*"]);
    assert_eq!(world.plain(), "c");
    let adopted = world.secrets["db-v3"].annotation(crate::api::version::ADOPTED);
    assert_eq!(adopted, Some("true"));
}

#[test]
fn point_13_coming_back_to_a_content_that_has_a_version_takes_that_one() {
    let mut world = midway();
    world.rollouts = vec![rollout("web", "db", "b", "b")];
    world.settle();
    by_the_original(&mut world, "b");
    world.rollouts = vec![rollout("web", "db", "p", "p")];
    world.sets.push(set("web", "p", 3, "db", 2));
    assert_eq!(world.settle(), "Promoted: version 2 is promoted");
    assert_eq!(world.shown(), ["db-v1=a", "db-v2=b*"]);
    let input = super::super::sealed_from(&world.sealed);
    assert_eq!(
        world.secrets["db-v2"].annotation(SEALED_FROM),
        Some(input.as_str())
    );
}
