//! The repository of the story, as it is, applied to the embedded cluster.

use std::{fs, path::Path};

use serde_json::{Value, json};
use waxwing::{
    api::crd,
    object::{Gvk, Object, ObjectRef, yaml},
};

use super::{
    gitops::{Stage, condition, text},
    world::{Running, World, items, key_secret},
};

const URL: &str = "https://github.com/example/backstage-gitops.git";
const KEY: &str = include_str!("../../vectors/kubeseal/keys/primary.key");
const CERTIFICATE: &str = include_str!("../../vectors/kubeseal/keys/primary.crt");
const SEALED: &str = "base/sealed-secret.yaml";
const ROUTE: &str = "base/httproute.yaml";

fn backstage(group: &str, version: &str, kind: &str, name: &str) -> ObjectRef {
    ObjectRef::new(Gvk::new(group, version, kind), Some("backstage"), name)
}

fn application() -> ObjectRef {
    ObjectRef::new(
        waxwing::api::application::gvk(),
        Some("argocd"),
        "backstage",
    )
}

fn route() -> ObjectRef {
    backstage("gateway.networking.k8s.io", "v1", "HTTPRoute", "backstage")
}

fn secret() -> ObjectRef {
    backstage("", "v1", "Secret", "backstage-secrets")
}

fn scenario() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/scenario/backstage-gitops")
}

fn copy(from: &Path, stage: &Stage, below: &str) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), stage, &format!("{path}/"));
        } else {
            let text = fs::read_to_string(entry.path()).unwrap();
            stage.repository.write(&path, &text);
        }
    }
}

/// The scenario, synced, with the sealing controller.
async fn synced() -> (Stage, Running, String) {
    let world = World::without_keys().await;
    world.create(key_secret("scenario", KEY, CERTIFICATE)).await;
    for definition in crd::argo::all().into_iter().chain(crd::argo::routes()) {
        world.create(definition).await;
    }
    let running = world.run();
    let stage = Stage::reading(world, URL).await;
    copy(&scenario(), &stage, "");
    let commit = stage.repository.commit("The scenario");
    let app = fs::read(scenario().join("apps/backstage.yaml")).unwrap();
    let app = yaml::read(&app, &yaml::ReadOptions::default()).unwrap();
    stage.world.create(app[0].value.clone()).await;
    is_synced(&stage, &commit).await;
    (stage, running, commit)
}

async fn app(stage: &Stage, expected: impl Fn(&Object) -> bool) -> Object {
    let target = application();
    let found = stage.world.until(&target, |app| app.is_some_and(&expected));
    found.await.unwrap()
}

async fn is_synced(stage: &Stage, commit: &str) -> Object {
    app(stage, |app| {
        text(app, "/status/sync/status") == "Synced"
            && text(app, "/status/sync/revision") == commit
            && text(app, "/status/operationState/phase") == "Succeeded"
    })
    .await
}

async fn push(stage: &Stage, path: &str, change: impl Fn(&str) -> String) -> String {
    let before = fs::read_to_string(stage.repository.path().join(path)).unwrap();
    let after = change(&before);
    assert_ne!(before, after);
    let commit = stage.repository.commit_file(path, &after);
    stage.applier.fetch(URL).await.unwrap();
    commit
}

fn weights(route: &Object) -> Vec<Value> {
    let refs = route.to_value()["spec"]["rules"][0]["backendRefs"].clone();
    let refs = refs.as_array().unwrap().iter();
    refs.map(|one| one["weight"].clone()).collect()
}

#[tokio::test]
async fn everything_is_applied_opened_and_kept_as_git_has_it() {
    let (stage, running, _) = synced().await;
    let password = |value: &str| {
        items(&{
            let mut secret =
                Object::from_value(json!({"apiVersion": "v1", "kind": "Secret"})).unwrap();
            secret.set(&["data", "p"], value.into());
            secret
        })["p"]
            .clone()
    };
    let opened = stage
        .world
        .until(&secret(), |found| found.is_some())
        .await
        .unwrap();
    let value = opened.at(&["data", "POSTGRES_PASSWORD"]).unwrap();
    assert_eq!(password(value.as_str().unwrap()), "first-good-password");
    let rollout = backstage("argoproj.io", "v1alpha1", "Rollout", "backstage");
    assert!(stage.get(&rollout).await.is_some());
    // Drift is undone.
    let service = backstage("", "v1", "Service", "backstage");
    let edit = json!({"spec": {"selector": {"app": "elsewhere"}}});
    stage.world.patch(&service, edit).await;
    stage
        .world
        .until(&service, |found| {
            found.is_some_and(|found| {
                found.at(&["spec", "selector", "app"]) == Some(&json!("backstage"))
            })
        })
        .await;
    // What the rollout moves stays where it is, whatever else of the route changes.
    let mut moved = stage.get(&route()).await.unwrap();
    let mut spec = moved.at(&["spec"]).unwrap().clone();
    spec["rules"][0]["backendRefs"][0]["weight"] = json!(80);
    spec["rules"][0]["backendRefs"][1]["weight"] = json!(20);
    moved.set(&["spec"], spec);
    stage.world.cluster.replace(&moved).await.unwrap();
    let commit = push(&stage, ROUTE, |text| {
        text.replace("backstage.example.com", "new.example.com")
    })
    .await;
    is_synced(&stage, &commit).await;
    let live = stage.get(&route()).await.unwrap();
    assert_eq!(
        live.at(&["spec", "hostnames"]),
        Some(&json!(["new.example.com"]))
    );
    assert_eq!(weights(&live), [json!(80), json!(20)]);
    running.stop().await;
}

#[tokio::test]
async fn an_overlay_that_does_not_build_changes_nothing_until_it_builds_again() {
    let (stage, running, _) = synced().await;
    let before = stage.get(&route()).await.unwrap();
    let file = "overlays/production/kustomization.yaml";
    push(&stage, file, |text| format!("{text}unknownField: 1\n")).await;
    let told = app(&stage, |app| condition(app, "ComparisonError").is_some()).await;
    let message = condition(&told, "ComparisonError").unwrap();
    assert!(
        message.contains("overlays/production") && message.contains("unknownField"),
        "{message}"
    );
    assert_eq!(text(&told, "/status/sync/status"), "Unknown");
    assert_eq!(stage.get(&route()).await.unwrap(), before);
    let mended = push(&stage, file, |text| text.replace("unknownField: 1\n", "")).await;
    let app = is_synced(&stage, &mended).await;
    assert_eq!(condition(&app, "ComparisonError"), None);
    running.stop().await;
}

#[tokio::test]
async fn a_sealed_secret_that_cannot_be_opened_is_told_and_takes_nothing_away() {
    let (stage, running, _) = synced().await;
    let before = stage.get(&secret()).await.unwrap();
    let garbled = |text: &str| text.replacen("POSTGRES_USER: AgAj", "POSTGRES_USER: AgAk", 1);
    let commit = push(&stage, SEALED, garbled).await;
    let sick = app(&stage, |app| {
        text(app, "/status/sync/revision") == commit
            && text(app, "/status/operationState/phase") == "Succeeded"
            && text(app, "/status/health/status") == "Degraded"
    })
    .await;
    let cause = text(&sick, "/status/health/message");
    assert!(cause.contains("SealedSecret/backstage-secrets"), "{cause}");
    let after = stage.get(&secret()).await.unwrap();
    assert_eq!(after.at(&["data"]), before.at(&["data"]));
    let mended = push(&stage, SEALED, |text| text.replacen("AgAk", "AgAj", 1)).await;
    is_synced(&stage, &mended).await;
    app(&stage, |app| {
        text(app, "/status/health/status") != "Degraded"
    })
    .await;
    running.stop().await;
}

#[tokio::test]
async fn with_the_application_everything_goes() {
    let (stage, running, _) = synced().await;
    stage.world.delete(&application()).await;
    stage
        .world
        .until(&application(), |found| found.is_none())
        .await;
    for gone in [route(), backstage("", "v1", "Service", "backstage")] {
        assert_eq!(stage.get(&gone).await, None, "{gone}");
    }
    running.stop().await;
}
