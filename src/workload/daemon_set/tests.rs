use serde_json::json;

use super::*;
use crate::workload::world::World;

pub(super) fn node(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"on": "yes"}}, "spec": {}})
}

pub(super) fn world(nodes: usize, strategy: &Value) -> World {
    let set = json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "n", "uid": "d"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}},
            "updateStrategy": strategy,
            "revisionHistoryLimit": 2,
            "template": {"metadata": {"labels": {"app": "agent"}},
                "spec": {"nodeSelector": {"on": "yes"}, "containers": [{"name": "c", "image": "i:1"}]}}},
    });
    World::new(
        (0..nodes)
            .map(|number| node(&format!("node-{number}")))
            .chain([set]),
    )
}

pub(super) fn plan(world: &World) -> Plan {
    let daemon_set = world.get("DaemonSet", "agent").clone();
    let name = needs(&daemon_set).name;
    let revisions: Vec<Object> = world
        .all("ControllerRevision")
        .into_iter()
        .cloned()
        .collect();
    let snapshot = Snapshot {
        holder: revisions.iter().find(|one| one.name() == name).cloned(),
        revisions,
        nodes: world.all("Node"),
        pods: world.all("Pod"),
        daemon_set,
    };
    decide(snapshot, world.now)
}

pub(super) fn rolling(unavailable: i64, surge: i64) -> Value {
    json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": unavailable, "maxSurge": surge}})
}

pub(super) fn run_all(world: &mut World) {
    let waiting: Vec<(String, String)> = world
        .all("Pod")
        .into_iter()
        .filter(|pod| !replica_set::is_ready(pod) && !field::is_deleting(pod))
        .map(|pod| (pod.name().to_owned(), node_of(pod).to_owned()))
        .collect();
    for (pod, node) in waiting {
        world.set("Pod", &pod, &["spec", "nodeName"], node.into());
        world.run(&pod, true);
    }
}

pub(super) fn count(world: &World, name: &str) -> i64 {
    field::int(world.get("DaemonSet", "agent"), &["status", name], 0)
}

pub(super) fn image(world: &mut World, image: &str) {
    let path = ["spec", "template", "spec", "containers"];
    world.set(
        "DaemonSet",
        "agent",
        &path,
        json!([{"name": "c", "image": image}]),
    );
}

#[test]
fn each_node_has_one_pod() {
    let mut world = world(3, &rolling(1, 0));
    world.set("Node", "node-2", &["metadata", "labels", "on"], json!("no"));
    world.settle(plan);
    let nodes: Vec<&str> = world.all("Pod").into_iter().map(node_of).collect();
    assert_eq!(
        nodes
            .iter()
            .collect::<std::collections::BTreeSet<_>>()
            .len(),
        2
    );
    run_all(&mut world);
    world.settle(plan);
    for (name, expected) in [
        ("desiredNumberScheduled", 2),
        ("currentNumberScheduled", 2),
        ("numberReady", 2),
        ("numberAvailable", 2),
        ("updatedNumberScheduled", 2),
        ("numberUnavailable", 0),
        ("observedGeneration", 1),
    ] {
        assert_eq!(count(&world, name), expected, "{name}");
    }
    let pod = world.all("Pod")[0];
    let tolerations = field::list(pod, &["spec", "tolerations"]);
    assert_eq!(tolerations.len(), 6);
    let revision = world.all("ControllerRevision")[0];
    assert_eq!(
        pod.label(revision::POD_HASH),
        revision.label(revision::POD_HASH)
    );
}

#[test]
fn a_cordoned_node_keeps_its_pod_and_one_that_no_longer_fits_loses_it() {
    let mut world = world(2, &rolling(1, 0));
    world.settle(plan);
    run_all(&mut world);
    world.set("Node", "node-0", &["spec", "unschedulable"], json!(true));
    world.set("Node", "node-1", &["metadata", "labels", "on"], json!("no"));
    world.settle(plan);
    let leaving = world
        .all("Pod")
        .into_iter()
        .filter(|pod| field::is_deleting(pod))
        .map(node_of);
    assert_eq!(leaving.collect::<Vec<_>>(), ["node-1"]);
    assert_eq!(count(&world, "numberMisscheduled"), 1);
}

#[test]
fn an_update_replaces_a_few_at_a_time() {
    for (unavailable, together) in [(1, 1), (2, 2)] {
        let mut world = world(4, &rolling(unavailable, 0));
        world.settle(plan);
        run_all(&mut world);
        world.settle(plan);
        image(&mut world, "i:2");
        for _ in 0..(4 / together) {
            world.settle(plan);
            let stopping = world
                .all("Pod")
                .into_iter()
                .filter(|pod| field::is_deleting(pod));
            assert_eq!(stopping.count(), together);
            world.stop_deleted();
            world.settle(plan);
            run_all(&mut world);
        }
        world.settle(plan);
        assert_eq!(count(&world, "updatedNumberScheduled"), 4);
        assert_eq!(world.all("ControllerRevision").len(), 2);
    }
}

#[test]
fn with_surge_the_new_pod_comes_first() {
    let mut world = world(2, &rolling(0, 1));
    world.settle(plan);
    run_all(&mut world);
    world.settle(plan);
    image(&mut world, "i:2");
    world.settle(plan);
    assert_eq!(world.all("Pod").len(), 3);
    for _ in 0..3 {
        run_all(&mut world);
        world.settle(plan);
        world.stop_deleted();
        world.settle(plan);
    }
    assert_eq!(world.all("Pod").len(), 2);
    assert_eq!(count(&world, "updatedNumberScheduled"), 2);
}

#[test]
fn on_delete_waits_for_people() {
    let mut world = world(1, &json!({"type": "OnDelete"}));
    world.settle(plan);
    run_all(&mut world);
    image(&mut world, "i:2");
    world.settle(plan);
    assert_eq!(count(&world, "updatedNumberScheduled"), 0);
    let pod = world.names("Pod").remove(0);
    world.delete("Pod", &pod);
    world.stop_deleted();
    world.settle(plan);
    assert_eq!(count(&world, "updatedNumberScheduled"), 1);
}

#[test]
fn a_failed_pod_is_replaced() {
    let mut world = world(1, &rolling(1, 0));
    world.settle(plan);
    let pod = world.names("Pod").remove(0);
    run_all(&mut world);
    world.end(&pod, 1);
    world.settle(plan);
    assert_ne!(world.names("Pod"), [pod]);
    assert!(
        world
            .events
            .iter()
            .any(|(reason, _)| reason == "FailedDaemonPod")
    );
}

#[test]
fn old_revisions_go_beyond_the_limit() {
    let mut world = world(1, &rolling(1, 0));
    for number in 1..7 {
        image(&mut world, &format!("i:{number}"));
        world.settle(plan);
        world.stop_deleted();
        world.settle(plan);
        run_all(&mut world);
        world.settle(plan);
    }
    let mut numbers: Vec<i64> = world
        .all("ControllerRevision")
        .into_iter()
        .map(|revision| field::int(revision, &["revision"], 0))
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [4, 5, 6]);
}
