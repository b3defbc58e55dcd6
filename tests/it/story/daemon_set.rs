//! A DaemonSet has one pod on the node, and stays there when the node is cordoned.

use serde_json::{Value, json};
use waxwing::object::{Gvk, Object, ObjectRef};

use super::deployment::{Story, count, deployment, is_ready, pods};

fn sets() -> Gvk {
    Gvk::new("apps", "v1", "DaemonSet")
}

fn set() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}},
            "template": {"metadata": {"labels": {"app": "agent"}},
                "spec": {"containers": [{"name": "agent", "image": "agent:1"}]}}},
    })
}

fn is_rolled_out(set: &Object) -> bool {
    let observed = set.at(&["status", "observedGeneration"]);
    observed.and_then(Value::as_i64) == set.generation()
        && count(set, "updatedNumberScheduled") == 1
        && count(set, "numberAvailable") == 1
}

fn node() -> ObjectRef {
    ObjectRef::new(Gvk::new("", "v1", "Node"), None, "waxwing-sandbox")
}

#[tokio::test]
async fn one_pod_a_node_and_an_update_replaces_it() {
    let story = Story::begin_alone().await;
    story.create(set()).await;
    story
        .with_time(story.until(sets(), |sets| sets.iter().any(|set| is_rolled_out(set))))
        .await;
    let target = ObjectRef::new(sets(), Some("default"), "agent");
    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "agent", "image": "agent:2"}]}}}});
    story.patch(&target, image).await;
    story
        .with_time(story.until(sets(), |sets| {
            sets.iter()
                .any(|set| set.generation() == Some(2) && is_rolled_out(set))
        }))
        .await;
    let revisions = Gvk::new("apps", "v1", "ControllerRevision");
    story
        .until(revisions, |revisions| revisions.len() == 2)
        .await;
}

#[tokio::test]
async fn a_cordoned_node_takes_daemons_only() {
    let story = Story::begin_alone().await;
    story.create(set()).await;
    story
        .with_time(story.until(pods(), |pods| pods.iter().any(|pod| is_ready(pod))))
        .await;
    story
        .patch(&node(), json!({"spec": {"unschedulable": true}}))
        .await;
    story.create(deployment(1)).await;
    let waiting = story
        .until(pods(), |pods| {
            pods.iter().any(|pod| {
                super::deployment::condition(pod, "PodScheduled")
                    .is_some_and(|scheduled| scheduled["status"] == "False")
            })
        })
        .await;
    let refused = waiting
        .iter()
        .find_map(|pod| {
            super::deployment::condition(pod, "PodScheduled")
                .filter(|scheduled| scheduled["status"] == "False")
        })
        .unwrap();
    assert_eq!(refused["reason"], "Unschedulable");
    assert_eq!(
        refused["message"],
        "0/1 nodes are available: 1 node(s) were unschedulable. preemption: 0/1 nodes are available: \
         1 Preemption is not helpful for scheduling."
    );
    story
        .patch(&node(), json!({"spec": {"unschedulable": false}}))
        .await;
    story
        .with_time(story.until(pods(), |pods| {
            pods.len() == 2 && pods.iter().all(|pod| is_ready(pod))
        }))
        .await;
}
