//! Nothing is deleted by a mistake in Git: an empty or broken render, a wrong path, a rewritten history.

use std::fs;

use serde_json::json;

use super::gitops::{Stage, app_ref, automated, condition, config, config_ref, text};

async fn synced_stage() -> (Stage, String) {
    let stage = Stage::new().await;
    stage.repository.write("app/b.yaml", &config("b", "one", 0));
    let commit = stage
        .repository
        .commit_file("app/a.yaml", &config("a", "one", 0));
    stage.application(automated()).await;
    stage.synced(&commit).await;
    (stage, commit)
}

async fn nothing_is_gone(stage: &Stage) {
    for name in ["a", "b"] {
        let live = stage.get(&config_ref(name)).await.unwrap();
        assert_eq!(live.at(&["metadata", "deletionTimestamp"]), None, "{name}");
    }
}

#[tokio::test]
async fn an_empty_folder_deletes_nothing() {
    let (stage, _) = synced_stage().await;
    fs::remove_file(stage.repository.path().join("app/a.yaml")).unwrap();
    fs::remove_file(stage.repository.path().join("app/b.yaml")).unwrap();
    let commit = stage.push("app/notes.txt", "nothing here").await;
    stage
        .app(|app| text(app, "/status/sync/revision") == commit)
        .await;
    nothing_is_gone(&stage).await;
    // Not even by hand.
    let sync = json!({"operation": {"sync": {"prune": true}}});
    stage.world.patch(&app_ref(), sync).await;
    stage
        .app(|app| {
            text(app, "/status/operationState/syncResult/revision") == commit
                && text(app, "/status/operationState/phase") == "Succeeded"
        })
        .await;
    nothing_is_gone(&stage).await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_and_a_broken_file_are_told_and_delete_nothing() {
    let (stage, _) = synced_stage().await;
    let path = |path: &str| json!({"spec": {"source": {"path": path}}});
    stage.world.patch(&app_ref(), path("elsewhere")).await;
    let app = stage
        .app(|app| condition(app, "ComparisonError").is_some())
        .await;
    assert_eq!(text(&app, "/status/sync/status"), "Unknown");
    nothing_is_gone(&stage).await;
    stage.world.patch(&app_ref(), path("app")).await;
    stage
        .app(|app| text(app, "/status/sync/status") == "Synced")
        .await;
    stage.repository.git(&["rm", "--quiet", "app/b.yaml"]);
    let broken = "apiVersion: v1\nkind: ConfigMap\nmetadata: {\n";
    stage.push("app/a.yaml", broken).await;
    let app = stage
        .app(|app| condition(app, "ComparisonError").is_some())
        .await;
    let message = condition(&app, "ComparisonError").unwrap();
    assert!(message.starts_with("/app/a.yaml: "), "{message}");
    nothing_is_gone(&stage).await;
    let mended = stage.push("app/a.yaml", &config("a", "two", 0)).await;
    stage.synced(&mended).await;
    assert_eq!(stage.get(&config_ref("b")).await, None);
}

#[tokio::test]
async fn a_rewritten_history_deletes_nothing_until_a_person_says_so() {
    let (stage, _) = synced_stage().await;
    stage.repository.git(&["rm", "--quiet", "app/b.yaml"]);
    stage.repository.write("app/a.yaml", &config("a", "two", 0));
    stage.repository.git(&["add", "--all"]);
    stage
        .repository
        .git(&["commit", "--quiet", "--amend", "-m", "rewritten"]);
    let commit = stage.repository.git(&["rev-parse", "HEAD"]);
    stage.applier.fetch(super::gitops::URL).await.unwrap();
    stage
        .app(|app| {
            text(app, "/status/operationState/syncResult/revision") == commit
                && text(app, "/status/operationState/phase") == "Succeeded"
                && text(app, "/status/sync/status") == "OutOfSync"
        })
        .await;
    let live = stage.get(&config_ref("a")).await.unwrap();
    assert_eq!(live.at(&["data", "k"]), Some(&json!("two")));
    nothing_is_gone(&stage).await;
    let sync = json!({"operation": {"sync": {"prune": true}}});
    stage.world.patch(&app_ref(), sync).await;
    stage.synced(&commit).await;
    assert_eq!(stage.get(&config_ref("b")).await, None);
}

#[tokio::test]
async fn a_repository_that_is_away_changes_nothing_and_comes_back() {
    let (stage, commit) = synced_stage().await;
    let away = stage.repository.path().with_extension("away");
    fs::rename(stage.repository.path(), &away).unwrap();
    let refresh = json!({"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}});
    stage.world.patch(&app_ref(), refresh.clone()).await;
    let app = stage
        .app(|app| condition(app, "ComparisonError").is_some())
        .await;
    assert_eq!(text(&app, "/status/sync/status"), "Unknown");
    nothing_is_gone(&stage).await;
    fs::rename(&away, stage.repository.path()).unwrap();
    stage.world.patch(&app_ref(), refresh).await;
    let app = stage.synced(&commit).await;
    assert_eq!(condition(&app, "ComparisonError"), None);
}
