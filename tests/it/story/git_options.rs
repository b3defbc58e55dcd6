//! Applications as people have them: several sources, options of kustomize, projects, windows, marks by label.

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use waxwing::{
    api::{application, crd},
    object::{Gvk, ObjectRef},
};

use super::gitops::{Stage, URL, app_ref, automated, condition, config, config_ref, text};

async fn application(stage: &Stage, sources: Value, more: Value) {
    let mut spec = json!({"project": "default",
        "destination": {"server": application::IN_CLUSTER_SERVER, "namespace": "web"},
        "syncPolicy": automated()});
    for part in [sources, more] {
        for (field, value) in part.as_object().unwrap() {
            spec[field] = value.clone();
        }
    }
    stage
        .world
        .create(
            json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
            "metadata": {"name": "shop", "namespace": "argocd"}, "spec": spec}),
        )
        .await;
}

#[tokio::test]
async fn several_sources_are_one_application() {
    let stage = Stage::new().await;
    stage.repository.write("one/a.yaml", &config("a", "one", 0));
    stage
        .repository
        .write("two/kustomization.yaml", "resources: [b.yaml]\n");
    let commit = stage
        .repository
        .commit_file("two/b.yaml", &config("b", "two", 0));
    let source = |path: &str, more: Value| {
        let mut source = json!({"repoURL": URL, "path": path, "targetRevision": "main"});
        for (field, value) in more.as_object().unwrap() {
            source[field] = value.clone();
        }
        source
    };
    let kustomize = json!({"kustomize": {"namePrefix": "pre-",
        "commonAnnotations": {"app": "$ARGOCD_APP_NAME"}, "commonAnnotationsEnvsubst": true}});
    let sources = json!({"sources": [source("one", json!({})), source("two", kustomize),
        {"repoURL": URL, "targetRevision": "main", "ref": "values"}]});
    application(&stage, sources, json!({})).await;
    let app = stage
        .app(|app| {
            text(app, "/status/sync/status") == "Synced"
                && text(app, "/status/operationState/phase") == "Succeeded"
        })
        .await;
    let all = json!([commit, commit, commit]);
    assert_eq!(app.at(&["status", "sync", "revisions"]), Some(&all));
    assert_eq!(app.to_value()["status"]["history"][0]["revisions"], all);
    assert!(stage.get(&config_ref("a")).await.is_some());
    let made = stage.get(&config_ref("pre-b")).await.unwrap();
    assert_eq!(made.annotation("app"), Some("shop"));
}

#[tokio::test]
async fn a_repository_may_say_what_image_updaters_have_found() {
    let stage = Stage::new().await;
    let deployment = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - name: c\n    image: app:1\n";
    stage.repository.write("app/pod.yaml", deployment);
    stage
        .repository
        .write("app/kustomization.yaml", "resources: [pod.yaml]\n");
    let commit = stage.repository.commit_file(
        "app/.argocd-source-shop.yaml",
        "kustomize:\n  images: ['app:2']\n",
    );
    stage.application(automated()).await;
    stage.synced(&commit).await;
    let pod = ObjectRef::new(Gvk::new("", "v1", "Pod"), Some("web"), "p");
    let pod = stage.get(&pod).await.unwrap().to_value();
    assert_eq!(pod["spec"]["containers"][0]["image"], "app:2");
}

#[tokio::test]
async fn a_project_says_what_may_go_where_and_when() {
    let stage = Stage::new().await;
    stage.world.create(crd::argo::app_project()).await;
    let commit = stage
        .repository
        .commit_file("app/a.yaml", &config("a", "one", 0));
    let source = json!({"source": {"repoURL": URL, "path": "app", "targetRevision": "main"}});
    application(&stage, source, json!({"project": "team"})).await;
    let told = stage
        .app(|app| condition(app, "InvalidSpecError").is_some())
        .await;
    assert_eq!(
        condition(&told, "InvalidSpecError").unwrap(),
        "Application referencing project team which does not exist"
    );
    let project = |sources: Value, denied: Value, windows: Value| {
        json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject",
            "metadata": {"name": "team", "namespace": "argocd"},
            "spec": {"sourceRepos": sources, "destinations": [{"server": "*", "namespace": "web"}],
                "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
                "namespaceResourceBlacklist": denied, "syncWindows": windows}})
    };
    stage
        .world
        .create(project(json!(["https://else/*"]), json!([]), json!([])))
        .await;
    let target = ObjectRef::new(
        Gvk::new("argoproj.io", "v1alpha1", "AppProject"),
        Some("argocd"),
        "team",
    );
    let refresh = json!({"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}});
    let again = async |spec: Value| {
        stage.world.patch(&target, json!({"spec": spec})).await;
        stage.world.patch(&app_ref(), refresh.clone()).await;
    };
    let is_told = async |kind: &str, part: &str| {
        stage
            .app(|app| condition(app, kind).is_some_and(|message| message.contains(part)))
            .await;
    };
    stage.world.patch(&app_ref(), refresh.clone()).await;
    is_told("InvalidSpecError", "is not permitted in project 'team'").await;
    again(json!({"sourceRepos": ["*"], "namespaceResourceBlacklist": [{"group": "", "kind": "ConfigMap"}]})).await;
    is_told(
        "ComparisonError",
        "resource :ConfigMap is not permitted in project team",
    )
    .await;
    assert_eq!(stage.get(&config_ref("a")).await, None);
    // Closed at this hour: seen, and not applied, not even by hand.
    let now = stage.world.clock.now().to_zoned(TimeZone::UTC);
    let schedule = format!("{} {} * * *", now.minute(), now.hour());
    let window =
        json!({"kind": "deny", "schedule": schedule, "duration": "5m", "applications": ["*"]});
    again(json!({"namespaceResourceBlacklist": null, "syncWindows": [window]})).await;
    stage
        .app(|app| text(app, "/status/sync/status") == "OutOfSync")
        .await;
    let sync = json!({"operation": {"sync": {}, "initiatedBy": {"username": "me"}}});
    stage.world.patch(&app_ref(), sync).await;
    let message = "Sync operation blocked by sync window";
    stage
        .app(|app| text(app, "/status/operationState/message") == message)
        .await;
    assert_eq!(stage.get(&config_ref("a")).await, None);
    stage.world.pass(5 * 60).await;
    stage.synced(&commit).await;
}

#[tokio::test]
async fn marks_by_label_are_made_and_followed() {
    let stage = Stage::new().await;
    stage
        .world
        .create(json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "argocd-cm", "namespace": "argocd"},
            "data": {"application.resourceTrackingMethod": "label"}}))
        .await;
    stage.repository.write("app/b.yaml", &config("b", "one", 0));
    let commit = stage
        .repository
        .commit_file("app/a.yaml", &config("a", "one", 0));
    stage.application(automated()).await;
    stage.synced(&commit).await;
    let made = stage.get(&config_ref("a")).await.unwrap();
    assert_eq!(made.label("app.kubernetes.io/instance"), Some("shop"));
    assert_eq!(made.annotation("argocd.argoproj.io/tracking-id"), None);
    stage.repository.git(&["rm", "--quiet", "app/b.yaml"]);
    let commit = stage.push("app/a.yaml", &config("a", "two", 0)).await;
    stage.synced(&commit).await;
    assert_eq!(stage.get(&config_ref("b")).await, None);
}

#[tokio::test]
async fn an_applier_that_is_killed_mid_way_is_followed_by_one_that_goes_on() {
    let mut stage = Stage::new().await;
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: migrate-\n  annotations:\n    argocd.argoproj.io/hook: PreSync\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - name: c\n        image: i\n";
    stage.repository.write("app/job.yaml", job);
    let commit = stage
        .repository
        .commit_file("app/a.yaml", &config("a", "v", 0));
    stage.application(automated()).await;
    let waiting = |app: &waxwing::object::Object| {
        text(app, "/status/operationState/message").starts_with("waiting for completion of hook")
    };
    stage.app(waiting).await;
    stage.restart().await;
    stage.world.pass(5).await;
    let jobs = Gvk::new("batch", "v1", "Job");
    let all = waxwing::cluster::Selector::default();
    let listed = stage.world.cluster.list(&jobs, Some("web"), &all).await;
    let mut listed = listed.unwrap().objects;
    assert_eq!(listed.len(), 1);
    let done = listed.remove(0);
    let at = "2030-01-01T00:00:00Z";
    let is_true = |kind: &str| json!({"type": kind, "status": "True", "lastProbeTime": at, "lastTransitionTime": at});
    let start = done.at(&["status", "startTime"]).cloned();
    let status = json!({"startTime": start.unwrap_or(at.into()), "completionTime": at,
        "conditions": [is_true("SuccessCriteriaMet"), is_true("Complete")]});
    let patch = json!({"status": status});
    let done = done.reference();
    let patched = stage.world.cluster.patch_status(&done, &patch);
    patched.await.unwrap();
    stage.synced(&commit).await;
    let listed = stage.world.cluster.list(&jobs, Some("web"), &all).await;
    assert_eq!(listed.unwrap().objects.len(), 1);
}
