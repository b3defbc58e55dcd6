use super::*;

fn now() -> Timestamp {
    "2026-01-01T00:10:00Z".parse().unwrap()
}

fn replica_set(replicas: i64) -> Object {
    Object::from_value(json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": "web-1", "namespace": "n", "uid": "me", "generation": 2, "resourceVersion": "7"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}, "annotations": {"a": "b"}},
                "spec": {"containers": [{"name": "c", "image": "i"}]}}},
    }))
    .unwrap()
}

fn pod(name: &str, changes: &[(&[&str], Value)]) -> Object {
    let mut pod = Object::from_value(json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "n", "uid": name, "labels": {"app": "web"},
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "ownerReferences": [{"uid": "me", "controller": true}]},
        "spec": {"nodeName": "node"},
        "status": {"phase": "Running", "conditions": [
            {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:10Z"}]},
    }))
    .unwrap();
    for (path, value) in changes {
        pod.set(path, value.clone());
    }
    pod
}

fn decided(replicas: i64, pods: Vec<Object>) -> Plan {
    decide(
        Snapshot {
            replica_set: replica_set(replicas),
            pods: pods.iter().collect(),
            failure: None,
        },
        now(),
    )
}

#[test]
fn makes_missing_pods_of_the_template() {
    let plan = decided(3, vec![pod("p", &[])]);
    let made: Vec<&Object> = plan
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Create(pod) => Some(pod),
            _ => None,
        })
        .collect();
    assert_eq!(made.len(), 2);
    for pod in &made {
        assert!(
            pod.name().starts_with("web-1-") && pod.name().len() == 11,
            "{}",
            pod.name()
        );
        assert_eq!(pod.label("app"), Some("web"));
        assert_eq!(pod.annotation("a"), Some("b"));
        assert_eq!(pod.controller_uid(), Some("me"));
    }
    assert_ne!(made[0].name(), made[1].name());
    assert_eq!(
        plan,
        decided(3, vec![pod("p", &[])]),
        "the same names again"
    );
    let status = plan.status.unwrap();
    assert_eq!(
        status.at(&["status"]),
        Some(
            &json!({"replicas": 1, "fullyLabeledReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
            "terminatingReplicas": 0, "observedGeneration": 2})
        )
    );
}

#[test]
fn removes_in_the_order_of_upstream() {
    let not_ready: &[(&[&str], Value)] = &[(&["status", "conditions"], json!([]))];
    let pods = [
        pod("old", &[]),
        pod(
            "costly",
            &[(&["metadata", "annotations", victim_cost()], json!("5"))],
        ),
        pod("unready", not_ready),
        pod(
            "pending",
            &[
                (&["status", "phase"], json!("Pending")),
                not_ready[0].clone(),
            ],
        ),
        pod(
            "unbound",
            &[(&["spec", "nodeName"], json!("")), not_ready[0].clone()],
        ),
        pod(
            "young",
            &[(
                &["status", "conditions"],
                json!([{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:09:50Z"}]),
            )],
        ),
    ];
    let names: Vec<&str> = victim::first(&pods.iter().collect::<Vec<_>>(), 6, now())
        .into_iter()
        .map(Object::name)
        .collect();
    assert_eq!(
        names,
        ["unbound", "pending", "unready", "young", "old", "costly"]
    );
}

fn victim_cost() -> &'static str {
    "controller.kubernetes.io/pod-deletion-cost"
}

#[test]
fn pods_on_their_way_out_are_replaced_and_counted() {
    let leaving = pod(
        "p",
        &[(
            &["metadata", "deletionTimestamp"],
            json!("2026-01-01T00:09:59Z"),
        )],
    );
    let plan = decided(1, vec![leaving]);
    assert!(matches!(plan.effects[0], Effect::Create(_)));
    let status = plan.status.unwrap();
    assert_eq!(
        field::int(&status, &["status", "terminatingReplicas"], 9),
        1
    );
}

#[test]
fn availability_waits_for_min_ready_seconds() {
    let mut set = replica_set(1);
    set.set(&["spec", "minReadySeconds"], json!(600));
    let plan = decide(
        Snapshot {
            replica_set: set,
            pods: vec![&pod("p", &[])],
            failure: None,
        },
        now(),
    );
    assert_eq!(plan.next, Next::At("2026-01-01T00:10:10Z".parse().unwrap()));
    let status = plan.status.unwrap();
    assert_eq!(status.at(&["status", "readyReplicas"]), Some(&json!(1)));
    assert_eq!(status.at(&["status", "availableReplicas"]), None);
}

#[test]
fn failure_is_a_condition_until_it_is_gone() {
    let mut snapshot = Snapshot {
        replica_set: replica_set(1),
        pods: vec![],
        failure: Some("pods is forbidden".into()),
    };
    let failed = decide(snapshot.clone(), now()).status.unwrap();
    let condition = &field::list(&failed, &["status", "conditions"])[0];
    assert_eq!(condition["reason"], "FailedCreate");
    assert_eq!(condition["message"], "pods is forbidden");
    snapshot.replica_set = failed;
    snapshot.failure = None;
    let made = pod("p", &[]);
    snapshot.pods = vec![&made];
    let healed = decide(snapshot, now()).status.unwrap();
    assert!(field::list(&healed, &["status", "conditions"]).is_empty());
}

#[test]
fn a_satisfied_set_has_an_empty_plan() {
    let first = decided(1, vec![pod("p", &[])]);
    let again = decide(
        Snapshot {
            replica_set: first.status.unwrap(),
            pods: vec![&pod("p", &[])],
            failure: None,
        },
        now(),
    );
    assert_eq!(again, Plan::default());
}
