//! Creating, changing and deleting: names, versions, preconditions, dry runs, subresources.

use serde_json::json;

use super::server::{Raw, sandbox};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn map(name: &str) -> serde_json::Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
}

#[tokio::test]
async fn generated_names_end_by_chance() {
    let raw = Raw::new(&sandbox());
    let made = raw
        .post(MAPS, json!({"metadata": {"generateName": "a-"}}))
        .await;
    assert_eq!(made.code, 201, "{made:?}");
    let name = made.body["metadata"]["name"].as_str().unwrap();
    assert!(name.starts_with("a-") && name.len() == 7, "{name}");
    assert_eq!(made.body["metadata"]["generateName"], "a-");
}

#[tokio::test]
async fn a_name_is_given_once() {
    let raw = Raw::new(&sandbox());
    assert_eq!(raw.post(MAPS, map("a")).await.code, 201);
    let again = raw.post(MAPS, map("a")).await;
    assert_eq!(again.code, 409);
    assert_eq!(
        again.body,
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": "configmaps \"a\" already exists", "reason": "AlreadyExists",
            "details": {"name": "a", "kind": "configmaps"}, "code": 409})
    );
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let raw = Raw::new(&sandbox());
    let made = raw.post(&format!("{MAPS}?dryRun=All"), map("a")).await;
    assert_eq!(made.code, 201);
    let one = format!("{MAPS}/a");
    assert_eq!(raw.get(&one).await.code, 404);
    raw.post(MAPS, map("a")).await;
    let gone = raw.delete(&format!("{one}?dryRun=All"), json!({})).await;
    assert_eq!(gone.code, 200);
    assert_eq!(raw.get(&one).await.code, 200);
    let wrong = raw.post(&format!("{MAPS}?dryRun=Some"), map("b")).await;
    assert_eq!(
        wrong.message(),
        "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: supported values: \"All\""
    );
}

#[tokio::test]
async fn preconditions_guard_a_deletion() {
    let raw = Raw::new(&sandbox());
    let made = raw.post(MAPS, map("a")).await;
    let uid = made.body["metadata"]["uid"].as_str().unwrap();
    let one = format!("{MAPS}/a");
    let wrong = raw
        .delete(&one, json!({"preconditions": {"uid": "other"}}))
        .await;
    assert_eq!(wrong.code, 409);
    assert_eq!(
        wrong.message(),
        format!(
            "Operation cannot be fulfilled on ConfigMap \"a\": the UID in the precondition (other) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
        )
    );
    let right = json!({"preconditions": {"uid": uid, "resourceVersion": made.version()}});
    let gone = raw.delete(&one, right).await;
    assert_eq!(
        gone.body,
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
            "details": {"name": "a", "kind": "configmaps", "uid": uid}})
    );
}

#[tokio::test]
async fn an_update_that_changes_nothing_keeps_the_version() {
    let raw = Raw::new(&sandbox());
    let made = raw.post(MAPS, map("a")).await;
    let same = raw.put(&format!("{MAPS}/a"), made.body.clone()).await;
    assert_eq!(same.body, made.body);
    let other = raw.put(&format!("{MAPS}/a"), map("b")).await;
    assert_eq!(
        other.message(),
        "the name of the object (b) does not match the name on the URL (a)"
    );
}

fn deployment() -> serde_json::Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "a:1"}]}}}})
}

#[tokio::test]
async fn status_and_specification_are_written_apart() {
    let raw = Raw::new(&sandbox());
    let all = "/apis/apps/v1/namespaces/default/deployments";
    let made = raw.post(all, deployment()).await;
    assert_eq!(made.body["spec"]["replicas"], 1);
    assert_eq!(made.body["metadata"]["generation"], 1);
    let mut next = made.body.clone();
    next["spec"]["replicas"] = json!(3);
    next["status"] = json!({"replicas": 9});
    let main = raw.put(&format!("{all}/web"), next.clone()).await;
    assert_eq!(main.body["status"], json!({}));
    assert_eq!(main.body["metadata"]["generation"], 2);
    next = main.body.clone();
    next["spec"]["replicas"] = json!(5);
    next["status"] = json!({"replicas": 2});
    let status = raw.put(&format!("{all}/web/status"), next).await;
    assert_eq!(status.body["spec"]["replicas"], 3);
    assert_eq!(status.body["status"], json!({"replicas": 2}));
    assert_eq!(status.body["metadata"]["generation"], 2);
    let scale = raw.get(&format!("{all}/web/scale")).await;
    assert_eq!(scale.body["spec"], json!({"replicas": 3}));
    assert_eq!(
        scale.body["status"],
        json!({"replicas": 2, "selector": "app=web"})
    );
    let path = format!("{all}/web/scale");
    let patch = json!({"spec": {"replicas": 4}});
    let scaled = raw.patch(&path, "merge-patch", patch).await;
    assert_eq!(scaled.body["spec"]["replicas"], 4);
    let read = raw.get(&format!("{all}/web")).await;
    assert_eq!(read.body["spec"]["replicas"], 4);
}

#[tokio::test]
async fn patches_come_in_three_types() {
    let raw = Raw::new(&sandbox());
    let all = "/apis/apps/v1/namespaces/default/deployments";
    raw.post(all, deployment()).await;
    let one = format!("{all}/web");
    let strategic = json!({"spec": {"template": {"spec": {"containers": [
        {"name": "c", "env": [{"name": "A", "value": "1"}]}]}}}});
    let patched = raw.patch(&one, "strategic-merge-patch", strategic).await;
    let container = &patched.body["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(
        (&container["image"], &container["env"][0]["value"]),
        (&json!("a:1"), &json!("1"))
    );
    let merge = json!({"metadata": {"labels": {"a": "b"}}});
    let patched = raw.patch(&one, "merge-patch", merge).await;
    assert_eq!(patched.body["metadata"]["labels"], json!({"a": "b"}));
    let json = json!([{"op": "replace", "path": "/spec/replicas", "value": 2}]);
    let patched = raw.patch(&one, "json-patch", json).await;
    assert_eq!(patched.body["spec"]["replicas"], 2);
    let test = json!([{"op": "test", "path": "/spec/replicas", "value": 7}]);
    let refused = raw.patch(&one, "json-patch", test).await;
    assert_eq!(
        (refused.code, refused.message()),
        (
            422,
            "the server rejected our request due to an error in our request"
        )
    );
    let other = raw.patch(&one, "apply-patch+x", json!({})).await;
    assert_eq!(other.code, 415);
    let stale = json!({"metadata": {"resourceVersion": "1"}});
    assert_eq!(raw.patch(&one, "merge-patch", stale).await.code, 409);
}

#[tokio::test]
async fn a_lease_is_made_by_its_update() {
    let raw = Raw::new(&sandbox());
    let path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/a";
    let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "a"}, "spec": {"holderIdentity": "me"}});
    assert_eq!(raw.put(path, lease.clone()).await.code, 201);
    let unguarded = raw.put(path, lease).await;
    assert_eq!(
        unguarded.message(),
        "leases.coordination.k8s.io \"a\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update"
    );
}

#[tokio::test]
async fn an_event_is_read_in_both_groups() {
    let raw = Raw::new(&sandbox());
    let event = json!({"apiVersion": "events.k8s.io/v1", "kind": "Event",
        "metadata": {"name": "e"}, "eventTime": "2026-03-01T12:00:00.000000Z",
        "regarding": {"kind": "Pod", "name": "p", "namespace": "default"}, "note": "n",
        "reason": "R", "action": "A", "reportingController": "c", "reportingInstance": "i",
        "type": "Normal"});
    let made = raw
        .post("/apis/events.k8s.io/v1/namespaces/default/events", event)
        .await;
    assert_eq!(made.code, 201, "{made:?}");
    assert_eq!(made.body["note"], "n");
    let core = raw.get("/api/v1/namespaces/default/events/e").await;
    assert_eq!(
        (&core.body["message"], &core.body["involvedObject"]["name"]),
        (&json!("n"), &json!("p"))
    );
    let list = raw
        .get("/api/v1/events?fieldSelector=involvedObject.name%3Dp")
        .await;
    assert_eq!(list.body["items"].as_array().unwrap().len(), 1);
}
