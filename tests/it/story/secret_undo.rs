//! Going back to a revision with another version pins it until the secret is sealed anew.

use serde_json::json;

use super::secret_stage::{Stage, rollout_ref};

#[tokio::test]
async fn point_04_a_pin_holds_until_the_sealed_secret_changes() {
    let stage = Stage::begun().await;
    stage.seal("new").await;
    stage.condition("db", "Promoted: version 2").await;
    stage.rollout("web", "Healthy", "2").await;
    // As `rollout undo` writes it.
    let pin = json!({"metadata": {"annotations": {"waxwing.dev/pin": r#"{"db":1}"#}}});
    stage.world.patch(&rollout_ref("web"), pin).await;
    stage.rollout("web", "Healthy", "3").await;
    stage.reads("web", &[("db-v1", 2)]).await;
    assert_eq!(
        stage.value("db").await,
        "new",
        "what is promoted stays promoted"
    );
    stage.pass(10).await;
    stage.reads("web", &[("db-v1", 2)]).await;
    stage.seal("newer").await;
    stage.condition("db", "Promoted: version 3").await;
    stage.reads("web", &[("db-v3", 2)]).await;
    let web = stage.get(&rollout_ref("web")).await.unwrap();
    assert_eq!(web.annotation("waxwing.dev/pin"), None);
}
