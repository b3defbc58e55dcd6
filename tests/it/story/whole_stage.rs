//! The stage of the whole story: a repository and everything that delivers it, on a clock that only the story moves.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};
use waxwing::{
    api::{application, base64, crd, metadata::Metadata, rollout, secret::Secret},
    cluster::Selector,
    controller::{
        Part, Together,
        application::Applier,
        simulation::{self, Simulation},
        workload::{Role, Workloads},
    },
    object::{Gvk, Object, ObjectRef, yaml},
    seal::{Certificate, Scope, SealOptions, seal},
    secret::Hidden,
    simulation::Options,
    source::{Git, GitOptions, Mapping},
    web::Web,
};

use super::world::{World, items, key_secret, settings};
use crate::source::Repository;

const URL: &str = "https://github.com/example/backstage-gitops.git";
const KEY: &str = include_str!("../../vectors/kubeseal/keys/primary.key");
const CERTIFICATE: &str = include_str!("../../vectors/kubeseal/keys/primary.crt");
const SEALED: &str = "base/sealed-secret.yaml";
const IMAGE: &str = "overlays/production/patches/resources.yaml";
const NAMESPACE: &str = "backstage";
const NAME: &str = "backstage";
const SECRET: &str = "backstage-secrets";
/// How often in a row nothing may have been written before the story goes on.
const CALM_LOOKS: usize = 3;
/// The most milliseconds of the machine's time for what needs no simulated time, as reading a repository.
const PATIENCE: usize = 20_000;

/// Everything of the story, running.
pub struct Stage {
    pub world: World,
    repository: Repository,
    applier: Applier,
    began: Timestamp,
    _stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// What is seen in one simulated second after a commit.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Seconds since the commit.
    pub second: i64,
    /// What the route gives to the canary, in percent.
    pub weight: u64,
    pub phase: String,
    pub revision: u64,
    /// Pods by the revision of their ReplicaSet, without those that are leaving.
    pub pods: BTreeMap<u64, usize>,
    /// Which Secrets pods of a revision read.
    pub reads: BTreeSet<(u64, String)>,
}

impl Stage {
    /// The controllers run, and the repository of the scenario is there with its Application.
    pub async fn synced() -> Self {
        let world = World::without_keys().await;
        world.create(key_secret("scenario", KEY, CERTIFICATE)).await;
        let kinds = [crd::application(), crd::argo::app_project()];
        let argo = crd::argo::all().into_iter().chain(crd::argo::routes());
        let namespaces = ["argocd", "outside"].map(
            |name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
        );
        for wanted in kinds
            .into_iter()
            .chain(argo)
            .chain(namespaces)
            .chain(simulation::prometheus())
        {
            world.create(wanted).await;
        }
        let repository = Repository::new();
        copy(&scenario(), &repository, "");
        repository.commit("Keep backstage in Git");
        let git = Git::new(GitOptions {
            mappings: vec![Mapping {
                from: URL.to_owned(),
                to: repository.path().display().to_string(),
            }],
            ..GitOptions::default()
        });
        let applying = waxwing::controller::application::Settings::default();
        let applier = Applier::new(&world.cluster, &world.clock, &git, applying);
        let simulation = Simulation::new(&world.clock, &Options::default());
        let sealing = settings();
        let together = Together {
            parts: Part::ALL.iter().copied().collect(),
            handle: sealing.handle(&world.clock),
            sealing,
            applier: applier.clone(),
            web: Some(simulation.inside(Web::new().unwrap())),
            election: None,
            shards: None,
        };
        let (stop, stopped) = watch::channel(false);
        let (cluster, clock) = (world.controllers.clone(), world.clock.clone());
        let controllers = tokio::spawn(async move {
            together.run(&cluster, &clock, stopped).await.unwrap();
        });
        let (cluster, clock) = (world.cluster.clone(), world.clock.clone());
        let workloads = Workloads::playing(Role::Cluster, cluster, clock);
        let workloads = workloads.amid(simulation.surroundings());
        let readings = workloads.readings();
        let cluster = world.cluster.clone();
        let traffic = tokio::spawn(async move {
            simulation.run(&cluster, readings).await.unwrap();
        });
        let tasks = vec![controllers, tokio::spawn(workloads.run()), traffic];
        let stage = Self {
            began: world.clock.now(),
            world,
            repository,
            applier,
            _stop: stop,
            tasks,
        };
        stage.accept(&["first-good-password"]).await;
        let app = fs::read(scenario().join("apps/backstage.yaml")).unwrap();
        let app = yaml::read(&app, &yaml::ReadOptions::default()).unwrap();
        stage.world.create(app[0].value.clone()).await;
        stage
    }

    /// Tells the simulation which passwords the database takes.
    pub async fn accept(&self, passwords: &[&str]) {
        let data = json!({
            "host": base64::encode(b"postgres.backstage"),
            "variable": base64::encode(b"POSTGRES_PASSWORD"),
            "accepts": base64::encode(passwords.join("\n").as_bytes()),
        });
        let target = ObjectRef::new(Gvk::new("", "v1", "Secret"), Some("outside"), "postgres");
        if self.get(&target).await.is_some() {
            self.world.patch(&target, json!({"data": data})).await;
            return;
        }
        self.world
            .create(json!({"apiVersion": "v1", "kind": "Secret", "data": data,
                "metadata": {"name": "postgres", "namespace": "outside",
                    "labels": {"sandbox.waxwing.dev/database": "true"}}}))
            .await;
    }

    /// Writes another image into the overlay, as the pipeline does.
    pub fn set_image(&self, tag: &str) {
        self.edit(IMAGE, "  value: ghcr.io/example/backstage:", tag);
    }

    /// Seals another value into the secret, as a developer does.
    pub fn seal(&self, key: &str, value: &str) {
        let hidden = Hidden::new(value.as_bytes().to_vec());
        let secret = Secret {
            metadata: Metadata::named(NAMESPACE, SECRET),
            data: [(key.to_owned(), hidden)].into_iter().collect(),
            ..Secret::default()
        };
        let certificate = Certificate::from_pem(CERTIFICATE.as_bytes()).unwrap();
        let options = SealOptions {
            scope: Scope::Strict,
            allow_empty: false,
        };
        let sealed = seal(&secret, &certificate, options).unwrap().to_value();
        let text = sealed["spec"]["encryptedData"][key].as_str().unwrap();
        self.edit(SEALED, &format!("    {key}: "), text);
    }

    /// Replaces the rest of the one line that begins so.
    fn edit(&self, path: &str, beginning: &str, rest: &str) {
        let text = fs::read_to_string(self.repository.path().join(path)).unwrap();
        let mut found = 0;
        let lines = text.lines().map(|line| {
            if !line.starts_with(beginning) {
                return format!("{line}\n");
            }
            found += 1;
            format!("{beginning}{rest}\n")
        });
        let changed: String = lines.collect();
        assert_eq!(found, 1, "{path} {beginning}");
        self.repository.write(path, &changed);
    }

    /// Commits what was edited, and waits until the commit is applied; no simulated time passes.
    pub async fn push(&mut self, message: &str) {
        let commit = self.repository.commit(message);
        self.began = self.world.clock.now();
        self.applier.fetch(URL).await.unwrap();
        self.comes(message, async |stage: &Self| {
            let app = stage.app().await;
            text(
                &app,
                &["status", "operationState", "syncResult", "revision"],
            ) == commit
        })
        .await;
    }

    /// Waits for something that needs no simulated time.
    pub async fn comes(&self, what: &str, is_so: impl AsyncFn(&Self) -> bool) {
        for _ in 0..PATIENCE {
            if is_so(self).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("never {what}: {:#?}", self.app().await);
    }

    /// Lets everything happen that needs no time.
    async fn calm(&self) {
        let (mut last, mut same) = (String::new(), 0);
        while same < CALM_LOOKS {
            self.world.pace.idle().await;
            let now = self.world.version().await;
            same = if now == last { same + 1 } else { 0 };
            last = now;
        }
    }

    /// Lets time pass, a second at a time, until something is so; gives what was seen in each.
    pub async fn watch(&self, most: usize, is_done: impl Fn(&Moment) -> bool) -> Vec<Moment> {
        let mut moments = Vec::new();
        for _ in 0..most {
            self.calm().await;
            let moment = self.moment().await;
            let done = is_done(&moment);
            moments.push(moment);
            if done {
                return moments;
            }
            self.world.pass(1).await;
        }
        let status = self.rollout().await.to_value()["status"].clone();
        panic!("never in {most} s: {:#?} {status:#}", moments.last());
    }

    /// Lets so many seconds pass.
    pub async fn pass(&self, seconds: usize) -> Vec<Moment> {
        let end = self.second() + i64::try_from(seconds).unwrap();
        self.watch(seconds + 1, |moment| moment.second >= end).await
    }

    /// Seconds since the last commit.
    fn second(&self) -> i64 {
        self.since(self.world.clock.now())
    }

    fn since(&self, at: Timestamp) -> i64 {
        at.duration_since(self.began).as_secs()
    }

    async fn moment(&self) -> Moment {
        let mut moment = Moment {
            second: self.second(),
            weight: 0,
            phase: String::new(),
            revision: 0,
            pods: BTreeMap::new(),
            reads: BTreeSet::new(),
        };
        let gateway = Gvk::new("gateway.networking.k8s.io", "v1", "HTTPRoute");
        let route = ObjectRef::new(gateway, Some(NAMESPACE), NAME);
        let Some(route) = self.get(&route).await else {
            return moment;
        };
        let route = route.to_value();
        let weights =
            [0, 1].map(|index| route["spec"]["rules"][0]["backendRefs"][index]["weight"].as_u64());
        moment.weight = weights[1].unwrap();
        assert_eq!(weights[0], Some(100 - moment.weight));
        // The route is applied before the Rollout.
        let target = ObjectRef::new(rollout::gvk(), Some(NAMESPACE), NAME);
        let Some(rollout) = self.get(&target).await else {
            return moment;
        };
        // An old phase says nothing about a new generation.
        let observed = text(&rollout, &["status", "observedGeneration"]);
        if rollout.generation().map(|one| one.to_string()).as_deref() == Some(observed) {
            text(&rollout, &["status", "phase"]).clone_into(&mut moment.phase);
        }
        let revision = rollout.annotation(rollout::REVISION).unwrap_or("0");
        moment.revision = revision.parse().unwrap();
        let sets: BTreeMap<String, u64> = self
            .list("apps", "ReplicaSet")
            .await
            .iter()
            .map(|set| {
                (
                    set.name().to_owned(),
                    waxwing::version::revision_number(set),
                )
            })
            .collect();
        for pod in self.pods().await {
            let owner = pod.to_value()["metadata"]["ownerReferences"][0]["name"].clone();
            let revision = sets.get(owner.as_str().unwrap()).copied().unwrap_or(0);
            *moment.pods.entry(revision).or_default() += 1;
            for secret in waxwing::version::secrets(&pod.to_value(), NAMESPACE) {
                moment.reads.insert((revision, secret));
            }
        }
        moment
    }

    pub async fn get(&self, target: &ObjectRef) -> Option<Object> {
        self.world.cluster.get(target).await.unwrap()
    }

    pub async fn list(&self, group: &str, kind: &str) -> Vec<Object> {
        let version = if group == "argoproj.io" {
            "v1alpha1"
        } else {
            "v1"
        };
        let gvk = Gvk::new(group, version, kind);
        let all = Selector::default();
        let listed = self.world.cluster.list(&gvk, Some(NAMESPACE), &all).await;
        listed.unwrap().objects
    }

    /// Pods that are not leaving.
    pub async fn pods(&self) -> Vec<Object> {
        let mut pods = self.list("", "Pod").await;
        pods.retain(|pod| pod.at(&["metadata", "deletionTimestamp"]).is_none());
        pods
    }

    /// Deletes the first pod that reads a Secret; gives its name.
    pub async fn delete_reader(&self, secret: &str) -> String {
        let pods = self.pods().await;
        let reader = pods
            .iter()
            .find(|pod| waxwing::version::secrets(&pod.to_value(), NAMESPACE).contains(secret));
        let reader = reader.unwrap();
        self.world.delete(&reader.reference()).await;
        reader.name().to_owned()
    }

    pub async fn rollout(&self) -> Object {
        let target = ObjectRef::new(rollout::gvk(), Some(NAMESPACE), NAME);
        self.get(&target).await.unwrap()
    }

    pub async fn app(&self) -> Object {
        let target = ObjectRef::new(application::gvk(), Some("argocd"), NAME);
        self.get(&target).await.unwrap()
    }

    /// Sync and health of the Application.
    pub async fn app_says(&self) -> (String, String) {
        let app = self.app().await;
        let of = |what: &str| text(&app, &["status", what, "status"]).to_owned();
        (of("sync"), of("health"))
    }

    /// Status, reason and message of the condition `Promoted` of the SealedSecret.
    pub async fn promoted(&self) -> [String; 3] {
        let gvk = waxwing::controller::sealed_secret::gvk();
        let target = ObjectRef::new(gvk, Some(NAMESPACE), SECRET);
        let sealed = self.get(&target).await.unwrap().to_value();
        let conditions = sealed["status"]["conditions"].as_array().unwrap();
        let found = conditions.iter().find(|one| one["type"] == "Promoted");
        ["status", "reason", "message"].map(|key| found.unwrap()[key].as_str().unwrap().to_owned())
    }

    /// An item of the Secret under its plain name.
    pub async fn plain(&self, key: &str) -> String {
        let target = ObjectRef::new(Gvk::new("", "v1", "Secret"), Some(NAMESPACE), SECRET);
        let secret = self.get(&target).await;
        secret.map_or(String::new(), |secret| {
            items(&secret).get(key).cloned().unwrap_or_default()
        })
    }

    /// The versions of the secret with their password, the promoted one with a star.
    pub async fn versions(&self) -> Vec<String> {
        let secrets = self.list("", "Secret").await;
        let versions = secrets.iter().filter_map(|secret| {
            let number = secret.label("waxwing.dev/version")?;
            assert_eq!(secret.at(&["immutable"]), Some(&true.into()));
            let is_promoted = secret.label("waxwing.dev/promoted") == Some("true");
            let star = if is_promoted { "*" } else { "" };
            Some(format!(
                "{number} {}{star}",
                items(secret)["POSTGRES_PASSWORD"]
            ))
        });
        versions.collect()
    }

    /// The revisions that the history has.
    pub async fn revisions(&self) -> Vec<u64> {
        let sets = self.list("apps", "ReplicaSet").await;
        let mut revisions: Vec<u64> = sets.iter().map(waxwing::version::revision_number).collect();
        revisions.sort_unstable();
        revisions
    }

    /// The measurements of a metric in the run of a revision: second after the commit and phase.
    pub async fn measured(&self, metric: &str, revision: u64) -> Vec<(i64, String)> {
        let runs = self.list("argoproj.io", "AnalysisRun").await;
        let number = revision.to_string();
        let own = runs.iter().map(Object::to_value).find(|run| {
            run["metadata"]["annotations"][rollout::REVISION].as_str() == Some(&*number)
        });
        let own = own.unwrap();
        let results = own["status"]["metricResults"].as_array().unwrap();
        let result = results.iter().find(|one| one["name"] == metric).unwrap();
        let all = result["measurements"].as_array().unwrap();
        all.iter()
            .map(|one| {
                let at: Timestamp = one["finishedAt"].as_str().unwrap().parse().unwrap();
                (self.since(at), one["phase"].as_str().unwrap().to_owned())
            })
            .collect()
    }
}

/// The first second of each weight.
pub fn weights(moments: &[Moment]) -> Vec<(i64, u64)> {
    let mut found: Vec<(i64, u64)> = Vec::new();
    for moment in moments {
        if found
            .last()
            .is_none_or(|(_, weight)| *weight != moment.weight)
        {
            found.push((moment.second, moment.weight));
        }
    }
    found
}

fn scenario() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/scenario/backstage-gitops")
}

fn copy(from: &Path, repository: &Repository, below: &str) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), repository, &format!("{path}/"));
        } else {
            repository.write(&path, &fs::read_to_string(entry.path()).unwrap());
        }
    }
}

fn text<'a>(object: &'a Object, path: &[&str]) -> &'a str {
    object.at(path).and_then(Value::as_str).unwrap_or_default()
}
