//! A wrong Rollout says what is wrong, changes nothing that works, and heals by itself.

use serde_json::{Value, json};

use crate::rollout::{NAMESPACE, Stage, half_for_a_minute, rollout, rollout_ref, service};

fn steps(steps: Value) -> Value {
    json!({"spec": {"strategy": {"canary": {"steps": steps}}}})
}

#[tokio::test(start_paused = true)]
async fn a_wrong_step_stops_an_update_and_heals() {
    let stage = Stage::stable(&half_for_a_minute(), Vec::new()).await;
    stage
        .patch(&rollout_ref(), steps(json!([{"setWeight": 120}])))
        .await;
    stage.image("demo:2").await;
    stage.rest().await;
    let (phase, message) = stage.told().await;
    assert_eq!(phase, "Degraded");
    assert_eq!(
        message,
        "InvalidSpec: The Rollout \"demo\" is invalid: spec.strategy.steps[0].setWeight: \
         Invalid value: 120: SetWeight needs to be between 0 and 100"
    );
    assert_eq!(
        (stage.pods_of("demo:1").await, stage.pods_of("demo:2").await),
        (4, 0)
    );
    stage
        .patch(
            &rollout_ref(),
            steps(json!([{"setWeight": 50}, {"pause": {}}])),
        )
        .await;
    stage.go_to(12).await;
    assert_eq!(
        stage.told().await,
        ("Paused".into(), "CanaryPauseStep".into())
    );
    assert_eq!(
        (stage.pods_of("demo:2").await, stage.weight().await),
        (2, 50)
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_waited_for() {
    let mut canary = half_for_a_minute();
    canary["stableService"] = "later".into();
    let stage = Stage::with_route(Vec::new()).await;
    stage.create(rollout(4, &canary)).await;
    stage.rest().await;
    assert_eq!(
        stage.told().await.1,
        "InvalidSpec: The Rollout \"demo\" is invalid: spec.strategy.canary.stableService: \
         Invalid value: \"later\": service \"later\" not found"
    );
    let mut other = service("later");
    other["metadata"]["namespace"] = NAMESPACE.into();
    stage.create(other).await;
    stage.rest().await;
    // Without waiting for the next look: the Service is watched.
    assert_eq!(stage.pods_of("demo:1").await, 4);
}

#[tokio::test(start_paused = true)]
async fn a_route_that_is_away_stops_the_traffic_and_heals() {
    let stage = Stage::stable(&half_for_a_minute(), Vec::new()).await;
    let route = stage.get(&crate::rollout::route_ref()).await.unwrap();
    stage.delete(&route.reference()).await;
    stage.image("demo:2").await;
    stage.go_to(15).await;
    let events = stage.events().await;
    let told = (
        "TrafficRoutingError".to_owned(),
        "httproutes.gateway.networking.k8s.io \"route\" not found".to_owned(),
    );
    assert!(events.contains(&told), "{events:?}");
    let mut again = route.to_value();
    for field in [
        "resourceVersion",
        "uid",
        "creationTimestamp",
        "managedFields",
        "generation",
    ] {
        again["metadata"].as_object_mut().unwrap().remove(field);
    }
    stage.create(again).await;
    stage.go_to(45).await;
    assert_eq!(stage.weight().await, 50);
}

#[tokio::test(start_paused = true)]
async fn a_replica_set_that_is_refused_is_told_of() {
    let stage = Stage::stable(&half_for_a_minute(), Vec::new()).await;
    let containers = |name: &str| {
        let containers = json!([{"name": name, "image": "demo:2"}]);
        json!({"spec": {"template": {"spec": {"containers": containers}}}})
    };
    stage.patch(&rollout_ref(), containers("Not_A_Name")).await;
    stage.go_to(3).await;
    let found = stage.rollout().await;
    let conditions = found.at(&["status", "conditions"]).unwrap().to_string();
    assert!(conditions.contains("ReplicaSetCreateError"), "{conditions}");
    assert!(
        conditions.contains("Failed to create new replica set"),
        "{conditions}"
    );
    assert_eq!(
        (stage.pods_of("demo:1").await, stage.weight().await),
        (4, 0)
    );
    stage.patch(&rollout_ref(), containers("main")).await;
    stage.go_to(20).await;
    assert_eq!(stage.weight().await, 50);
}
