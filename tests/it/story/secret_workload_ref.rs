//! A Deployment holds the template of a Rollout: image and secret are rolled out from there.

use serde_json::{Value, json};
use waxwing::object::{Gvk, ObjectRef};

use super::secret_stage::{Stage, rollout, rollout_ref};

fn deployment(image: &str) -> Value {
    let whole = rollout("web", image, &["db"]);
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"replicas": 0, "selector": whole["spec"]["selector"], "template": whole["spec"]["template"]}})
}

fn referring() -> Value {
    let mut whole = rollout("web", "", &[]);
    let spec = whole["spec"].as_object_mut().unwrap();
    spec.remove("template");
    spec.remove("selector");
    spec.insert(
        "workloadRef".to_owned(),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}),
    );
    whole
}

#[tokio::test]
async fn point_04_a_secret_in_a_referred_template_is_delivered_as_a_canary() {
    let stage = Stage::new().await;
    stage.seal("old").await;
    stage.apply(deployment("i")).await;
    stage.apply(referring()).await;
    stage.rollout("web", "Healthy", "1").await;
    stage.reads("web", &[("db-v1", 2)]).await;
    stage.seal("new").await;
    stage.rollout("web", "Paused", "2").await;
    assert_eq!(
        stage.promoted("db").await,
        "Progressing: version 2 waits for Rollout web"
    );
    stage.reads("web", &[("db-v1", 1), ("db-v2", 1)]).await;
    stage.rollout("web", "Healthy", "2").await;
    stage.condition("db", "Promoted: version 2").await;
    // An image in the Deployment is a revision as well; the Rollout itself is as it was.
    let generation = stage.get(&rollout_ref("web")).await.unwrap().generation();
    stage.apply(deployment("i2")).await;
    stage.rollout("web", "Healthy", "3").await;
    let web = stage.get(&rollout_ref("web")).await.unwrap();
    assert_eq!(web.generation(), generation);
    assert_eq!(web.at(&["spec", "template"]), None);
    let target = ObjectRef::new(Gvk::new("apps", "v1", "Deployment"), Some("shop"), "web");
    let live = stage.get(&target).await.unwrap();
    let observed = web
        .at(&["status", "workloadObservedGeneration"])
        .and_then(Value::as_str);
    assert_eq!(
        observed,
        live.generation()
            .map(|number| number.to_string())
            .as_deref()
    );
    assert_eq!(stage.readers("web").await.get("db-v2"), Some(&2));
}

#[tokio::test]
async fn pods_of_the_deployment_go_when_those_of_the_rollout_have_come() {
    for how in ["onsuccess", "progressively"] {
        let stage = Stage::new().await;
        stage.seal("old").await;
        let mut before = deployment("i");
        before["spec"]["replicas"] = 2.into();
        stage.apply(before).await;
        let target = ObjectRef::new(Gvk::new("apps", "v1", "Deployment"), Some("shop"), "web");
        let available = async |stage: &Stage| {
            let live = stage.get(&target).await.unwrap();
            live.at(&["status", "availableReplicas"])
                .and_then(Value::as_i64)
                .unwrap_or(0)
        };
        stage
            .until("it stands", async |stage: &Stage| {
                available(stage).await == 2
            })
            .await;
        let mut own = referring();
        own["spec"]["workloadRef"]["scaleDown"] = how.into();
        stage.apply(own).await;
        let mut least = 2;
        stage
            .until("the Rollout has taken over", async |stage: &Stage| {
                let of_deployment = available(stage).await;
                let web = stage.get(&rollout_ref("web")).await.unwrap();
                let of_rollout = web
                    .at(&["status", "availableReplicas"])
                    .and_then(Value::as_i64);
                let of_rollout = of_rollout.unwrap_or(0);
                assert!(
                    of_deployment + of_rollout >= 2,
                    "{how}: {of_deployment} and {of_rollout}"
                );
                of_deployment == 0 && of_rollout == 2
            })
            .await;
        least -= available(&stage).await;
        assert_eq!(least, 2, "{how}");
    }
}
