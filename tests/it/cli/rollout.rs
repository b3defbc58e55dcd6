//! `waxwing rollout` as a program against the embedded server.

use std::process::Command;

use kube::Client;
use serde_json::{Value, json};
use waxwing::{
    api::{crd, rollout},
    clock::Clock,
    cluster::Cluster,
    object::{Object, ObjectRef},
    sandbox::{Sandbox, SandboxOptions, ServeOptions, Served, serve},
};

/// A served sandbox with one Rollout of two revisions, and nobody who reconciles it.
struct Stage {
    served: Served,
    cluster: Cluster,
}

fn template(image: &str, secret: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [
            {"name": "web", "image": image, "envFrom": [{"secretRef": {"name": secret}}]},
        ]},
    })
}

impl Stage {
    async fn new() -> Self {
        let sandbox = Sandbox::new(SandboxOptions {
            clock: Clock::wall(),
        });
        let cluster = Cluster::new(Client::new(sandbox.service(), "default"));
        let served = serve(sandbox, ServeOptions::default()).await.unwrap();
        let stage = Self { served, cluster };
        for definition in crd::argo::all() {
            stage.create(definition).await;
        }
        stage
            .create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}))
            .await;
        let mut rollout = stage
            .create(json!({
                "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
                "metadata": {"name": "web", "namespace": "shop"},
                "spec": {
                    "replicas": 2, "selector": {"matchLabels": {"app": "web"}},
                    "template": template("web:2", "db"),
                    "strategy": {"canary": {"steps": [{"setWeight": 50}, {"pause": {}}]}},
                },
            }))
            .await;
        let owner = json!([{
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "web", "controller": true,
            "uid": rollout.uid().unwrap(),
        }]);
        for (hash, revision, image, secret) in
            [("aaa", 1, "web:1", "db-v1"), ("bbb", 2, "web:2", "db-v2")]
        {
            let mut template = template(image, secret);
            template["metadata"]["labels"][rollout::HASH_LABEL] = hash.into();
            let labels = template["metadata"]["labels"].clone();
            stage
                .create(json!({
                    "apiVersion": "apps/v1", "kind": "ReplicaSet",
                    "metadata": {"name": format!("web-{hash}"), "namespace": "shop", "labels": labels,
                        "ownerReferences": owner,
                        "annotations": {rollout::REVISION: revision.to_string()}},
                    "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
                }))
                .await;
        }
        rollout.set(&["status"], json!({
            "phase": "Paused", "message": "CanaryPauseStep", "observedGeneration": "1",
            "currentStepIndex": 1, "currentPodHash": "bbb", "stableRS": "aaa", "controllerPause": true,
            "pauseConditions": [{"reason": "CanaryPauseStep", "startTime": "2026-01-01T00:00:00Z"}],
            "replicas": 2, "readyReplicas": 2, "availableReplicas": 2, "updatedReplicas": 1,
        }));
        stage.cluster.replace_status(&rollout).await.unwrap();
        stage
    }

    async fn create(&self, value: Value) -> Object {
        self.cluster
            .create(&Object::from_value(value).unwrap())
            .await
            .unwrap()
    }

    async fn rollout(&self) -> Object {
        let target = ObjectRef::new(rollout::gvk(), Some("shop"), "web");
        self.cluster.get(&target).await.unwrap().unwrap()
    }

    async fn run(&self, words: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_waxwing"));
        command
            .arg("rollout")
            .args(words)
            .args(["-n", "shop", "--kubeconfig"])
            .arg(self.served.kubeconfig());
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .unwrap()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr),
        )
    }

    async fn said(&self, words: &[&str]) -> String {
        let (code, out, err) = self.run(words).await;
        assert_eq!((code, err.as_str()), (0, ""), "{words:?} {out}");
        out
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_is_shown_and_told_what_to_do() {
    let stage = Stage::new().await;
    let shown = stage.said(&["get", "web"]).await;
    for line in [
        "Status:          ॥ Paused",
        "# revision:2",
        "canary,db:v2",
        "stable,db:v1",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    let json: Value =
        serde_json::from_str(&stage.said(&["get", "web", "-o", "json"]).await).unwrap();
    assert_eq!(json["setWeight"], "50");
    let listed = stage.said(&["list"]).await;
    assert!(
        listed.lines().nth(1).unwrap().starts_with(
            "web         Canary     Paused        1/2   50          2/2    2        1           2"
        ),
        "{listed}"
    );
    assert_eq!(
        stage.said(&["status", "web", "--watch=false"]).await,
        "Paused - CanaryPauseStep\n"
    );
    let (code, out, err) = stage.run(&["status", "web", "-t", "1ms"]).await;
    assert_eq!(
        (code, err.as_str()),
        (1, "error: Rollout status watch exceeded timeout\n"),
        "{out}"
    );
    assert_eq!(
        stage.said(&["promote", "web"]).await,
        "rollout 'web' promoted\n"
    );
    let status = |rollout: &Object, name: &str| rollout.at(&["status", name]).cloned();
    assert_eq!(status(&stage.rollout().await, "pauseConditions"), None);
    assert_eq!(
        stage.said(&["promote", "web", "--full"]).await,
        "rollout 'web' fully promoted\n"
    );
    assert_eq!(
        status(&stage.rollout().await, "promoteFull"),
        Some(true.into())
    );
    assert_eq!(
        stage.said(&["abort", "web"]).await,
        "rollout 'web' aborted\n"
    );
    assert_eq!(status(&stage.rollout().await, "abort"), Some(true.into()));
    assert_eq!(
        stage.said(&["retry", "web"]).await,
        "rollout 'web' retried\n"
    );
    assert_eq!(status(&stage.rollout().await, "abort"), Some(false.into()));
    let spec = |rollout: &Object, name: &str| rollout.at(&["spec", name]).cloned();
    assert_eq!(
        stage.said(&["pause", "web"]).await,
        "rollout 'web' paused\n"
    );
    assert_eq!(spec(&stage.rollout().await, "paused"), Some(true.into()));
    assert_eq!(
        stage.said(&["resume", "web"]).await,
        "rollout 'web' resumed\n"
    );
    assert_eq!(spec(&stage.rollout().await, "paused"), Some(false.into()));
    assert_eq!(
        stage.said(&["restart", "web", "--in", "10s"]).await,
        "rollout 'web' restarts in 10s\n"
    );
    assert!(spec(&stage.rollout().await, "restartAt").is_some());
    assert_eq!(
        stage.said(&["set-image", "web", "web=web:3"]).await,
        "rollout \"web\" image updated\n"
    );
    assert_eq!(
        spec(&stage.rollout().await, "template")
            .unwrap()
            .pointer("/spec/containers/0/image"),
        Some(&json!("web:3"))
    );
    stage.served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_restores_the_template_and_pins_the_versions_of_its_secrets() {
    let stage = Stage::new().await;
    assert_eq!(stage.said(&["undo", "web"]).await, "rollout 'web' undo\n");
    let rollout = stage.rollout().await;
    let container = rollout.at(&["spec", "template", "spec", "containers"]);
    let container = container.and_then(|all| all.get(0)).unwrap();
    assert_eq!(container["image"], "web:1");
    assert_eq!(container["envFrom"][0]["secretRef"]["name"], "db");
    let pins: Value = serde_json::from_str(rollout.annotation("waxwing.dev/pin").unwrap()).unwrap();
    assert_eq!(pins, json!({"db": {"version": 1, "sealedFrom": ""}}));
    let skipped = stage.said(&["undo", "web", "--to-revision", "2"]).await;
    assert_eq!(skipped, "rollout 'web' undo\n");
    let skipped = stage.said(&["undo", "web", "--to-revision", "2"]).await;
    assert_eq!(
        skipped,
        "skipped rollback (current template already matches revision 2)\n"
    );
    let (code, _, err) = stage.run(&["undo", "web", "--to-revision", "9"]).await;
    assert_eq!(
        (code, err.as_str()),
        (2, "error: unable to find specified revision 9 in history\n")
    );
    stage.served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_and_what_is_degraded_have_their_exit_codes() {
    let stage = Stage::new().await;
    for words in [
        ["get", "nobody"],
        ["abort", "nobody"],
        ["promote", "nobody"],
        ["undo", "nobody"],
    ] {
        let (code, out, err) = stage.run(&words).await;
        assert_eq!((code, out.as_str()), (2, ""), "{words:?}");
        assert!(
            err.starts_with("error: rollouts.argoproj.io \"nobody\" not found\n"),
            "{err}"
        );
    }
    let mut rollout = stage.rollout().await;
    rollout.set(&["status", "phase"], "Degraded".into());
    rollout.set(&["status", "message"], "RolloutAborted: m".into());
    stage.cluster.replace_status(&rollout).await.unwrap();
    let (code, out, err) = stage.run(&["status", "web"]).await;
    assert_eq!((code, out.as_str()), (1, "Degraded - RolloutAborted: m\n"));
    assert_eq!(
        err,
        "error: The rollout is in a degraded state with message: RolloutAborted: m\n"
    );
    stage.served.stop().await;
}
