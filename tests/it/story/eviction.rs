//! Pods are evicted as far as their budget allows, and the refusal says why.

use serde_json::{Value, json};
use waxwing::object::{Gvk, Object, ObjectRef};

use super::{
    deployment::{Story, condition, deployment, is_deleting, is_ready, pods},
    world::ask,
};

fn budgets() -> Gvk {
    Gvk::new("policy", "v1", "PodDisruptionBudget")
}

fn allows(number: i64) -> impl Fn(&[&Object]) -> bool {
    move |budgets| {
        budgets
            .iter()
            .any(|budget| budget.at(&["status", "disruptionsAllowed"]) == Some(&json!(number)))
    }
}

async fn evict(story: &Story, pod: &str) -> (u16, Value) {
    let path = format!("/api/v1/namespaces/default/pods/{pod}/eviction");
    let body = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": "default"}});
    let (code, text) = ask_json(story, &path, &body).await;
    (code, serde_json::from_str(&text).unwrap())
}

async fn ask_json(story: &Story, path: &str, body: &Value) -> (u16, String) {
    ask(story.sandbox.service(), "POST", path, body.to_string()).await
}

#[tokio::test]
async fn a_budget_lets_one_go_at_a_time() {
    let story = Story::begin().await;
    story
        .create(
            json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}}),
        )
        .await;
    story.create(deployment(2)).await;
    let running = story
        .with_time(story.until(pods(), |pods| {
            pods.len() == 2 && pods.iter().all(|pod| is_ready(pod))
        }))
        .await;
    let budget = story.until(budgets(), allows(1)).await;
    assert_eq!(
        condition(&budget[0], "DisruptionAllowed").unwrap()["reason"],
        "SufficientPods"
    );
    let (code, status) = evict(&story, running[0].name()).await;
    assert_eq!((code, &status["status"]), (201, &json!("Success")));
    story.until(budgets(), allows(0)).await;
    let (code, status) = evict(&story, running[1].name()).await;
    assert_eq!(code, 429);
    assert_eq!(
        status["message"],
        "Cannot evict pod as it would violate the pod's disruption budget."
    );
    assert_eq!(status["reason"], "TooManyRequests");
    assert_eq!(status["details"]["causes"][0]["reason"], "DisruptionBudget");
    assert_eq!(
        status["details"]["causes"][0]["message"],
        "The disruption budget web needs 1 healthy pods and has 1 currently"
    );
    let left = story
        .with_time(story.until(pods(), |pods| {
            pods.len() == 2 && pods.iter().all(|pod| is_ready(pod) && !is_deleting(pod))
        }))
        .await;
    assert!(left.iter().all(|pod| pod.uid() != running[0].uid()));
    story.until(budgets(), allows(1)).await;
}

#[tokio::test]
async fn without_a_budget_a_pod_goes_with_its_reason() {
    let story = Story::begin().await;
    story.create(deployment(1)).await;
    let running = story
        .with_time(story.until(pods(), |pods| pods.iter().any(|pod| is_ready(pod))))
        .await;
    let name = running[0].name();
    // Holds the pod where it can be looked at: it may be gone before a watch begins.
    let pod = ObjectRef::new(pods(), Some("default"), name);
    story
        .patch(
            &pod,
            json!({"metadata": {"finalizers": ["waxwing.dev/looked-at"]}}),
        )
        .await;
    assert_eq!(evict(&story, name).await.0, 201);
    let leaving = story
        .until(pods(), |pods| pods.iter().any(|pod| is_deleting(pod)))
        .await;
    let gone = leaving.iter().find(|pod| pod.name() == name).unwrap();
    let why = condition(gone, "DisruptionTarget").unwrap();
    assert_eq!(why["reason"], "EvictionByEvictionAPI");
    story
        .patch(&pod, json!({"metadata": {"finalizers": null}}))
        .await;
    let path = format!("/api/v1/namespaces/default/pods/{name}/eviction");
    let other =
        json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "other"}});
    assert_eq!(ask_json(&story, &path, &other).await.0, 400);
    assert_eq!(evict(&story, "none").await.0, 404);
}
