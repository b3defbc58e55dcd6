//! The stage of the stories of Git: a repository, the applier, and one Application.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use serde_json::{Value, json};
use tokio::{sync::oneshot, task::JoinHandle};
use waxwing::{
    api::{application, crd},
    cluster::Cluster,
    controller::application::{Applier, Settings},
    object::{Gvk, Object, ObjectRef},
    source::{Git, GitOptions, Mapping},
};

use super::world::World;
use crate::source::Repository;

pub const URL: &str = "https://git.example.com/shop.git";

/// A world with a repository and an applier that runs.
pub struct Stage {
    pub world: World,
    pub repository: Repository,
    git: Git,
    pub applier: Applier,
    _stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Stage {
    pub async fn new() -> Self {
        Self::reading(World::without_keys().await, URL).await
    }

    /// A stage whose repository stands for a URL.
    pub async fn reading(world: World, url: &str) -> Self {
        let way = world.cluster.clone();
        Self::through(world, url, way).await
    }

    /// The same with another way of the applier to the server.
    pub async fn through(world: World, url: &str, way: Cluster) -> Self {
        world.create(crd::application()).await;
        world
            .create(
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}}),
            )
            .await;
        let repository = Repository::new();
        let git = Git::new(GitOptions {
            mappings: vec![Mapping {
                from: url.to_owned(),
                to: repository.path().display().to_string(),
            }],
            ..GitOptions::default()
        });
        let applier = Applier::new(&way, &world.clock, &git, Settings::default());
        let (stop, task) = started(&applier);
        Self {
            world,
            repository,
            git,
            applier,
            _stop: stop,
            task,
        }
    }

    /// Kills the applier wherever it is, and starts another one.
    pub async fn restart(&mut self) {
        self.task.abort();
        let world = &self.world;
        self.applier = Applier::new(&world.cluster, &world.clock, &self.git, Settings::default());
        (self._stop, self.task) = started(&self.applier);
    }

    /// Makes the Application `shop` of the folder `app`, going to the namespace `web`.
    pub async fn application(&self, policy: Value) {
        self.world
            .create(json!({
                "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
                "metadata": {"name": "shop", "namespace": "argocd",
                    "finalizers": [application::RESOURCES_FINALIZER]},
                "spec": {
                    "project": "default",
                    "source": {"repoURL": URL, "path": "app", "targetRevision": "main"},
                    "destination": {"server": application::IN_CLUSTER_SERVER, "namespace": "web"},
                    "syncPolicy": policy,
                },
            }))
            .await;
    }

    /// The Application, as soon as it is as expected.
    pub async fn app(&self, expected: impl Fn(&Object) -> bool) -> Object {
        let target = app_ref();
        let found = self.world.until(&target, |app| app.is_some_and(&expected));
        found.await.unwrap()
    }

    /// The Application, as soon as it is synced to a commit and nothing runs.
    pub async fn synced(&self, commit: &str) -> Object {
        self.app(|app| {
            text(app, "/status/sync/status") == "Synced"
                && text(app, "/status/sync/revision") == commit
                && text(app, "/status/operationState/phase") == "Succeeded"
        })
        .await
    }

    /// Commits a file and lets the applier fetch it.
    pub async fn push(&self, path: &str, content: &str) -> String {
        let commit = self.repository.commit_file(path, content);
        self.applier.fetch(URL).await.unwrap();
        commit
    }

    pub async fn get(&self, target: &ObjectRef) -> Option<Object> {
        self.world.cluster.get(target).await.unwrap()
    }
}

fn started(applier: &Applier) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel::<()>();
    let run = applier.clone();
    let task = tokio::spawn(async move {
        run.run(async move {
            let _ = stopped.await;
        })
        .await
        .unwrap();
    });
    (stop, task)
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub fn app_ref() -> ObjectRef {
    ObjectRef::new(application::gvk(), Some("argocd"), "shop")
}

pub fn config_ref(name: &str) -> ObjectRef {
    ObjectRef::new(Gvk::new("", "v1", "ConfigMap"), Some("web"), name)
}

/// A ConfigMap as a manifest.
pub fn config(name: &str, value: &str, wave: i64) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  annotations:\n    argocd.argoproj.io/sync-wave: \"{wave}\"\ndata:\n  k: {value}\n"
    )
}

pub fn automated() -> Value {
    json!({"automated": {"prune": true, "selfHeal": true}, "syncOptions": ["CreateNamespace=true"]})
}

/// A text of an object by its pointer, empty where there is none.
pub fn text(object: &Object, pointer: &str) -> String {
    let value = object.to_value();
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// The message of a condition of an Application.
pub fn condition(app: &Object, kind: &str) -> Option<String> {
    let conditions = app.at(&["status", "conditions"])?.as_array()?;
    let found = conditions.iter().find(|one| one["type"] == kind)?;
    Some(found["message"].as_str()?.to_owned())
}
