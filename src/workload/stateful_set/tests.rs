use serde_json::json;

use super::*;
use crate::workload::world::World;

pub(super) fn world(replicas: i64, spec: &Value) -> World {
    let mut set = json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "n", "uid": "s"},
        "spec": {"selector": {"matchLabels": {"app": "db"}}, "replicas": replicas,
            "serviceName": "db-headless",
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "template": {"metadata": {"labels": {"app": "db"}},
                "spec": {"containers": [{"name": "c", "image": "i:1"}]}}},
    });
    for (name, value) in spec.as_object().unwrap() {
        set["spec"][name] = value.clone();
    }
    World::new([set])
}

pub(super) fn plan(world: &World) -> Plan {
    let stateful_set = world.get("StatefulSet", "db").clone();
    let name = needs(&stateful_set).name;
    let revisions: Vec<Object> = world
        .all("ControllerRevision")
        .into_iter()
        .cloned()
        .collect();
    let snapshot = Snapshot {
        holder: revisions.iter().find(|one| one.name() == name).cloned(),
        revisions,
        pods: world.all("Pod"),
        claims: world.all("PersistentVolumeClaim"),
        stateful_set,
    };
    decide(snapshot, world.now)
}

pub(super) fn run_all(world: &mut World) {
    let waiting: Vec<String> = world
        .all("Pod")
        .into_iter()
        .filter(|pod| !replica_set::is_ready(pod) && !field::is_deleting(pod))
        .filter(|pod| !member::has_ended(pod))
        .map(|pod| pod.name().to_owned())
        .collect();
    for pod in waiting {
        world.run(&pod, true);
    }
}

pub(super) fn image(world: &mut World, image: &str) {
    let path = ["spec", "template", "spec", "containers"];
    let containers = json!([{"name": "c", "image": image}]);
    world.set("StatefulSet", "db", &path, containers);
}

/// Lets pods stop and start until nothing changes.
pub(super) fn live(world: &mut World) {
    for _ in 0..20 {
        world.settle(plan);
        world.stop_deleted();
        world.settle(plan);
        run_all(world);
    }
    world.settle(plan);
}

pub(super) fn count(world: &World, name: &str) -> i64 {
    field::int(world.get("StatefulSet", "db"), &["status", name], 0)
}

fn images(world: &World) -> Vec<String> {
    world
        .all("Pod")
        .into_iter()
        .map(|pod| {
            let containers = field::list(pod, &["spec", "containers"]);
            containers[0]["image"].as_str().unwrap().to_owned()
        })
        .collect()
}

fn leaving(world: &World) -> Vec<String> {
    let pods = world.all("Pod").into_iter();
    pods.filter(|pod| field::is_deleting(pod))
        .map(|pod| pod.name().to_owned())
        .collect()
}

#[test]
fn pods_come_one_after_the_other_with_their_identity() {
    let mut world = world(
        3,
        &json!({"volumeClaimTemplates": [{"metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]}),
    );
    for number in 1..=3 {
        world.settle(plan);
        assert_eq!(world.all("Pod").len(), number);
        let last = format!("db-{}", number - 1);
        world.run(&last, true);
    }
    world.settle(plan);
    assert_eq!(world.names("Pod"), ["db-0", "db-1", "db-2"]);
    assert_eq!(
        world.names("PersistentVolumeClaim"),
        ["data-db-0", "data-db-1", "data-db-2"]
    );
    let pod = world.get("Pod", "db-1");
    for (path, expected) in [
        (&["spec", "hostname"][..], "db-1"),
        (&["spec", "subdomain"], "db-headless"),
        (
            &["metadata", "labels", "statefulset.kubernetes.io/pod-name"],
            "db-1",
        ),
        (&["metadata", "labels", "apps.kubernetes.io/pod-index"], "1"),
    ] {
        assert_eq!(field::text(pod, path), expected);
    }
    assert_eq!(
        pod.at(&["spec", "volumes"]),
        Some(&json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data-db-1"}}]))
    );
    assert!(
        world
            .events
            .iter()
            .any(|(_, message)| message
                == "Create Claim data-db-1 Pod db-1 in StatefulSet db success")
    );
    assert!(
        world
            .events
            .iter()
            .any(|(_, message)| message == "Create Pod db-1 in StatefulSet db successful")
    );
    for name in [
        "replicas",
        "readyReplicas",
        "availableReplicas",
        "currentReplicas",
        "updatedReplicas",
    ] {
        assert_eq!(count(&world, name), 3, "{name}");
    }
    let set = world.get("StatefulSet", "db");
    let revision = world.names("ControllerRevision").remove(0);
    assert_eq!(field::text(set, &["status", "currentRevision"]), revision);
    assert_eq!(pod.label(revision::POD_HASH), Some(revision.as_str()));
}

#[test]
fn parallel_makes_and_removes_all_at_once() {
    let mut world = world(3, &json!({"podManagementPolicy": "Parallel"}));
    world.settle(plan);
    assert_eq!(world.all("Pod").len(), 3);
    run_all(&mut world);
    world.settle(plan);
    world.set("StatefulSet", "db", &["spec", "replicas"], json!(1));
    world.settle(plan);
    assert_eq!(leaving(&world), ["db-1", "db-2"]);
}

#[test]
fn shrinks_from_the_top_one_by_one() {
    let mut world = world(3, &json!({}));
    live(&mut world);
    world.set("StatefulSet", "db", &["spec", "replicas"], json!(1));
    world.settle(plan);
    assert_eq!(leaving(&world), ["db-2"]);
    world.stop_deleted();
    world.settle(plan);
    assert_eq!(leaving(&world), ["db-1"]);
    live(&mut world);
    assert_eq!(world.names("Pod"), ["db-0"]);
}

#[test]
fn an_update_goes_from_the_top_down_to_the_partition() {
    let mut world = world(3, &json!({}));
    live(&mut world);
    let path = ["spec", "updateStrategy", "rollingUpdate", "partition"];
    world.set("StatefulSet", "db", &path, json!(1));
    image(&mut world, "i:2");
    world.settle(plan);
    assert_eq!(leaving(&world), ["db-2"]);
    world.stop_deleted();
    world.settle(plan);
    assert_eq!(leaving(&world), Vec::<String>::new());
    run_all(&mut world);
    world.settle(plan);
    assert_eq!(leaving(&world), ["db-1"]);
    live(&mut world);
    assert_eq!(images(&world), ["i:1", "i:2", "i:2"]);
    let set = world.get("StatefulSet", "db");
    assert_ne!(
        field::text(set, &["status", "currentRevision"]),
        field::text(set, &["status", "updateRevision"])
    );
    assert_eq!(
        (
            count(&world, "currentReplicas"),
            count(&world, "updatedReplicas")
        ),
        (1, 2)
    );
    // A pod below the partition comes back as it was.
    world.delete("Pod", "db-0");
    live(&mut world);
    assert_eq!(images(&world), ["i:1", "i:2", "i:2"]);
    world.set("StatefulSet", "db", &path, json!(0));
    live(&mut world);
    assert_eq!(images(&world), ["i:2", "i:2", "i:2"]);
    let set = world.get("StatefulSet", "db");
    assert_eq!(
        field::text(set, &["status", "currentRevision"]),
        field::text(set, &["status", "updateRevision"])
    );
}

#[test]
fn several_may_be_unavailable_where_so_wanted() {
    let mut world = world(
        4,
        &json!({"updateStrategy": {"type": "RollingUpdate",
        "rollingUpdate": {"partition": 0, "maxUnavailable": 2}}}),
    );
    live(&mut world);
    image(&mut world, "i:2");
    world.settle(plan);
    assert_eq!(leaving(&world), ["db-2", "db-3"]);
}

#[test]
fn on_delete_waits_for_people() {
    let mut world = world(2, &json!({"updateStrategy": {"type": "OnDelete"}}));
    live(&mut world);
    image(&mut world, "i:2");
    live(&mut world);
    assert_eq!(images(&world), ["i:1", "i:1"]);
    world.delete("Pod", "db-0");
    live(&mut world);
    assert_eq!(images(&world), ["i:2", "i:1"]);
}

#[test]
fn ordinals_may_begin_elsewhere_and_min_ready_seconds_are_waited_for() {
    let mut world = world(2, &json!({"ordinals": {"start": 5}, "minReadySeconds": 30}));
    world.settle(plan);
    run_all(&mut world);
    world.settle(plan);
    assert_eq!(world.names("Pod"), ["db-5"]);
    assert_eq!(
        plan(&world).next,
        Next::At(world.now + SignedDuration::from_secs(30))
    );
    world.wait(30);
    world.settle(plan);
    assert_eq!(world.names("Pod"), ["db-5", "db-6"]);
}

#[test]
fn a_pod_that_ended_is_replaced_by_one_of_the_same_name() {
    let mut world = world(1, &json!({}));
    live(&mut world);
    let before = world.get("Pod", "db-0").uid().map(str::to_owned);
    world.end("db-0", 1);
    live(&mut world);
    assert_ne!(world.get("Pod", "db-0").uid().map(str::to_owned), before);
}
