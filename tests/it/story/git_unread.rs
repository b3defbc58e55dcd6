//! A commit that touches nothing that an Application was rendered from does not render it again.

use super::gitops::{Stage, automated, config};

#[tokio::test]
async fn a_commit_beside_it_renders_nothing() {
    let stage = Stage::new().await;
    stage
        .repository
        .write("app/kustomization.yaml", "resources: [../base]\n");
    stage
        .repository
        .write("base/kustomization.yaml", "resources: [one.yaml]\n");
    let first = stage
        .repository
        .commit_file("base/one.yaml", &config("one", "first", 0));
    stage.application(automated()).await;
    stage.synced(&first).await;
    let rendered = stage.applier.renders();
    assert!(rendered > 0);
    let second = stage.push("readme.md", "words").await;
    stage.synced(&second).await;
    let third = stage.push("base/unused.yaml", "words").await;
    stage.synced(&third).await;
    assert_eq!(stage.applier.renders(), rendered);
    let fourth = stage
        .push("base/one.yaml", &config("one", "second", 0))
        .await;
    stage.synced(&fourth).await;
    assert_eq!(stage.applier.renders(), rendered + 1);
}
