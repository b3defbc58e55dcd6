//! Owners, finalizers and namespaces: what goes with what.

use serde_json::{Value, json};

use super::server::{Raw, sandbox};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

async fn make(raw: &Raw, name: &str, owners: &[&Value], finalizers: &[&str]) -> Value {
    let owners: Vec<Value> = owners
        .iter()
        .map(|owner| {
            json!({"apiVersion": "v1", "kind": "ConfigMap", "name": owner["metadata"]["name"],
                "uid": owner["metadata"]["uid"], "blockOwnerDeletion": true})
        })
        .collect();
    let body =
        json!({"metadata": {"name": name, "ownerReferences": owners, "finalizers": finalizers}});
    let made = raw.post(MAPS, body).await;
    assert_eq!(made.code, 201, "{made:?}");
    made.body
}

async fn names(raw: &Raw) -> Vec<String> {
    let list = raw.get(MAPS).await;
    let items = list.body["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["metadata"]["name"].as_str().unwrap().to_owned())
        .collect()
}

async fn delete(raw: &Raw, name: &str, policy: &str) -> u16 {
    let options = json!({ "propagationPolicy": policy });
    raw.delete(&format!("{MAPS}/{name}"), options).await.code
}

async fn unfinalize(raw: &Raw, name: &str) {
    let patch = json!({"metadata": {"finalizers": null}});
    let answer = raw
        .patch(&format!("{MAPS}/{name}"), "merge-patch", patch)
        .await;
    assert_eq!(answer.code, 200);
}

#[tokio::test]
async fn dependents_follow_their_last_owner() {
    let raw = Raw::new(&sandbox());
    let a = make(&raw, "a", &[], &[]).await;
    let b = make(&raw, "b", &[], &[]).await;
    let child = make(&raw, "child", &[&a, &b], &[]).await;
    make(&raw, "grandchild", &[&child], &[]).await;
    delete(&raw, "a", "Background").await;
    assert_eq!(names(&raw).await, ["b", "child", "grandchild"]);
    let child = raw.get(&format!("{MAPS}/child")).await;
    let left = child.body["metadata"]["ownerReferences"]
        .as_array()
        .unwrap();
    // An owner that is gone is named no more only when the object is looked at for another reason.
    assert!(left.iter().any(|owner| owner["name"] == "b"));
    delete(&raw, "b", "Background").await;
    assert!(names(&raw).await.is_empty());
}

#[tokio::test]
async fn orphans_stay() {
    let raw = Raw::new(&sandbox());
    let a = make(&raw, "a", &[], &[]).await;
    make(&raw, "child", &[&a], &[]).await;
    delete(&raw, "a", "Orphan").await;
    assert_eq!(names(&raw).await, ["child"]);
    let child = raw.get(&format!("{MAPS}/child")).await;
    assert!(child.body["metadata"].get("ownerReferences").is_none());
}

#[tokio::test]
async fn in_the_foreground_dependents_go_first() {
    let raw = Raw::new(&sandbox());
    let a = make(&raw, "a", &[], &[]).await;
    make(&raw, "child", &[&a], &["example.org/hold"]).await;
    delete(&raw, "a", "Foreground").await;
    let waiting = raw.get(&format!("{MAPS}/a")).await;
    assert_eq!(
        waiting.body["metadata"]["finalizers"],
        json!(["foregroundDeletion"])
    );
    assert_eq!(names(&raw).await, ["a", "child"]);
    unfinalize(&raw, "child").await;
    assert!(names(&raw).await.is_empty());
}

#[tokio::test]
async fn finalizers_hold_an_object_and_no_new_ones_come() {
    let raw = Raw::new(&sandbox());
    make(&raw, "a", &[], &["example.org/hold"]).await;
    delete(&raw, "a", "Background").await;
    let held = raw.get(&format!("{MAPS}/a")).await;
    assert_eq!(
        held.body["metadata"]["deletionTimestamp"],
        "2026-03-01T12:00:00Z"
    );
    let patch = json!({"metadata": {"finalizers": ["example.org/hold", "example.org/more"]}});
    let refused = raw.patch(&format!("{MAPS}/a"), "merge-patch", patch).await;
    assert_eq!(
        refused.message(),
        "ConfigMap \"a\" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{\"example.org/more\"}"
    );
    unfinalize(&raw, "a").await;
    assert_eq!(raw.get(&format!("{MAPS}/a")).await.code, 404);
}

#[tokio::test]
async fn an_object_without_its_owner_is_collected() {
    let raw = Raw::new(&sandbox());
    let ghost = json!({"metadata": {"name": "ghost", "uid": "none"}});
    make(&raw, "child", &[&ghost], &[]).await;
    assert!(names(&raw).await.is_empty());
}

#[tokio::test]
async fn a_namespace_goes_with_all_in_it() {
    let raw = Raw::new(&sandbox());
    raw.post("/api/v1/namespaces", json!({"metadata": {"name": "team"}}))
        .await;
    let maps = "/api/v1/namespaces/team/configmaps";
    let held = json!({"metadata": {"name": "held", "finalizers": ["example.org/hold"]}});
    raw.post(maps, held).await;
    raw.post(maps, json!({"metadata": {"name": "free"}})).await;
    let accounts = raw.get("/api/v1/namespaces/team/serviceaccounts").await;
    assert_eq!(accounts.body["items"][0]["metadata"]["name"], "default");
    let going = raw.delete("/api/v1/namespaces/team", json!({})).await;
    assert_eq!(going.body["status"]["phase"], "Terminating");
    let refused = raw.post(maps, json!({"metadata": {"name": "late"}})).await;
    assert_eq!(refused.code, 403);
    assert_eq!(
        refused.message(),
        "configmaps \"late\" is forbidden: unable to create new content in namespace team because it is being terminated"
    );
    assert_eq!(raw.get(&format!("{maps}/free")).await.code, 404);
    assert_eq!(raw.get("/api/v1/namespaces/team").await.code, 200);
    let patch = json!({"metadata": {"finalizers": null}});
    raw.patch(&format!("{maps}/held"), "merge-patch", patch)
        .await;
    assert_eq!(raw.get("/api/v1/namespaces/team").await.code, 404);
    let kept = raw.delete("/api/v1/namespaces/default", json!({})).await;
    assert_eq!(
        kept.message(),
        "namespaces \"default\" is forbidden: this namespace may not be deleted"
    );
}

#[tokio::test]
async fn a_running_pod_is_stopped_first() {
    let raw = Raw::new(&sandbox());
    let pods = "/api/v1/namespaces/default/pods";
    let pod = |name: &str, node: Option<&str>| {
        json!({"metadata": {"name": name}, "spec": {"nodeName": node,
            "containers": [{"name": "c", "image": "a:1"}]}})
    };
    raw.post(pods, pod("free", None)).await;
    raw.post(pods, pod("bound", Some("n"))).await;
    raw.delete(&format!("{pods}/free"), json!({})).await;
    assert_eq!(raw.get(&format!("{pods}/free")).await.code, 404);
    let going = raw.delete(&format!("{pods}/bound"), json!({})).await;
    assert_eq!(going.body["metadata"]["deletionGracePeriodSeconds"], 30);
    assert_eq!(
        going.body["metadata"]["deletionTimestamp"],
        "2026-03-01T12:00:30Z"
    );
    raw.delete(&format!("{pods}/bound"), json!({"gracePeriodSeconds": 0}))
        .await;
    assert_eq!(raw.get(&format!("{pods}/bound")).await.code, 404);
}

#[tokio::test]
async fn a_collection_is_deleted_by_its_selector() {
    let raw = Raw::new(&sandbox());
    for (name, app) in [("a", "x"), ("b", "x"), ("c", "y")] {
        let body = json!({"metadata": {"name": name, "labels": {"app": app}}});
        raw.post(MAPS, body).await;
    }
    let gone = raw
        .delete(&format!("{MAPS}?labelSelector=app%3Dx"), json!({}))
        .await;
    assert_eq!(gone.body["items"].as_array().unwrap().len(), 2);
    assert_eq!(names(&raw).await, ["c"]);
}
