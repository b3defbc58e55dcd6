//! Pods carry the labels and annotations of the part that they play, and new ones keep away from stable ones.

use serde_json::{Value, json};
use waxwing::object::{Gvk, Object};

use crate::rollout::{Stage, half_for_a_minute, text};

fn strategy() -> Value {
    let mut canary = half_for_a_minute();
    canary["canaryMetadata"] =
        json!({"labels": {"role": "canary"}, "annotations": {"note": "new"}});
    canary["stableMetadata"] = json!({"labels": {"role": "stable"}});
    canary["antiAffinity"] =
        json!({"preferredDuringSchedulingIgnoredDuringExecution": {"weight": 7}});
    canary
}

/// Pods by their image and role.
async fn roles(stage: &Stage) -> Vec<(String, String)> {
    let pods = stage.list(&Gvk::new("", "v1", "Pod")).await;
    let mut roles: Vec<(String, String)> = pods
        .iter()
        .filter(|pod| pod.at(&["metadata", "deletionTimestamp"]).is_none())
        .map(|pod| {
            let image = pod.at(&["spec", "containers"]).unwrap()[0]["image"]
                .as_str()
                .unwrap();
            (
                image.to_owned(),
                pod.label("role").unwrap_or("none").to_owned(),
            )
        })
        .collect();
    roles.sort();
    roles.dedup();
    roles
}

fn set_of<'a>(sets: &'a [Object], image: &str) -> &'a Object {
    let is_of = |set: &&Object| {
        set.at(&["spec", "template", "spec", "containers"]).unwrap()[0]["image"] == image
    };
    sets.iter().find(is_of).unwrap()
}

fn pair(image: &str, role: &str) -> (String, String) {
    (image.to_owned(), role.to_owned())
}

#[tokio::test(start_paused = true)]
async fn pods_carry_what_their_part_asks_for() {
    let stage = Stage::stable(&strategy(), Vec::new()).await;
    assert_eq!(roles(&stage).await, [pair("demo:1", "stable")]);
    stage.image("demo:2").await;
    stage.until_phase("Paused", 60).await;
    assert_eq!(
        roles(&stage).await,
        [pair("demo:1", "stable"), pair("demo:2", "canary")]
    );
    let gvk = Gvk::new("apps", "v1", "ReplicaSet");
    let sets = stage.list(&gvk).await;
    let (old, new) = (set_of(&sets, "demo:1"), set_of(&sets, "demo:2"));
    let noted = new.annotation("rollout.argoproj.io/ephemeral-metadata");
    assert_eq!(
        noted,
        Some(r#"{"labels":{"role":"canary"},"annotations":{"note":"new"}}"#)
    );
    assert_eq!(
        new.label("role"),
        None,
        "the ReplicaSet itself carries nothing"
    );
    let path = [
        "spec",
        "template",
        "spec",
        "affinity",
        "podAntiAffinity",
        "preferredDuringSchedulingIgnoredDuringExecution",
    ];
    let rule = &new.at(&path).unwrap()[0];
    assert_eq!(rule["weight"], 7);
    let term = &rule["podAffinityTerm"];
    assert_eq!(term["topologyKey"], "kubernetes.io/hostname");
    let values = &term["labelSelector"]["matchExpressions"][0]["values"];
    assert_eq!(
        *values,
        json!([old.label("rollouts-pod-template-hash").unwrap()])
    );
    assert_eq!(
        old.at(&path),
        None,
        "the first ones had nobody to keep away from"
    );
    // Neither is part of the template: the Rollout stays as it is.
    assert!(
        !stage
            .rollout()
            .await
            .at(&["spec", "template"])
            .unwrap()
            .to_string()
            .contains("role")
    );
    let pods = stage.list(&Gvk::new("", "v1", "Pod")).await;
    let done = stage.until_phase("Healthy", 120).await;
    stage.go_to(stage.second() + 5).await;
    assert_eq!(
        text(
            &done,
            &["metadata", "annotations", "rollout.argoproj.io/revision"]
        ),
        "2"
    );
    let now = roles(&stage).await;
    assert!(
        now.contains(&pair("demo:2", "stable")) && !now.contains(&pair("demo:2", "canary")),
        "{now:?}"
    );
    let canaries = pods
        .iter()
        .filter(|pod| pod.label("role") == Some("canary"));
    for pod in canaries {
        let live = stage.get(&pod.reference()).await.unwrap();
        assert_eq!(live.uid(), pod.uid(), "no pod is replaced for its metadata");
        assert_eq!(live.annotation("note"), None);
    }
    stage.go_to(stage.second() + 60).await;
    let sets = stage.list(&gvk).await;
    assert_eq!(sets.len(), 2, "what was put in makes no revision");
}

#[tokio::test(start_paused = true)]
async fn a_wish_that_cannot_be_is_named() {
    let mut canary = strategy();
    canary["antiAffinity"] =
        json!({"preferredDuringSchedulingIgnoredDuringExecution": {"weight": 0}});
    let stage = Stage::with_route(Vec::new()).await;
    stage.create(crate::rollout::rollout(1, &canary)).await;
    stage.until_phase("Degraded", 5).await;
    let (_, message) = stage.told().await;
    assert!(message.contains("spec.strategy.antiAffinity.weight: Invalid value: 0: AntiAffinity weight must be between 1-100"), "{message}");
}
