use serde_json::json;

use super::*;
use crate::workload::world::World;

pub(super) fn world(spec: &Value, pods: usize, owned: bool) -> World {
    let budget = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "n", "uid": "b"}, "spec": spec});
    let set = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": "web-1", "namespace": "n", "uid": "rs",
            "ownerReferences": [{"uid": "d", "controller": true}]},
        "spec": {"replicas": 1}});
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "n", "uid": "d"}, "spec": {"replicas": 4}});
    let mut world = World::new([budget, set, deployment]);
    for number in 0..pods {
        let owners = if owned {
            json!([{"kind": "ReplicaSet", "uid": "rs", "controller": true}])
        } else {
            json!([])
        };
        let name = format!("web-{number}");
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name,
            "namespace": "n", "labels": {"app": "web"}, "ownerReferences": owners}, "spec": {}});
        world.add(Object::from_value(pod).unwrap());
        world.run(&name, true);
    }
    world
}

pub(super) fn plan(world: &World) -> Plan {
    let snapshot = Snapshot {
        budget: world.get("PodDisruptionBudget", "web").clone(),
        pods: world.all("Pod"),
        controllers: ["ReplicaSet", "Deployment"]
            .into_iter()
            .flat_map(|kind| world.all(kind))
            .map(|object| (object.uid().unwrap(), object))
            .collect(),
    };
    decide(snapshot, world.now)
}

pub(super) fn counts(world: &World) -> [i64; 4] {
    let budget = world.get("PodDisruptionBudget", "web");
    [
        "expectedPods",
        "desiredHealthy",
        "currentHealthy",
        "disruptionsAllowed",
    ]
    .map(|name| field::int(budget, &["status", name], -1))
}

fn selecting(name: &str, value: &Value) -> Value {
    json!({"selector": {"matchLabels": {"app": "web"}}, name: value})
}

#[test]
fn counts_as_upstream() {
    for (spec, owned, expected) in [
        (selecting("minAvailable", &json!(2)), false, [3, 2, 3, 1]),
        (selecting("minAvailable", &json!(3)), true, [3, 3, 3, 0]),
        (selecting("minAvailable", &json!("50%")), true, [4, 2, 3, 1]),
        (selecting("maxUnavailable", &json!(1)), true, [4, 3, 3, 0]),
        (
            selecting("maxUnavailable", &json!("60%")),
            true,
            [4, 1, 3, 2],
        ),
        (selecting("maxUnavailable", &json!(1)), false, [0, 0, 3, 0]),
        (json!({"minAvailable": 1}), true, [0, 1, 0, 0]),
        (
            json!({"selector": {}, "minAvailable": 1}),
            true,
            [3, 1, 3, 2],
        ),
    ] {
        let mut world = world(&spec, 3, owned);
        world.settle(plan);
        assert_eq!(counts(&world), expected, "{spec}");
        let conditions = world.get("PodDisruptionBudget", "web").clone();
        let allowed = &field::list(&conditions, &["status", "conditions"])[0];
        let reason = if expected[3] > 0 {
            "SufficientPods"
        } else {
            "InsufficientPods"
        };
        assert_eq!(allowed["reason"], reason, "{spec}");
    }
}

#[test]
fn pods_that_are_evicted_do_not_count_for_two_minutes() {
    let mut world = world(&selecting("minAvailable", &json!(1)), 3, false);
    world.settle(plan);
    let at = field::stamp(world.now);
    let disrupted = json!({"web-0": at, "gone": at});
    let path = ["status", "disruptedPods"];
    world.set("PodDisruptionBudget", "web", &path, disrupted);
    world.settle(plan);
    assert_eq!(counts(&world), [3, 1, 2, 1]);
    let budget = world.get("PodDisruptionBudget", "web");
    assert_eq!(budget.at(&path), Some(&json!({"web-0": at})));
    assert_eq!(plan(&world).next, Next::At(world.now + DELETION_TIMEOUT));
    world.wait(121);
    world.settle(plan);
    assert_eq!(counts(&world), [3, 1, 3, 2]);
}

#[test]
fn what_has_no_size_allows_nothing() {
    let mut world = world(&selecting("maxUnavailable", &json!(1)), 1, true);
    let owners = json!([{"kind": "DaemonSet", "uid": "x", "controller": true}]);
    world.set("Pod", "web-0", &["metadata", "ownerReferences"], owners);
    world.settle(plan);
    assert_eq!(counts(&world), [0, 0, 0, 0]);
    let budget = world.get("PodDisruptionBudget", "web");
    let allowed = &field::list(budget, &["status", "conditions"])[0];
    assert_eq!(allowed["reason"], "SyncFailed");
    assert_eq!(
        allowed["message"],
        "daemonsets.apps does not implement the scale subresource"
    );
}
