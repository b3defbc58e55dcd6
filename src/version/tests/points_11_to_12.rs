use serde_json::json;

use super::super::{testing::*, testing_world::*};
use crate::{
    api::version::{CANARY_HISTORY, LAST_VERSION, SEALED_FROM},
    version::sealed_from,
};

/// `a` promoted as version 1 by name, `b` promoted after it, `c` desired.
fn three() -> World {
    let mut world = World::new("a");
    world.settle();
    world.rollouts = vec![rollout("web", "db", "a", "a")];
    world.sets = vec![set("web", "a", 1, "db-v1", 1)];
    world.seal("b");
    world.settle();
    world.rollouts = vec![rollout("web", "db", "b", "b")];
    world.sets = vec![
        set("web", "a", 1, "db-v1", 0),
        set("web", "b", 2, "db-v2", 1),
    ];
    world.settle();
    world
}

fn pod(secret: &str, phase: &str) -> crate::object::Object {
    let mut pod = object(
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"},
        "status": {"phase": phase}}),
    );
    pod.set(&["spec"], template(secret)["spec"].clone());
    pod
}

#[test]
fn point_11_a_version_stays_as_long_as_the_history_names_it() {
    let mut world = three();
    assert_eq!(world.shown(), ["db-v1=a", "db-v2=b*"]);
    world.sets.remove(0);
    world.settle();
    assert_eq!(world.shown(), ["db-v2=b*"]);
    assert_eq!(world.secrets["db"].annotation(LAST_VERSION), Some("2"));
}

#[test]
fn point_11_a_version_stays_as_long_as_a_pod_reads_it() {
    let mut world = three();
    world.sets.remove(0);
    world.pods = vec![pod("db-v1", "Running")];
    let decision = world.decide();
    assert!(decision.effects.is_empty());
    assert_ne!(
        decision.next,
        crate::plan::Next::AwaitChange,
        "nothing else tells that the pod is gone"
    );
    world.pods = vec![pod("db-v1", "Succeeded"), pod("other", "Running")];
    world.settle();
    assert_eq!(world.shown(), ["db-v2=b*"]);
}

#[test]
fn point_11_history_0_drops_versions_as_soon_as_no_pod_reads_them() {
    let mut world = three();
    world.sealed = annotated(world.sealed.clone(), CANARY_HISTORY, "0");
    world.settle();
    assert_eq!(world.shown(), ["db-v2=b*"]);
}

#[test]
fn point_11_deletes_are_guarded_by_uid_and_resource_version() {
    let mut world = three();
    world.sets.remove(0);
    let decision = world.decide();
    let crate::plan::Effect::Delete { precondition, .. } = &decision.effects[0] else {
        panic!("{decision:?}");
    };
    assert!(precondition.uid.is_some() && precondition.resource_version.is_some());
}

#[test]
fn point_11_a_recreated_sealed_secret_adopts_the_versions_of_its_name() {
    let mut world = three();
    world.secrets.remove("db");
    world.sealed.set(&["metadata", "uid"], "another-uid".into());
    let set_owner =
        json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-b", "uid": "uid-web-b"});
    let mut kept = world.secrets["db-v2"].clone();
    kept.set(
        &["metadata", "ownerReferences"],
        json!([owner(UID), set_owner]),
    );
    world.put(kept);
    assert_eq!(world.settle(), "Promoted: version 2 is promoted");
    assert_eq!(world.shown(), ["db-v1=a", "db-v2=b*"]);
    let owners = world.secrets["db-v2"]
        .at(&["metadata", "ownerReferences"])
        .cloned();
    assert_eq!(owners, Some(json!([owner("another-uid"), set_owner])));
    assert_eq!(world.plain(), "b");
}

#[test]
fn point_12_a_version_deleted_by_hand_is_written_again_from_the_plain_secret() {
    let mut world = three();
    world.secrets.remove("db-v2");
    assert_eq!(world.settle(), "Promoted: version 2 is promoted");
    assert_eq!(world.shown(), ["db-v1=a", "db-v2=b*"]);
}

#[test]
fn point_12_an_adopted_version_deleted_by_hand_stays_adopted() {
    let mut world = World::new("a");
    world.put(plain("a"));
    world.rollouts = vec![rollout("web", "db", "a", "a")];
    world.sets = vec![set("web", "a", 1, "db", 1)];
    world.settle();
    let before = world.end();
    world.secrets.remove("db-v1");
    world.settle();
    assert_eq!(world.end(), before);
}

#[test]
fn point_12_a_version_deleted_by_hand_is_written_again_from_the_sealed_secret() {
    let mut world = three();
    world.seal("c");
    world.settle();
    world.sets.push(set("web", "c", 3, "db-v3", 1));
    world.secrets.remove("db-v3");
    world.settle();
    assert_eq!(world.shown(), ["db-v1=a", "db-v2=b*", "db-v3=c"]);
}

#[test]
fn point_12_what_nothing_holds_any_more_is_lost() {
    let mut world = three();
    world.sets[0] = set("web", "a", 1, "db-v1", 1);
    world.secrets.remove("db-v1");
    assert_eq!(
        world.settle(),
        "Lost: version 1 is gone for good; ReplicaSet web-a names it"
    );
    let lost = world
        .events
        .iter()
        .filter(|reason| *reason == "SecretVersionLost");
    assert_eq!(lost.count(), 1);
    world.sets.remove(0);
    assert_eq!(world.settle(), "Promoted: version 2 is promoted");
}

#[test]
fn point_12_a_foreign_secret_that_is_named_like_a_version_is_not_lost() {
    let mut world = three();
    world.sets.push(set("job", "x", 1, "db-v9", 1));
    let mut foreign = version(9, "z");
    foreign.remove(&["metadata", "labels"]);
    world.put(foreign);
    assert_eq!(world.settle(), "Promoted: version 2 is promoted");
}

/// `a` is promoted as version 1 and read; a canary reads version 2, which is `b`. ReplicaSets say what they read.
fn canary() -> World {
    let mut world = World::new("a");
    world.settle();
    let note = |set, world: &World| {
        let note = json!({"db": sealed_from(&world.sealed)}).to_string();
        annotated(set, SEALED_FROM, &note)
    };
    world.rollouts = vec![rollout("web", "db", "a", "b")];
    world.sets = vec![note(set("web", "a", 1, "db-v1", 2), &world)];
    world.seal("b");
    world.settle();
    world
        .sets
        .push(note(set("web", "b", 2, "db-v2", 1), &world));
    world.settle();
    world
}

#[test]
fn point_12_the_newest_version_and_the_plain_secret_deleted_at_once_come_back_as_they_were() {
    let mut world = canary();
    let before = world.end();
    world.secrets.remove("db");
    world.secrets.remove("db-v2");
    assert_eq!(
        world.settle(),
        "Progressing: version 2 waits for Rollout web"
    );
    assert_eq!(world.shown(), ["db-v1=a*", "db-v2=b"]);
    assert_eq!(world.plain(), "a");
    assert_eq!(world.end(), before);
}

#[test]
fn point_12_what_a_canary_reads_is_never_promoted_because_everything_else_is_gone() {
    for gone in [&["db", "db-v1"][..], &["db", "db-v1", "db-v2"]] {
        let mut world = canary();
        for name in gone {
            world.secrets.remove(*name);
        }
        assert_eq!(
            world.settle(),
            "Lost: version 1 is gone for good; ReplicaSet web-a names it; what Secret db held is gone for good, and it \
             takes version 2 when that is promoted",
            "{gone:?}"
        );
        assert_eq!(world.shown(), ["db-v2=b"], "{gone:?}");
        assert_eq!(world.plain(), "", "{gone:?}");
        // By the ordinary way it goes on.
        world.rollouts = vec![rollout("web", "db", "b", "b")];
        world.sets[0] = set("web", "a", 1, "db-v1", 0);
        assert_eq!(world.settle(), "Promoted: version 2 is promoted");
        assert_eq!(world.plain(), "b");
    }
}

#[test]
fn point_12_what_is_promoted_and_sealed_comes_back_whole() {
    let mut world = canary();
    world.rollouts = vec![rollout("web", "db", "b", "b")];
    world.sets[0] = set("web", "a", 1, "db-v1", 0);
    assert_eq!(world.settle(), "Promoted: version 2 is promoted");
    world.secrets.clear();
    assert_eq!(world.settle(), "Promoted: version 2 is promoted");
    assert_eq!(world.shown(), ["db-v2=b*"]);
    assert_eq!(world.plain(), "b");
}

#[test]
fn point_12_an_adopted_secret_that_is_gone_comes_back_only_where_it_is_the_same() {
    for (is_same, condition) in [
        (true, "Promoted: version 1 is promoted"),
        (
            false,
            "Progressing: version 1 waits for Rollout web; what Secret db held is gone for good, and it takes version 1 \
             when that is promoted",
        ),
    ] {
        let mut world = World::new("a");
        let note = if is_same {
            sealed_from(&world.sealed)
        } else {
            String::new()
        };
        let note = json!({"db": note}).to_string();
        world.rollouts = vec![rollout("web", "db", "a", "a")];
        world.sets = vec![annotated(set("web", "a", 1, "db", 2), SEALED_FROM, &note)];
        assert_eq!(world.settle(), condition);
        assert_eq!(world.plain(), if is_same { "a" } else { "" });
    }
}

#[test]
fn point_12_a_number_that_somebody_else_has_taken_meanwhile_is_not_written_again() {
    let mut world = canary();
    world.secrets.remove("db");
    let mut foreign = version(2, "z");
    foreign.remove(&["metadata", "labels"]);
    world.put(foreign);
    world.settle();
    assert_eq!(world.shown(), ["db-v1=a*", "db-v3=b"]);
}
