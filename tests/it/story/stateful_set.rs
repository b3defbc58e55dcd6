//! A StatefulSet comes up one by one with its claims, is updated from the top, and keeps its claims when it shrinks.

use serde_json::{Value, json};
use waxwing::object::{Gvk, Object, ObjectRef};

use super::deployment::{Story, count, is_deleting, is_ready, pods};

fn sets() -> Gvk {
    Gvk::new("apps", "v1", "StatefulSet")
}

fn claims() -> Gvk {
    Gvk::new("", "v1", "PersistentVolumeClaim")
}

fn set(replicas: i64) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "default"},
        "spec": {"replicas": replicas, "serviceName": "db", "selector": {"matchLabels": {"app": "db"}},
            "template": {"metadata": {"labels": {"app": "db"}},
                "spec": {"containers": [{"name": "db", "image": "db:1",
                    "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]},
    })
}

/// As `kubectl rollout status` judges it.
fn is_rolled_out(set: &Object) -> bool {
    let text = |name: &str| set.at(&["status", name]).cloned();
    let wanted = set.at(&["spec", "replicas"]).and_then(Value::as_i64);
    Some(count(set, "readyReplicas")) == wanted
        && set
            .at(&["status", "observedGeneration"])
            .and_then(Value::as_i64)
            == set.generation()
        && text("currentRevision") == text("updateRevision")
}

#[tokio::test]
async fn pods_come_in_order_with_claims_and_are_updated_from_the_top() {
    let story = Story::begin().await;
    story.create(set(3)).await;
    let in_order = |pods: &[&Object]| {
        let ready = pods.iter().filter(|pod| is_ready(pod)).count();
        assert!(pods.len() <= ready + 1, "more than one on its way");
    };
    story
        .with_time(story.watched(pods(), in_order, |pods| {
            pods.len() == 3 && pods.iter().all(|pod| is_ready(pod))
        }))
        .await;
    story
        .until(sets(), |sets| sets.iter().any(|set| is_rolled_out(set)))
        .await;
    let bound = |claim: &&Object| claim.at(&["status", "phase"]) == Some(&json!("Bound"));
    story
        .until(claims(), |claims| {
            claims.len() == 3 && claims.iter().all(bound)
        })
        .await;
    let target = ObjectRef::new(sets(), Some("default"), "db");
    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "db", "image": "db:2",
        "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]}}}});
    story.patch(&target, image).await;
    let from_the_top = |pods: &[&Object]| {
        let images: Vec<bool> = pods
            .iter()
            .map(|pod| pod.at(&["spec", "containers"]).unwrap()[0]["image"] == "db:2")
            .collect();
        assert!(images.is_sorted(), "not from the top: {images:?}");
        let served = pods.iter().filter(|pod| is_ready(pod) && !is_deleting(pod));
        assert!(served.count() >= 2);
    };
    story
        .with_time(story.watched(pods(), from_the_top, |pods| {
            pods.len() == 3
                && pods.iter().all(|pod| {
                    is_ready(pod) && pod.at(&["spec", "containers"]).unwrap()[0]["image"] == "db:2"
                })
        }))
        .await;
    story
        .until(sets(), |sets| sets.iter().any(|set| is_rolled_out(set)))
        .await;
    story.patch(&target, json!({"spec": {"replicas": 1}})).await;
    let left = story
        .with_time(story.until(pods(), |pods| pods.len() == 1))
        .await;
    assert_eq!(left[0].name(), "db-0");
    story.until(claims(), |claims| claims.len() == 3).await;
}
