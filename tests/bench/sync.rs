//! The applier on the embedded server: how long from a push to everything applied and told.

#![expect(
    clippy::expect_used,
    reason = "a bench that cannot be set up ends at once"
)]

use std::{
    fs,
    path::Path,
    pin::pin,
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use aws_lc_rs::hmac;
use axum::{Router, body::Body, http::Request};
use divan::Bencher;
use futures::StreamExt;
use kube::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use waxwing::{
    api::{application, base64, crd},
    clock::Clock,
    cluster::{Cluster, Watch},
    controller::application::{Applier, Settings, router},
    object::{Object, ObjectRef},
    sandbox::{Sandbox, SandboxOptions},
    source::{Git, GitOptions, Mapping},
};

const URL: &str = "https://git.example.com/shop.git";
const KEY: &str = "shared";
const OBJECTS: usize = 20;

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .envs([
            ("GIT_AUTHOR_NAME", "a"),
            ("GIT_AUTHOR_EMAIL", "a@example.com"),
            ("GIT_COMMITTER_NAME", "a"),
            ("GIT_COMMITTER_EMAIL", "a@example.com"),
        ])
        .stdin(Stdio::null())
        .output()
        .expect("git is there");
    assert!(output.status.success());
    String::from_utf8(output.stdout)
        .expect("git prints text")
        .trim()
        .to_owned()
}

/// Commits all objects with a new value: half of them ConfigMaps, half Deployments.
fn commit(folder: &Path) -> String {
    static ROUND: AtomicUsize = AtomicUsize::new(0);
    let round = ROUND.fetch_add(1, Ordering::Relaxed);
    let mut text = String::new();
    for number in 0..OBJECTS / 2 {
        text.push_str(&format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{number}}}\ndata: {{k: v{round}}}\n\
             ---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d{number}}}\nspec:\n  replicas: 0\n  \
             selector: {{matchLabels: {{app: d{number}}}}}\n  template:\n    metadata: {{labels: {{app: d{number}}}}}\n    \
             spec: {{containers: [{{name: c, image: 'i:{round}'}}]}}\n"
        ));
    }
    fs::write(folder.join("all.yaml"), text).expect("the folder can be written");
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "-m", "round"]);
    git(folder, &["rev-parse", "HEAD"])
}

struct Stage {
    folder: TempDir,
    cluster: Cluster,
    webhook: Router,
}

fn object(value: Value) -> Object {
    Object::from_value(value).expect("the bench makes objects")
}

impl Stage {
    async fn new() -> Self {
        let folder = TempDir::new().expect("there is room");
        git(
            folder.path(),
            &["init", "--quiet", "--initial-branch", "main"],
        );
        let first = commit(folder.path());
        let sandbox = Sandbox::new(SandboxOptions::default());
        let cluster = Cluster::new(Client::new(sandbox.service(), "default"));
        for made in [
            crd::application(),
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}}),
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "argocd-secret", "namespace": "argocd"},
                "data": {"webhook.github.secret": base64::encode(KEY.as_bytes())}}),
            json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
                "metadata": {"name": "shop", "namespace": "argocd"},
                "spec": {"project": "default",
                    "source": {"repoURL": URL, "path": ".", "targetRevision": "main"},
                    "destination": {"server": application::IN_CLUSTER_SERVER, "namespace": "web"},
                    "syncPolicy": {"automated": {"prune": true, "selfHeal": true},
                        "syncOptions": ["CreateNamespace=true"]}}}),
        ] {
            cluster
                .create(&object(made))
                .await
                .expect("the server takes it");
        }
        let repositories = Git::new(GitOptions {
            mappings: vec![Mapping {
                from: URL.to_owned(),
                to: folder.path().display().to_string(),
            }],
            ..GitOptions::default()
        });
        let applier = Applier::new(&cluster, &Clock::wall(), &repositories, Settings::default());
        tokio::spawn(applier.clone().run(std::future::pending()));
        let stage = Self {
            folder,
            cluster,
            webhook: router(applier),
        };
        stage.applied(&first).await;
        stage
    }

    /// What the Git server sends.
    async fn push(&self) {
        let body = json!({"repository": {"clone_url": URL}}).to_string();
        let key = hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes());
        let tag = hmac::sign(&key, body.as_bytes());
        let hex: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        let request = Request::post("/api/webhook")
            .header("x-hub-signature-256", format!("sha256={hex}"))
            .body(Body::from(body))
            .expect("it is a request");
        let response = self.webhook.clone().oneshot(request).await;
        assert!(response.expect("the route answers").status().is_success());
    }

    /// Waits until a commit is applied as a whole, and told.
    async fn applied(&self, commit: &str) {
        let target = ObjectRef::new(application::gvk(), Some("argocd"), "shop");
        let watch = Watch::all(application::gvk()).within(Some("argocd"));
        let mut changes = pin!(self.cluster.watch(&watch).expect("the kind is known"));
        loop {
            let app = self.cluster.get(&target).await.expect("the server answers");
            let app = app.expect("it is there").to_value();
            let text = |pointer: &str| app.pointer(pointer).and_then(Value::as_str);
            if text("/status/operationState/syncResult/revision") == Some(commit)
                && text("/status/operationState/phase") == Some("Succeeded")
                && text("/status/sync/status") == Some("Synced")
            {
                return;
            }
            changes.next().await;
        }
    }
}

/// A commit that changes 20 objects (ConfigMaps and Deployments), told by a webhook, until the Application says that
/// it is synced to it.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn applies_a_commit_of_20_objects_after_a_webhook(bencher: Bencher) {
    let runtime = Runtime::new().expect("the machine gives threads");
    let stage = runtime.block_on(Stage::new());
    bencher
        .with_inputs(|| commit(stage.folder.path()))
        .bench_values(|commit| {
            runtime.block_on(async {
                stage.push().await;
                stage.applied(&commit).await;
            });
        });
}
