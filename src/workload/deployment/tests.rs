use jiff::SignedDuration;
use serde_json::json;

use super::{needs, world::World};
use crate::{
    object::Object,
    plan::{Next, Plan},
    workload::field,
};

fn all(_: &Object) -> i64 {
    i64::MAX
}

fn none(_: &Object) -> i64 {
    0
}

#[test]
fn makes_the_first_replica_set_and_tells_of_its_availability() {
    let mut world = World::new(&json!({"replicas": 3}));
    world.settle();
    assert_eq!(world.sizes(), [3]);
    let set = world.sets[0].clone();
    let hash = set.label("pod-template-hash").unwrap();
    assert_eq!(set.name(), format!("web-{hash}"));
    assert_eq!(
        set.at(&["spec", "selector", "matchLabels", "pod-template-hash"]),
        Some(&json!(hash))
    );
    assert_eq!(
        set.at(&[
            "spec",
            "template",
            "metadata",
            "labels",
            "pod-template-hash"
        ]),
        Some(&json!(hash))
    );
    for (name, value) in [
        ("deployment.kubernetes.io/revision", "1"),
        ("deployment.kubernetes.io/desired-replicas", "3"),
        ("deployment.kubernetes.io/max-replicas", "4"),
    ] {
        assert_eq!(set.annotation(name), Some(value));
    }
    assert_eq!(
        world
            .deployment
            .annotation("deployment.kubernetes.io/revision"),
        Some("1")
    );
    assert_eq!(
        world.events,
        [format!("Scaled up replica set web-{hash} from 0 to 3")]
    );
    assert_eq!(
        world.condition("Progressing"),
        (
            "True".into(),
            "NewReplicaSetCreated".into(),
            format!("Created new replica set \"web-{hash}\"")
        )
    );
    assert_eq!(world.condition("Available").1, "MinimumReplicasUnavailable");
    world.pods(none);
    world.settle();
    assert_eq!(world.condition("Progressing").1, "ReplicaSetUpdated");
    assert_eq!(
        (world.count("replicas"), world.count("unavailableReplicas")),
        (3, 3)
    );
    world.pods(all);
    world.settle();
    assert_eq!(
        world.condition("Available"),
        (
            "True".into(),
            "MinimumReplicasAvailable".into(),
            "Deployment has minimum availability.".into()
        )
    );
    assert_eq!(
        world.condition("Progressing"),
        (
            "True".into(),
            "NewReplicaSetAvailable".into(),
            format!("ReplicaSet \"web-{hash}\" has successfully progressed.")
        )
    );
    assert_eq!(
        (
            world.count("observedGeneration"),
            world.count("availableReplicas")
        ),
        (1, 3)
    );
    assert_eq!(world.plan(), Plan::default());
}

#[test]
fn rolls_without_dropping_below_availability() {
    let mut world = World::new(&json!({"replicas": 4}));
    world.settle();
    world.pods(all);
    world.settle();
    world.image("i:2");
    for _ in 0..20 {
        world.settle();
        let available: i64 = world
            .sets
            .iter()
            .map(|s| field::int(s, &["status", "availableReplicas"], 0))
            .sum();
        let kept: i64 = world
            .sets
            .iter()
            .map(|s| {
                field::int(s, &["status", "availableReplicas"], 0).min(field::int(
                    s,
                    &["spec", "replicas"],
                    0,
                ))
            })
            .sum();
        assert!(kept >= 3, "{:?} of {available}", world.sizes());
        assert!(
            world.sizes().iter().sum::<i64>() <= 5,
            "{:?}",
            world.sizes()
        );
        // One pod more becomes available at a time.
        let ready = |set: &Object| field::int(set, &["status", "availableReplicas"], 0) + 1;
        world.pods(ready);
    }
    world.settle();
    assert_eq!(world.sizes(), [0, 4]);
    assert_eq!(world.condition("Progressing").1, "NewReplicaSetAvailable");
    assert_eq!(
        world
            .deployment
            .annotation("deployment.kubernetes.io/revision"),
        Some("2")
    );
    // Back to the first template: its ReplicaSet gets the next number and remembers the old one.
    world.image("i:1");
    world.settle();
    assert_eq!(
        world.sets[0].annotation("deployment.kubernetes.io/revision"),
        Some("3")
    );
    assert_eq!(
        world.sets[0].annotation("deployment.kubernetes.io/revision-history"),
        Some("1")
    );
    assert_eq!(
        world
            .deployment
            .annotation("deployment.kubernetes.io/revision"),
        Some("3")
    );
}

#[test]
fn recreate_waits_for_the_old_pods() {
    let mut world = World::new(&json!({"replicas": 2, "strategy": {"type": "Recreate"}}));
    world.settle();
    world.pods(all);
    world.settle();
    world.image("i:2");
    world.settle();
    assert_eq!(world.sizes(), [0]);
    world.pods(all);
    world.settle();
    assert_eq!(world.sizes(), [0, 2]);
}

#[test]
fn a_stuck_update_times_out() {
    let mut world = World::new(&json!({"replicas": 1, "progressDeadlineSeconds": 60}));
    world.settle();
    world.pods(none);
    world.settle();
    let Next::At(at) = world.plan().next else {
        panic!("{:?}", world.plan());
    };
    assert_eq!(at, world.now + SignedDuration::from_secs(61));
    world.now = at;
    world.settle();
    let (status, reason, message) = world.condition("Progressing");
    assert_eq!(
        (status.as_str(), reason.as_str()),
        ("False", "ProgressDeadlineExceeded")
    );
    assert!(message.ends_with("has timed out progressing."), "{message}");
    assert_eq!(world.plan(), Plan::default());
}

#[test]
fn paused_makes_nothing_new_and_scales_by_share() {
    let mut world = World::new(
        &json!({"replicas": 10, "strategy": {"type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}}}),
    );
    world.settle();
    world.pods(all);
    world.settle();
    world.image("i:2");
    world.settle();
    assert_eq!(
        world.sizes(),
        [8, 5],
        "as in the documentation of proportional scaling"
    );
    world.pods(|set| {
        if set.annotation("deployment.kubernetes.io/revision") == Some("1") {
            8
        } else {
            0
        }
    });
    world.settle();
    world.change(&["spec", "replicas"], json!(15));
    world.settle();
    assert_eq!(world.sizes(), [11, 7]);
    world.change(&["spec", "paused"], json!(true));
    world.image("i:3");
    world.settle();
    assert_eq!(world.sets.len(), 2);
    assert_eq!(world.condition("Progressing").1, "DeploymentPaused");
    world.change(&["spec", "paused"], json!(false));
    world.settle();
    assert_eq!(world.sets.len(), 3);
}

#[test]
fn old_revisions_go_beyond_the_limit() {
    let mut world = World::new(&json!({"replicas": 1, "revisionHistoryLimit": 1}));
    for image in ["i:1", "i:2", "i:3", "i:4"] {
        world.image(image);
        for _ in 0..3 {
            world.settle();
            world.pods(all);
        }
        world.settle();
    }
    assert_eq!(world.sizes(), [0, 1]);
    assert_eq!(
        world.sets[0].annotation("deployment.kubernetes.io/revision"),
        Some("3")
    );
}

#[test]
fn a_taken_name_is_stepped_over() {
    let mut world = World::new(&json!({"replicas": 1}));
    let first = needs(&world.deployment).name;
    world.sets.push(
        Object::from_value(json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {
            "name": first, "namespace": "n", "uid": "x", "ownerReferences": [{"uid": "other", "controller": true}]}}))
        .unwrap(),
    );
    world.settle();
    assert_eq!(world.count("collisionCount"), 1);
    assert_eq!(world.sets.len(), 2);
    assert_ne!(world.sets[1].name(), first);
}

#[test]
fn scaling_to_nothing_keeps_the_replica_set() {
    let mut world = World::new(&json!({"replicas": 2}));
    world.settle();
    world.pods(all);
    world.settle();
    world.change(&["spec", "replicas"], json!(0));
    world.settle();
    world.pods(all);
    world.settle();
    assert_eq!(world.sizes(), [0]);
    assert_eq!(
        (world.count("replicas"), world.count("observedGeneration")),
        (0, 2)
    );
    assert_eq!(world.condition("Available").0, "True");
}

#[test]
fn orphans_are_adopted_and_strangers_released() {
    let mut world = World::new(&json!({"replicas": 1}));
    world.settle();
    world.sets[0].remove(&["metadata", "ownerReferences"]);
    assert!(world.pass());
    assert_eq!(world.sets[0].controller_uid(), Some("d"));
    world.sets[0].set(&["metadata", "labels"], json!({"app": "other"}));
    assert!(world.pass());
    assert_eq!(world.sets[0].controller_uid(), None);
}
