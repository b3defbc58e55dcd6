//! What was planted as a secret shows up in no log, event, status, condition, annotation or label.

use super::{
    leak::{Log, forms},
    secret_stage::Stage,
};

#[tokio::test]
async fn planted_values_show_up_in_the_data_of_secrets_only() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let planted = ["canary-51ab-first-value", "canary-51ab-second-value"];
    let stage = Stage::new().await;
    stage.seal(planted[0]).await;
    stage
        .apply(super::secret_stage::rollout("web", "i", &["db"]))
        .await;
    stage.rollout("web", "Healthy", "1").await;
    stage.seal(planted[1]).await;
    stage.rollout("web", "Paused", "2").await;
    stage.abort("web").await;
    stage.condition("db", "Rejected").await;
    stage.world.delete(&super::world::secret_ref("db-v2")).await;
    stage.retry("web").await;
    stage.condition("db", "Promoted: version 2").await;
    let mut text = stage.world.everything_but_secrets().await;
    let kinds = [("", "Pod"), ("", "Secret"), ("apps", "ReplicaSet")];
    for (group, kind) in kinds {
        for mut object in stage.list(group, kind).await {
            if kind == "Secret" {
                object.remove(&["data"]);
            }
            text.push_str(&object.to_value().to_string());
        }
    }
    let rollouts = waxwing::api::rollout::gvk();
    let all = waxwing::cluster::Selector::default();
    for rollout in stage
        .world
        .cluster
        .list(&rollouts, None, &all)
        .await
        .unwrap()
        .objects
    {
        text.push_str(&rollout.to_value().to_string());
    }
    assert!(text.contains("SecretVersionRejected") && text.contains("SecretVersionPromoted"));
    let figures = stage.running.handle.metrics.text();
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("waxwing::controller"), "the log was captured");
    for form in planted.iter().flat_map(|planted| forms(planted)) {
        for (place, text) in [("objects", &text), ("figures", &figures), ("log", &log)] {
            assert!(!text.contains(&form), "{form} is in {place}");
        }
    }
}
