use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{world::World, *};
use crate::{
    object::pod_template::SourceKind,
    plan::Next,
    workload::{condition, field},
};

fn at(world: &World, seconds: i64) -> Next {
    Next::At(world.now + SignedDuration::from_secs(seconds))
}

fn secret_key(name: &str) -> SourceKey {
    SourceKey {
        kind: SourceKind::Secret,
        name: name.into(),
    }
}

fn reading_env(optional: bool) -> Value {
    json!({"containers": [{"name": "c", "image": "i:1", "env": [
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": optional}}}]}]})
}

#[test]
fn a_pod_is_bound_started_and_ready_after_ten_seconds() {
    let mut world = World::new(&json!({"nodeName": ""}), &json!({}));
    world.pass();
    assert_eq!(field::text(&world.pod, &["spec", "nodeName"]), "node");
    assert_eq!(world.events, ["Successfully assigned n/web to node"]);
    let next = world.pass();
    assert_eq!(next, at(&world, 10));
    assert_eq!(world.phase(), "Running");
    for (kind, expected) in [
        ("PodScheduled", true),
        ("PodReadyToStartContainers", true),
        ("Initialized", true),
        ("ContainersReady", false),
        ("Ready", false),
    ] {
        assert_eq!(world.is(kind), expected, "{kind}");
    }
    let conditions = field::list(&world.pod, &["status", "conditions"]);
    let ready = condition::find(conditions, "Ready").unwrap();
    assert_eq!(condition::field(ready, "reason"), "ContainersNotReady");
    assert_eq!(
        condition::field(ready, "message"),
        "containers with unready status: [c]"
    );
    let status = world.container();
    assert_eq!(
        status["state"]["running"]["startedAt"],
        "2026-01-01T00:00:00Z"
    );
    assert!(
        status["containerID"]
            .as_str()
            .unwrap()
            .starts_with("containerd://")
    );
    assert!(
        status["imageID"]
            .as_str()
            .unwrap()
            .starts_with("docker.io/library/i@sha256:")
    );
    for (path, expected) in [
        (["status", "podIP"], "10.244.0.9"),
        (["status", "hostIP"], "10.128.0.2"),
        (["status", "qosClass"], "BestEffort"),
        (["status", "startTime"], "2026-01-01T00:00:00Z"),
    ] {
        assert_eq!(field::text(&world.pod, &path), expected);
    }
    world.after(9);
    assert!(!world.is("Ready"));
    assert_eq!(world.after(1), Next::AwaitChange);
    assert!(world.is("Ready") && world.is("ContainersReady"));
    assert_eq!(world.container()["ready"], true);
}

#[test]
fn readiness_follows_the_annotation() {
    let mut world = World::new(&json!({}), &json!({READY_AFTER: "3s"}));
    world.pass();
    world.after(3);
    assert!(world.is("Ready"));
    let mut never = World::new(&json!({}), &json!({READY_AFTER: "never"}));
    assert_eq!(never.pass(), Next::AwaitChange);
    never.after(3600);
    assert!(!never.is("Ready"));
}

#[test]
fn what_is_missing_is_said_as_a_kubelet_says_it_and_heals() {
    let mut world = World::new(&reading_env(false), &json!({}));
    world.pass();
    assert_eq!(
        world.waiting(),
        ("CreateContainerConfigError", "secret \"s\" not found")
    );
    assert_eq!(world.phase(), "Pending");
    assert_eq!(world.events, ["Error: secret \"s\" not found"]);
    world.put(SourceKind::Secret, "s", "1", &json!({"data": {}}));
    world.pass();
    assert_eq!(world.waiting().1, "couldn't find key k in Secret n/s");
    world.secret("s", "2");
    world.pass();
    assert_eq!(world.phase(), "Running");
    assert_eq!(world.container()["restartCount"], 0);
    assert_eq!(
        world.reading.environment_version("c", &secret_key("s")),
        Some("2")
    );
    let mut optional = World::new(&reading_env(true), &json!({}));
    optional.pass();
    assert_eq!(optional.phase(), "Running");
    assert_eq!(
        optional.reading.environment_version("c", &secret_key("s")),
        None
    );
}

#[test]
fn a_missing_configuration_map_is_named_too() {
    let spec = json!({"containers": [{"name": "c", "envFrom": [{"configMapRef": {"name": "m"}}]}]});
    let mut world = World::new(&spec, &json!({}));
    world.pass();
    assert_eq!(
        world.waiting(),
        ("CreateContainerConfigError", "configmap \"m\" not found")
    );
}

#[test]
fn a_missing_volume_keeps_the_pod_from_starting() {
    let spec = json!({"volumes": [{"name": "v", "secret": {"secretName": "s",
        "items": [{"key": "k", "path": "p"}]}}]});
    let mut world = World::new(&spec, &json!({}));
    world.pass();
    world.after(5);
    assert_eq!(world.waiting(), ("ContainerCreating", ""));
    assert_eq!(
        world.events,
        ["MountVolume.SetUp failed for volume \"v\" : secret \"s\" not found"]
    );
    assert!(!world.is("PodReadyToStartContainers"));
    world.put(SourceKind::Secret, "s", "1", &json!({"data": {}}));
    world.pass();
    assert_eq!(
        world.events[1],
        "MountVolume.SetUp failed for volume \"v\" : references non-existent secret key: k"
    );
    world.secret("s", "2");
    world.pass();
    assert_eq!(world.phase(), "Running");
    assert_eq!(
        world.reading.volume_version("v", &secret_key("s")),
        Some("2")
    );
}

#[test]
fn environments_are_read_at_each_start_and_not_between() {
    let mut world = World::new(&reading_env(false), &json!({CRASH_AFTER: "30s"}));
    world.secret("s", "1");
    world.pass();
    world.secret("s", "2");
    world.after(20);
    assert_eq!(
        world.reading.environment_version("c", &secret_key("s")),
        Some("1")
    );
    world.after(10);
    assert_eq!(
        world.container()["restartCount"],
        1,
        "the first restart comes at once"
    );
    assert_eq!(world.container()["lastState"]["terminated"]["exitCode"], 1);
    assert_eq!(
        world.reading.environment_version("c", &secret_key("s")),
        Some("2")
    );
    let next = world.after(30);
    assert_eq!(
        world.waiting(),
        (
            "CrashLoopBackOff",
            "back-off 10s restarting failed container=c pod=web_n(u)"
        )
    );
    assert_eq!(next, at(&world, 10));
    assert_eq!((world.phase(), world.is("Ready")), ("Running", false));
    world.after(10);
    assert_eq!(world.container()["restartCount"], 2);
}

#[test]
fn volumes_are_renewed_within_a_minute_but_never_fixed_ones() {
    let spec = json!({
        "volumes": [
            {"name": "v", "secret": {"secretName": "s"}}, {"name": "sub", "secret": {"secretName": "s"}},
            {"name": "w", "secret": {"secretName": "stone"}}],
        "containers": [{"name": "c", "volumeMounts": [
            {"name": "v", "mountPath": "/v"}, {"name": "sub", "mountPath": "/s/k", "subPath": "k"}]}]});
    let mut world = World::new(&spec, &json!({}));
    let stone = json!({"immutable": true, "data": {}});
    world.secret("s", "1");
    world.put(SourceKind::Secret, "stone", "1", &stone);
    world.pass();
    world.after(10);
    world.secret("s", "2");
    world.put(SourceKind::Secret, "stone", "2", &stone);
    let next = world.pass();
    assert_eq!(next, at(&world, 50));
    assert_eq!(
        world.reading.mount_version("c", "v", &secret_key("s")),
        Some("1")
    );
    world.after(50);
    assert_eq!(
        world.reading.mount_version("c", "v", &secret_key("s")),
        Some("2")
    );
    assert_eq!(
        world.reading.mount_version("c", "sub", &secret_key("s")),
        Some("1")
    );
    assert_eq!(
        world.reading.volume_version("w", &secret_key("stone")),
        Some("1")
    );
    world.sources = Sources::default();
    world.after(120);
    assert_eq!(
        world.reading.volume_version("v", &secret_key("s")),
        Some("2"),
        "what was mounted stays"
    );
}

#[test]
fn pull_secrets_are_read_at_the_pull() {
    let mut world = World::new(
        &json!({"imagePullSecrets": [{"name": "s"}, {"name": "none"}]}),
        &json!({}),
    );
    world.secret("s", "1");
    world.pass();
    assert_eq!(world.reading.pull_version("s"), Some("1"));
    assert!(world.events[0].contains("(none)"), "{:?}", world.events);
}

#[test]
fn init_containers_go_first_one_by_one() {
    let spec = json!({"initContainers": [
        {"name": "a", "image": "i"}, {"name": "side", "image": "i", "restartPolicy": "Always"}, {"name": "b", "image": "i"}]});
    let mut world = World::new(&spec, &json!({}));
    world.pass();
    let state = |world: &World| -> Vec<String> {
        field::list(&world.pod, &["status", "initContainerStatuses"])
            .iter()
            .map(|status| {
                status["state"]
                    .as_object()
                    .unwrap()
                    .keys()
                    .next()
                    .unwrap()
                    .clone()
            })
            .collect()
    };
    assert_eq!(state(&world), ["running", "waiting", "waiting"]);
    assert_eq!(
        (world.phase(), world.waiting().0),
        ("Pending", "PodInitializing")
    );
    let conditions = field::list(&world.pod, &["status", "conditions"]);
    let message = condition::field(
        condition::find(conditions, "Initialized").unwrap(),
        "message",
    );
    assert_eq!(message, "containers with incomplete status: [a side b]");
    world.after(1);
    assert_eq!(state(&world), ["terminated", "running", "running"]);
    world.after(1);
    assert_eq!(state(&world), ["terminated", "running", "terminated"]);
    assert_eq!(world.phase(), "Running");
    assert!(world.is("Initialized"));
    world.after(10);
    assert!(world.is("Ready"));
}

#[test]
fn pods_that_end_succeed_or_fail_by_policy() {
    for (policy, annotation, after, phase) in [
        ("Never", json!({}), 1, "Succeeded"),
        ("OnFailure", json!({}), 1, "Succeeded"),
        ("Never", json!({CRASH_AFTER: "1s"}), 1, "Failed"),
        ("OnFailure", json!({CRASH_AFTER: "1s"}), 1, "Running"),
        ("Always", json!({EXIT_AFTER: "1s"}), 1, "Running"),
    ] {
        let mut world = World::new(&json!({"restartPolicy": policy}), &annotation);
        world.pass();
        world.after(after);
        assert_eq!(world.phase(), phase, "{policy} {annotation}");
        assert!(!world.is("Ready"));
    }
}

#[test]
fn a_deleted_pod_stops_soon_and_goes() {
    let mut world = World::new(&json!({}), &json!({}));
    world.pass();
    world.after(10);
    world.pod.set(
        &["metadata", "deletionTimestamp"],
        json!("2026-01-01T00:00:40Z"),
    );
    world
        .pod
        .set(&["metadata", "deletionGracePeriodSeconds"], json!(30));
    let next = world.pass();
    assert_eq!(next, at(&world, 1));
    assert!(world.is("Ready"), "it serves until it has stopped");
    world.after(1);
    assert_eq!(
        (world.phase(), world.is("Ready"), world.is_gone),
        ("Succeeded", false, false)
    );
    assert_eq!(world.container()["state"]["terminated"]["exitCode"], 0);
    world.pass();
    assert!(world.is_gone);
}

#[test]
fn one_that_does_not_stop_is_killed_after_its_grace() {
    let mut world = World::new(&json!({}), &json!({STOP_AFTER: "1h"}));
    world.pass();
    world.pod.set(
        &["metadata", "deletionTimestamp"],
        json!("2026-01-01T00:00:05Z"),
    );
    world
        .pod
        .set(&["metadata", "deletionGracePeriodSeconds"], json!(5));
    let next = world.pass();
    assert_eq!(next, at(&world, 5));
    world.after(5);
    assert_eq!(world.container()["state"]["terminated"]["exitCode"], 137);
    assert_eq!(world.phase(), "Failed");
}

#[test]
fn quality_of_service_follows_requests_and_limits() {
    for (resources, class) in [
        (json!({}), "BestEffort"),
        (json!({"requests": {"cpu": "1"}}), "Burstable"),
        (
            json!({"limits": {"cpu": "1", "memory": "1Gi"}}),
            "Guaranteed",
        ),
        (
            json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}),
            "Burstable",
        ),
    ] {
        let spec = json!({"containers": [{"name": "c", "resources": resources}]});
        let mut world = World::new(&spec, &json!({}));
        world.pass();
        assert_eq!(
            field::text(&world.pod, &["status", "qosClass"]),
            class,
            "{resources}"
        );
    }
}

#[test]
fn readiness_gates_are_waited_for() {
    let mut world = World::new(
        &json!({"readinessGates": [{"conditionType": "x/y"}]}),
        &json!({}),
    );
    world.pass();
    world.after(10);
    assert!(world.is("ContainersReady") && !world.is("Ready"));
    let mut conditions = field::list(&world.pod, &["status", "conditions"]).to_vec();
    conditions.push(json!({"type": "x/y", "status": "True"}));
    world.pod.set(&["status", "conditions"], conditions.into());
    world.pass();
    assert!(world.is("Ready") && world.is("x/y"));
}

#[test]
fn no_value_of_a_secret_reaches_the_plan() {
    let mut world = World::new(&reading_env(false), &json!({}));
    world.put(
        SourceKind::Secret,
        "s",
        "1",
        &json!({"data": {"k": "cGxhbnRlZA=="}}),
    );
    let (plan, reading) = world.plan();
    let shown = format!("{plan:?} {reading:?}");
    assert!(
        !shown.contains("cGxhbnRlZA") && shown.contains("[hidden]"),
        "{shown}"
    );
}

#[test]
fn what_a_running_container_read_is_found_again_where_it_has_not_changed_since() {
    for (written, expected) in [
        ("2025-12-31T00:00:00Z", Some("1")),
        ("2026-01-01T00:00:05Z", None),
    ] {
        let mut world = World::new(&reading_env(false), &json!({}));
        let more = json!({"data": {"k": "dg=="}});
        world.put(SourceKind::Secret, "s", "1", &more);
        world.pass();
        let managed = json!({"managedFields": [{"time": written}], "name": "s", "namespace": "n", "uid": "s",
            "resourceVersion": "1"});
        let more = json!({"data": {"k": "dg=="}, "metadata": managed});
        world.put(SourceKind::Secret, "s", "1", &more);
        world.reading = Reading::default();
        world.after(20);
        assert_eq!(
            world.reading.environment_version("c", &secret_key("s")),
            expected
        );
    }
}

#[test]
fn a_pod_that_no_node_takes_says_so_once() {
    let mut world = World::new(&json!({"nodeName": ""}), &json!({}));
    world.refusal = Some("0/1 nodes are available: none.".to_owned());
    world.pass();
    assert_eq!(world.phase(), "Pending");
    let conditions = field::list(&world.pod, &["status", "conditions"]);
    assert_eq!(conditions[0]["reason"], "Unschedulable");
    assert_eq!(conditions[0]["message"], "0/1 nodes are available: none.");
    let told = world.events.len();
    world.after(10);
    assert_eq!((world.events.len(), told), (1, 1));
    world.refusal = None;
    world.pass();
    assert_eq!(field::text(&world.pod, &["spec", "nodeName"]), "node");
}
