//! Reverting the commit takes a Rollout back to its stable pods without a step.

use super::secret_stage::Stage;

#[tokio::test]
async fn point_08_a_revert_returns_without_steps() {
    let stage = Stage::rejected().await;
    stage.reads("web", &[("db-v1", 2)]).await;
    let pods = stage.pods("web").await;
    stage.seal("old").await;
    let seconds = stage.rollout("web", "Healthy", "3").await;
    assert!(seconds < 10, "no step is waited for: {seconds}");
    stage.condition("db", "Promoted: version 1").await;
    assert_eq!(stage.pods("web").await, pods, "no pod is replaced");
    assert!(stage.reasons("web").await.contains(&"SkipSteps".to_owned()));
    // The rejected version stays as long as the history names it, with who rejected it.
    assert_eq!(stage.versions().await, ["db-v1=old*", "db-v2=bad"]);
}
