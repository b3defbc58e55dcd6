//! A commit is applied, drift is undone, and what is gone from Git goes.

use serde_json::json;

use super::gitops::{Stage, app_ref, automated, condition, config, config_ref, text};

#[tokio::test]
async fn a_commit_becomes_objects_and_the_next_one_changes_them() {
    let stage = Stage::new().await;
    let first = stage
        .repository
        .commit_file("app/a.yaml", &config("a", "one", 0));
    stage.application(automated()).await;
    let app = stage.synced(&first).await;
    let live = stage.get(&config_ref("a")).await.unwrap();
    assert_eq!(live.at(&["data", "k"]), Some(&json!("one")));
    assert_eq!(
        live.annotation("argocd.argoproj.io/tracking-id"),
        Some("shop:/ConfigMap:web/a")
    );
    assert_eq!(text(&app, "/status/health/status"), "Healthy");
    assert_eq!(text(&app, "/status/history/0/revision"), first);
    assert_eq!(
        text(&app, "/status/operationState/message"),
        "successfully synced (all tasks run)"
    );
    assert_eq!(app.at(&["operation"]), None);
    let second = stage.push("app/a.yaml", &config("a", "two", 0)).await;
    stage.synced(&second).await;
    let live = stage.get(&config_ref("a")).await.unwrap();
    assert_eq!(live.at(&["data", "k"]), Some(&json!("two")));
}

#[tokio::test]
async fn drift_is_undone_and_foreign_fields_stay() {
    let stage = Stage::new().await;
    let commit = stage
        .repository
        .commit_file("app/a.yaml", &config("a", "one", 0));
    stage.application(automated()).await;
    stage.synced(&commit).await;
    stage
        .world
        .patch(
            &config_ref("a"),
            json!({"data": {"k": "edited", "more": "kept"}}),
        )
        .await;
    let healed = stage
        .world
        .until(&config_ref("a"), |found| {
            found.is_some_and(|found| found.at(&["data", "k"]) == Some(&json!("one")))
        })
        .await
        .unwrap();
    assert_eq!(healed.at(&["data", "more"]), Some(&json!("kept")));
    let app = stage
        .app(|app| {
            text(app, "/status/sync/status") == "Synced"
                && app.at(&[
                    "status",
                    "operationState",
                    "operation",
                    "sync",
                    "autoHealAttemptsCount",
                ]) == Some(&json!(1))
        })
        .await;
    let history = app.at(&["status", "history"]).unwrap().as_array().unwrap();
    assert_eq!(history.len(), 1);
}

#[tokio::test]
async fn what_is_gone_from_git_goes_and_with_the_application_everything() {
    let stage = Stage::new().await;
    stage.repository.write("app/b.yaml", &config("b", "one", 0));
    let commit = stage
        .repository
        .commit_file("app/a.yaml", &config("a", "one", 0));
    stage.application(automated()).await;
    stage.synced(&commit).await;
    std::fs::remove_file(stage.repository.path().join("app/b.yaml")).unwrap();
    let commit = stage.push("app/a.yaml", &config("a", "two", 0)).await;
    stage.synced(&commit).await;
    assert_eq!(stage.get(&config_ref("b")).await, None);
    stage.world.delete(&app_ref()).await;
    stage.world.until(&app_ref(), |found| found.is_none()).await;
    assert_eq!(stage.get(&config_ref("a")).await, None);
}

#[tokio::test]
async fn without_automation_a_sync_is_asked_for_and_prunes_only_if_told() {
    let stage = Stage::new().await;
    stage.repository.write("app/b.yaml", &config("b", "one", 0));
    let commit = stage
        .repository
        .commit_file("app/a.yaml", &config("a", "one", 0));
    stage
        .application(json!({"syncOptions": ["CreateNamespace=true"]}))
        .await;
    stage
        .app(|app| text(app, "/status/sync/status") == "OutOfSync")
        .await;
    assert_eq!(stage.get(&config_ref("a")).await, None);
    let sync = |prune: bool| json!({"operation": {"sync": {"prune": prune}}});
    stage.world.patch(&app_ref(), sync(false)).await;
    stage.synced(&commit).await;
    std::fs::remove_file(stage.repository.path().join("app/b.yaml")).unwrap();
    let commit = stage.push("app/a.yaml", &config("a", "two", 0)).await;
    stage
        .app(|app| text(app, "/status/sync/revision") == commit)
        .await;
    stage.world.patch(&app_ref(), sync(false)).await;
    let app = stage
        .app(|app| {
            text(app, "/status/operationState/syncResult/revision") == commit
                && text(app, "/status/operationState/phase") == "Succeeded"
        })
        .await;
    assert!(
        app.to_value()
            .to_string()
            .contains("ignored (requires pruning)"),
        "{app:?}"
    );
    assert!(stage.get(&config_ref("b")).await.is_some());
    stage.world.patch(&app_ref(), sync(true)).await;
    stage.synced(&commit).await;
    assert_eq!(stage.get(&config_ref("b")).await, None);
    assert_eq!(condition(&app, "SyncError"), None);
}

#[tokio::test]
async fn a_later_wave_waits_until_the_earlier_one_is_healthy() {
    let stage = Stage::new().await;
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: disk\nspec:\n  accessModes: [ReadWriteOnce]\n  resources:\n    requests:\n      storage: 1Gi\n";
    stage.repository.write("app/disk.yaml", claim);
    let commit = stage
        .repository
        .commit_file("app/late.yaml", &config("late", "v", 1));
    stage.application(automated()).await;
    let message = "waiting for healthy state of /PersistentVolumeClaim/disk";
    stage
        .app(|app| text(app, "/status/operationState/message") == message)
        .await;
    assert_eq!(stage.get(&config_ref("late")).await, None);
    let volumes = tokio::spawn(stage.world.workloads().run());
    stage.synced(&commit).await;
    volumes.abort();
    assert!(stage.get(&config_ref("late")).await.is_some());
}

#[tokio::test]
async fn hooks_run_in_their_phase_and_go_afterwards() {
    let stage = Stage::new().await;
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: migrate\n  annotations:\n    argocd.argoproj.io/hook: PreSync\n    argocd.argoproj.io/hook-delete-policy: HookSucceeded\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - name: c\n        image: i\n";
    stage.repository.write("app/job.yaml", job);
    let commit = stage
        .repository
        .commit_file("app/a.yaml", &config("a", "v", 0));
    stage.application(automated()).await;
    let message = "waiting for completion of hook batch/Job/migrate";
    stage
        .app(|app| text(app, "/status/operationState/message") == message)
        .await;
    assert_eq!(stage.get(&config_ref("a")).await, None);
    let target = waxwing::object::ObjectRef::new(
        waxwing::object::Gvk::new("batch", "v1", "Job"),
        Some("web"),
        "migrate",
    );
    let kubelet = tokio::spawn(stage.world.workloads().run());
    let synced = stage.synced(&commit);
    stage.world.pace.with_time(synced).await;
    assert!(stage.get(&config_ref("a")).await.is_some());
    let is_gone = |found: Option<&waxwing::object::Object>| {
        found.is_none_or(|job| job.at(&["metadata", "deletionTimestamp"]).is_some())
    };
    let gone = stage.world.until(&target, is_gone);
    stage.world.pace.with_time(gone).await;
    kubelet.abort();
}

#[tokio::test]
async fn a_folder_with_a_kustomization_is_built() {
    let stage = Stage::new().await;
    let kustomization = "resources: [a.yaml]\nnamePrefix: pre-\n";
    stage
        .repository
        .write("app/kustomization.yaml", kustomization);
    let commit = stage
        .repository
        .commit_file("app/a.yaml", &config("a", "one", 0));
    stage.application(automated()).await;
    stage.synced(&commit).await;
    assert!(stage.get(&config_ref("pre-a")).await.is_some());
    assert_eq!(stage.get(&config_ref("a")).await, None);
    stage
        .push("app/kustomization.yaml", "resources: [none.yaml]\n")
        .await;
    let app = stage
        .app(|app| condition(app, "ComparisonError").is_some())
        .await;
    let message = condition(&app, "ComparisonError").unwrap();
    assert!(
        message.contains("kustomize build of \"app\" failed"),
        "{message}"
    );
    assert!(stage.get(&config_ref("pre-a")).await.is_some());
}

#[tokio::test]
async fn a_sync_by_hand_takes_the_newest_commit() {
    let stage = Stage::new().await;
    let first = stage
        .repository
        .commit_file("app/a.yaml", &config("a", "one", 0));
    stage.application(automated()).await;
    stage.synced(&first).await;
    let second = stage
        .repository
        .commit_file("app/a.yaml", &config("a", "two", 0));
    let operation = json!({"operation": {"sync": {}, "initiatedBy": {"username": "me"}}});
    stage.world.patch(&app_ref(), operation).await;
    stage.synced(&second).await;
}
