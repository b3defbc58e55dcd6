//! Everything that delivers a commit, on a network that fails.

use std::time::Duration;

use kube::Client;
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};
use waxwing::{
    api::{application, crd},
    cluster::{Cluster, Selector},
    controller::{Part, Together, application::Applier},
    object::{Gvk, Object, yaml},
    source::{Git, GitOptions, Mapping},
};

use crate::{
    fault::{Fault, Proxy},
    source::Repository,
    story::{
        gitops::{URL, app_ref, text},
        secret_stage::{opted_in, rollout, rollout_ref, world},
        world::{World, items, sealed, secret_ref, settings},
    },
};

/// The most simulated seconds until all has settled.
const MOST_SECONDS: u64 = 2_000;

pub struct Stage {
    pub world: World,
    pub proxy: Proxy,
    repository: Repository,
    git: Git,
    applier: Applier,
    controllers: Running,
    workloads: JoinHandle<()>,
    seed: u64,
    /// All values that were ever sealed, the last one as it is in Git now.
    pub values: Vec<String>,
    image: u64,
    replicas: u64,
    commit: String,
}

struct Running {
    _stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.controllers.task.abort();
        self.workloads.abort();
    }
}

impl Stage {
    pub async fn new(seed: u64) -> Self {
        let world = world().await;
        for value in [
            crd::application(),
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}}),
        ] {
            world.create(value).await;
        }
        let repository = Repository::new();
        let git = Git::new(GitOptions {
            mappings: vec![Mapping {
                from: URL.to_owned(),
                to: repository.path().display().to_string(),
            }],
            ..GitOptions::default()
        });
        let proxy = Proxy::new(seed, Fault::ALL);
        let (applier, controllers) = start(&world, &proxy, &git);
        let mut stage = Self {
            workloads: tokio::spawn(world.workloads().run()),
            world,
            proxy,
            repository,
            git,
            applier,
            controllers,
            seed,
            values: vec![format!("soak-{seed}-first-value")],
            image: 1,
            replicas: 2,
            commit: String::new(),
        };
        stage.push().await;
        let policy = json!({"automated": {"prune": true, "selfHeal": true},
            "retry": {"limit": -1, "backoff": {"duration": "5s", "maxDuration": "10s"}}});
        stage
            .world
            .create(
                json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
            "metadata": {"name": "shop", "namespace": "argocd"},
            "spec": {"project": "default",
                "source": {"repoURL": URL, "path": "app", "targetRevision": "main"},
                "destination": {"server": application::IN_CLUSTER_SERVER, "namespace": "shop"},
                "syncPolicy": policy}}),
            )
            .await;
        stage
    }

    /// Seals a value that was never there.
    pub fn new_value(&mut self) {
        let value = format!("soak-{}-value-{}", self.seed, self.values.len());
        self.values.push(value);
    }

    /// Seals an earlier value again.
    pub fn old_value(&mut self, number: u64) {
        let number = usize::try_from(number).unwrap() % self.values.len();
        let value = self.values.remove(number);
        self.values.push(value);
    }

    pub fn new_image(&mut self) {
        self.image += 1;
    }

    pub fn scale(&mut self, replicas: u64) {
        self.replicas = replicas;
    }

    /// Commits all as it is wanted now.
    pub async fn push(&mut self) {
        let value = self.values.last().unwrap();
        let db = opted_in(sealed("db", &[("k", value)]));
        let mut web = rollout("web", &format!("i{}", self.image), &["db"]);
        web["spec"]["replicas"] = self.replicas.into();
        web["spec"]["progressDeadlineSeconds"] = 100_000.into();
        web["spec"]["template"]["metadata"]["annotations"] =
            json!({"sandbox.waxwing.dev/ready-after": "1s"});
        self.repository.write("app/db.yaml", &yaml::write(&db));
        self.repository.write("app/web.yaml", &yaml::write(&web));
        self.commit = self.repository.commit("As it is wanted");
        self.applier.fetch(URL).await.unwrap();
    }

    /// Kills the controllers wherever they are, and starts others.
    pub fn restart(&mut self) {
        self.controllers.task.abort();
        (self.applier, self.controllers) = start(&self.world, &self.proxy, &self.git);
    }

    /// Changes fields of the Rollout's status, as people's commands do; a Rollout that is not there is left alone.
    pub async fn tell(&self, change: &Value) {
        let target = rollout_ref("web");
        loop {
            let Some(mut found) = self.world.cluster.get(&target).await.unwrap() else {
                return;
            };
            if found.at(&["status"]).is_none() {
                return;
            }
            for (field, value) in change.as_object().unwrap() {
                found.set(&["status", field], value.clone());
            }
            match self.world.cluster.replace_status(&found).await {
                Ok(_) => return,
                Err(error) => assert!(error.is_conflict(), "{error}"),
            }
        }
    }

    pub async fn list(&self, group: &str, kind: &str) -> Vec<Object> {
        let gvk = Gvk::new(group, "v1", kind);
        let all = Selector::default();
        let listed = self.world.cluster.list(&gvk, Some("shop"), &all).await;
        listed.unwrap().objects
    }

    /// Lets time pass, and everything happen that can happen in it.
    pub async fn pass(&self, seconds: u64) {
        for _ in 0..seconds {
            self.world.pass(1).await;
            self.rest().await;
        }
    }

    async fn rest(&self) {
        if self.world.sandbox.is_real() {
            return;
        }
        let mut last = String::new();
        let mut same = 0;
        while same < 3 {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let now = self.world.version().await;
            same = if now == last { same + 1 } else { 0 };
            last = now;
        }
    }

    /// The network works again, people let everything through, and all comes to its end.
    pub async fn settle(&mut self) {
        self.proxy.be_quiet();
        self.restart();
        self.push().await;
        for _ in 0..MOST_SECONDS {
            self.pass(1).await;
            if self.is_settled().await {
                // And stays so.
                self.pass(35).await;
                if self.is_settled().await {
                    return;
                }
            }
            let web = self.world.cluster.get(&rollout_ref("web")).await.unwrap();
            let phase = web.map(|web| text(&web, "/status/phase"));
            match phase.as_deref() {
                Some("Degraded") => self.tell(&json!({"abort": false})).await,
                Some("Paused") => self.tell(&json!({"promoteFull": true})).await,
                _ => {}
            }
        }
        let web = self.world.cluster.get(&rollout_ref("web")).await.unwrap();
        let app = self.world.cluster.get(&app_ref()).await.unwrap();
        let status = |object: Option<Object>| object.and_then(|o| o.at(&["status"]).cloned());
        panic!(
            "seed {}: never settled: {:#?} {:#?} {}",
            self.seed,
            status(web),
            status(app),
            self.told().await
        );
    }

    /// Reason and message of the condition `Promoted`.
    pub async fn told(&self) -> String {
        let db = crate::story::world::sealed_ref("db");
        let db = self.world.cluster.get(&db).await.unwrap();
        let said = db.as_ref().and_then(waxwing::version::said);
        said.map_or(String::new(), |(reason, message)| {
            format!("{reason}: {message}")
        })
    }

    /// The value of the plain Secret.
    pub async fn plain(&self) -> Option<String> {
        let found = self.world.cluster.get(&secret_ref("db")).await.unwrap()?;
        items(&found).remove("k")
    }

    async fn is_settled(&self) -> bool {
        let app = self.world.cluster.get(&app_ref()).await.unwrap().unwrap();
        let Some(web) = self.world.cluster.get(&rollout_ref("web")).await.unwrap() else {
            return false;
        };
        let is_observed = text(&web, "/status/observedGeneration")
            == web.generation().unwrap_or_default().to_string();
        text(&app, "/status/sync/revision") == self.commit
            && text(&app, "/status/sync/status") == "Synced"
            && text(&web, "/status/phase") == "Healthy"
            && is_observed
            && web.at(&["spec", "replicas"]) == Some(&self.replicas.into())
            && self.told().await.starts_with("Promoted")
            && self.plain().await.as_ref() == self.values.last()
    }
}

fn start(world: &World, proxy: &Proxy, git: &Git) -> (Applier, Running) {
    let way = proxy.before(world.sandbox.controllers());
    let cluster = Cluster::new(Client::new(way, "default"));
    let way = proxy.before(world.sandbox.service());
    let applying = Cluster::new(Client::new(way, "default"));
    let applier = Applier::new(&applying, &world.clock, git, Default::default());
    let sealing = settings();
    let together = Together {
        parts: [Part::SealedSecrets, Part::Rollouts, Part::Applications].into(),
        handle: sealing.handle(&world.clock),
        sealing,
        applier: applier.clone(),
        web: None,
        election: None,
        shards: None,
    };
    let (stop, stopped) = watch::channel(false);
    let clock = world.clock.clone();
    let task = tokio::spawn(async move {
        together.run(&cluster, &clock, stopped).await.unwrap();
    });
    (applier, Running { _stop: stop, task })
}
