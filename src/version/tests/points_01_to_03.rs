use serde_json::json;

use super::super::{content::Content, testing::*, testing_world::*};
use crate::{
    api::version::{ADOPTED, DESIRED, LAST_VERSION, PROMOTED, SEALED_FROM, SECRET, VERSION},
    object::Object,
    plan::Effect,
    version::{leave, sealed_from},
};

#[test]
fn point_02_a_version_is_immutable_labelled_and_holds_only_the_content() {
    let mut world = World::new("a");
    world.sealed.set(
        &["spec", "template", "metadata", "labels", "team"],
        "a".into(),
    );
    world.settle();
    let version = &world.secrets["db-v1"];
    assert_eq!(version.at(&["immutable"]), Some(&true.into()));
    let labels: Vec<(&str, &str)> = version.labels().into_iter().collect();
    assert_eq!(
        labels,
        [
            (DESIRED, "true"),
            (PROMOTED, "true"),
            (SECRET, "db"),
            (VERSION, "1")
        ]
    );
    assert_eq!(version.annotation(LAST_VERSION), Some("1"));
    assert_eq!(
        version.annotation(SEALED_FROM),
        Some(sealed_from(&world.sealed).as_str())
    );
    let plain = &world.secrets["db"];
    assert_eq!(plain.label("team"), Some("a"));
    assert_eq!(plain.at(&["immutable"]), None);
}

#[test]
fn point_02_equal_content_is_the_same_version() {
    let mut world = World::new("a");
    world.settle();
    // Encrypted again: another ciphertext of the same.
    world.seal("a");
    world.settle();
    assert_eq!(world.shown(), ["db-v1=a*"]);
    let input = sealed_from(&world.sealed);
    assert_eq!(
        world.secrets["db-v1"].annotation(SEALED_FROM),
        Some(input.as_str())
    );
    // There and back: reverting makes no version.
    world.rollouts = vec![rollout("web", "db", "a", "a")];
    world.sets = vec![set("web", "a", 1, "db-v1", 1)];
    world.seal("b");
    world.settle();
    assert_eq!(world.shown(), ["db-v1=a*", "db-v2=b"]);
    world.seal("a");
    world.settle();
    assert_eq!(world.shown(), ["db-v1=a*"]);
}

#[test]
fn point_02_of_several_equal_versions_the_highest_is_desired() {
    let mut world = World::new("a");
    for number in [1, 3] {
        world.put(version(number, "a"));
    }
    world.put(labelled(version(2, "b"), PROMOTED, "true"));
    world.rollouts = vec![rollout("web", "db", "a", "a")];
    world.sets = [1, 2, 3]
        .map(|n| set("web", &format!("h{n}"), n, &format!("db-v{n}"), 1))
        .into();
    let decision = world.decide();
    world.apply(&decision, decision.effects.len());
    assert_eq!(world.secrets["db-v3"].label(DESIRED), Some("true"));
    assert_eq!(world.secrets["db-v1"].label(DESIRED), None);
}

#[test]
fn point_02_no_content_is_hashed_into_what_can_be_read() {
    let mut world = World::new("weak");
    world.settle();
    let before = world.secrets["db-v1"].clone();
    let mut other = World::new("other");
    other.sealed = world.sealed.clone();
    other.settle();
    let metadata = |secret: &Object| {
        let mut secret = secret.clone();
        secret.remove(&["metadata", "uid"]);
        secret.at(&["metadata"]).cloned()
    };
    assert_eq!(metadata(&before), metadata(&other.secrets["db-v1"]));
}

#[test]
fn point_02_numbers_are_never_given_twice() {
    for (place, next) in [
        ("plain", 8),
        ("version", 8),
        ("set", 8),
        ("none", 2),
        ("claims", 2),
    ] {
        let mut world = World::new("b");
        let mut plain = annotated(annotated(plain("a"), LAST_VERSION, "1"), VERSION, "1");
        let mut first = labelled(version(1, "a"), PROMOTED, "true");
        world.rollouts = vec![rollout("web", "db", "a", "a")];
        world.sets = vec![set("web", "a", 1, "db-v1", 1)];
        match place {
            "plain" => plain = annotated(plain, LAST_VERSION, "7"),
            "version" => first = annotated(first, LAST_VERSION, "7"),
            "set" => world.sets.push(set("web", "b", 2, "db-v7", 0)),
            // Whoever may write these must not use the numbers up.
            "claims" => {
                let most = u64::MAX.to_string();
                world
                    .sets
                    .push(set("web", "b", 2, &format!("db-v{most}"), 0));
                plain = annotated(plain, LAST_VERSION, &most);
                first = annotated(first, LAST_VERSION, &most);
            }
            _ => {}
        }
        world.put(plain);
        world.put(first);
        world.settle();
        assert!(
            world.secrets.contains_key(&format!("db-v{next}")),
            "{place}: {:?}",
            world.shown()
        );
        let noted = world.secrets["db"].annotation(LAST_VERSION);
        assert_eq!(noted, Some(next.to_string().as_str()));
    }
}

#[test]
fn point_02_a_foreign_secret_of_that_name_is_passed_over() {
    let mut world = World::new("a");
    let foreign = object(json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "db-v1", "namespace": "shop", "uid": "x"}, "data": {}}));
    world.put(foreign.clone());
    world.settle();
    assert_eq!(world.shown(), ["db-v2=a*"]);
    assert_eq!(world.secrets["db-v1"], foreign);
}

#[test]
fn point_02_a_sealed_secret_of_that_name_is_passed_over() {
    let world = World::new("a");
    let mut snapshot = world.snapshot();
    snapshot.looked.insert(snapshot.sealed_ref(1), true);
    let needs = super::super::needs(&snapshot);
    assert!(needs.objects.contains(&snapshot.version_ref(2)));
    snapshot.looked.insert(snapshot.version_ref(2), false);
    snapshot.looked.insert(snapshot.sealed_ref(2), false);
    let decision = super::super::decide(&snapshot, now());
    assert!(matches!(&decision.effects[0], Effect::Create(made) if made.name() == "db-v2"));
}

#[test]
fn point_02_while_it_cannot_be_opened_the_last_desired_one_stays() {
    let mut world = World::new("a");
    world.settle();
    world.rollouts = vec![rollout("web", "db", "a", "a")];
    world.sets = vec![set("web", "a", 1, "db-v1", 1)];
    world.seal("b");
    world.settle();
    world.seal("c");
    world.value = None;
    world.settle();
    assert_eq!(world.shown(), ["db-v1=a*", "db-v2=b"]);
    assert_eq!(world.secrets["db-v2"].label(DESIRED), Some("true"));
}

#[test]
fn point_02_nothing_that_opens_and_nothing_there_is_nothing_to_do() {
    let mut world = World::new("a");
    world.value = None;
    let decision = world.decide();
    assert_eq!((decision.effects.len(), decision.condition), (0, None));
}

#[test]
fn point_03_a_deleted_plain_secret_is_made_again_from_the_promoted_version() {
    let mut world = World::new("a");
    world.settle();
    world.rollouts = vec![rollout("web", "db", "a", "a")];
    world.sets = vec![set("web", "a", 1, "db-v1", 1)];
    world.seal("b");
    world.settle();
    world.secrets.remove("db");
    world.settle();
    assert_eq!((world.plain().as_str(), world.shown().len()), ("a", 2));
}

#[test]
fn point_03_an_edited_plain_secret_is_put_right() {
    let mut world = World::new("a");
    world.settle();
    let before = world.secrets["db"].clone();
    let mut edited = before.clone();
    Content::of(&opened("edited")).put(&mut edited);
    world.put(edited);
    world.settle();
    assert_eq!(world.plain(), "a");
    assert_eq!(world.shown(), ["db-v1=a*"]);
}

#[test]
fn point_03_a_new_type_is_written_by_deleting_and_creating_in_one_pass() {
    for (field, value) in [
        ("type", json!("example.com/old")),
        ("immutable", json!(true)),
    ] {
        let mut world = World::new("b");
        let mut old = plain("a");
        old.set(&[field], value);
        world.put(old);
        let decision = world.decide();
        let kinds: Vec<&str> = decision
            .effects
            .iter()
            .map(|effect| match effect {
                Effect::Create(made) => made.name(),
                Effect::Delete { precondition, .. } => {
                    assert_eq!(precondition.uid.as_deref(), Some("uid-of-plain"));
                    "delete"
                }
                _ => "",
            })
            .filter(|kind| !kind.is_empty())
            .collect();
        // No Rollout reads it, so the new version is promoted at once.
        assert_eq!(kinds, ["db-v1", "db-v2", "delete", "db"], "{field}");
        world.settle();
        assert_eq!(world.plain(), "b");
        assert_eq!(world.secrets["db"].at(&["immutable"]), None);
    }
}

#[test]
fn point_01_opting_out_takes_marks_and_leaves_what_replica_sets_name() {
    let mut world = World::new("a");
    world.settle();
    world.rollouts = vec![aborted(rollout("web", "db", "a", "b"), "Rollout aborted")];
    world.sets = vec![set("web", "a", 1, "db-v1", 1)];
    world.seal("b");
    world.settle();
    world.sets.push(set("web", "b", 2, "db-v2", 0));
    world.settle();
    assert_eq!(
        world.events.last().map(String::as_str),
        Some("SecretVersionRejected")
    );
    let mut snapshot = world.snapshot();
    snapshot.pods = Some(Vec::new());
    let decision = leave(&snapshot, now());
    world.apply(&decision, decision.effects.len());
    assert_eq!(world.shown(), ["db-v1=a", "db-v2=b"]);
    assert_eq!(
        world.events.last().map(String::as_str),
        Some("SecretVersionApplies")
    );
    let told = super::super::removed(&world.sealed).unwrap();
    world.sealed = told;
    let mut snapshot = world.snapshot();
    snapshot.pods = Some(Vec::new());
    assert!(leave(&snapshot, now()).effects.is_empty());
    snapshot.replica_sets.clear();
    let decision = leave(&snapshot, now());
    assert_eq!(
        decision.effects.len(),
        2,
        "they go with the last ReplicaSet"
    );
}

#[test]
fn point_01_opting_in_again_adopts_what_the_plain_secret_holds_then() {
    let mut world = World::new("c");
    world.put(plain("c"));
    world.put(version(1, "a"));
    world.put(version(2, "b"));
    world.rollouts = vec![rollout("web", "db", "a", "a")];
    world.sets = vec![
        set("web", "a", 1, "db-v1", 1),
        set("web", "b", 2, "db-v2", 0),
    ];
    world.settle();
    assert_eq!(world.shown(), ["db-v1=a", "db-v2=b", "db-v3=c*"]);
    assert_eq!(world.plain(), "c");
    assert_eq!(world.secrets["db-v3"].annotation(ADOPTED), Some("true"));
}
