//! Where the story plays: the embedded cluster with its controllers, a Git repository, and the hands that people have.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    chapter::{Deed, Edit},
    observer::Observer,
    past::Past,
    scenario::{CERTIFICATE, SCENARIO, SEALING_KEY},
    seen::{APPLICATIONS, CANARY_SERVICE, NAME, NAMESPACE, Seen, Traffic},
    told::Event,
    tree::WorkTree,
};
use crate::{
    api::{application, base64, rollout},
    cli::{
        Failure,
        embedded::{Embedded, refused},
    },
    clock::Clock,
    cluster::{Cluster, ClusterError},
    controller,
    object::{Gvk, Object, ObjectRef, yaml},
    plan::Precondition,
    sandbox::{Sandbox, SandboxOptions, ServeOptions},
    seal::Certificate,
    simulation::Picture,
    source::{Git, GitOptions, Mapping, Signed, Writer},
};

/// How long the controllers may take to come up.
const PATIENCE: Duration = Duration::from_secs(60);
/// The Application's file.
const APPLICATION_FILE: &str = "apps/backstage.yaml";
/// The namespace of what is outside the story's own: the database.
const OUTSIDE: &str = "outside";
/// The Secret that describes the database to the sandbox.
const DATABASE: &str = "postgres";
/// Where the database is, as the secret of the scenario names it.
const DATABASE_HOST: &str = "postgres.backstage";

/// The embedded cluster with its controllers on fast time, and a repository.
pub struct Stage {
    embedded: Embedded,
    clock: Clock,
    observer: Observer,
    writer: Writer,
    tree: WorkTree,
    began: Timestamp,
    speed: u32,
    // Gone with everything in it when dropped.
    _folder: TempDir,
}

impl Stage {
    /// Starts the cluster; time runs `speed` times as fast as on the wall.
    ///
    /// # Errors
    /// No port or file is to be had.
    pub async fn start(speed: u32) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let no_repository = |error| Failure::new("failed to make the repository").because(error);
        let writer =
            Writer::new(&folder.path().join("backstage-gitops.git")).map_err(no_repository)?;
        let certificate = Certificate::from_pem(CERTIFICATE.as_bytes())
            .map_err(|error| Failure::new("failed to read the certificate").because(error))?;
        let tree = WorkTree::new(certificate);
        let git = Git::new(GitOptions {
            store: folder.path().join("store"),
            mappings: vec![Mapping {
                from: repository_url()?,
                to: writer.folder().display().to_string(),
            }],
            ssh_command: None,
        });
        let began = Clock::wall().now();
        let clock = Clock::fast(began, speed);
        let sandbox = Sandbox::new(SandboxOptions {
            clock: clock.clone(),
        });
        let cluster = Cluster::new(kube::Client::new(sandbox.service(), "default"));
        // Before the controller looks, so that it opens what was sealed for this key instead of making another.
        create(&cluster, sealing_key()).await?;
        for namespace in [APPLICATIONS, OUTSIDE] {
            let namespace =
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
            create(&cluster, namespace).await?;
        }
        let settings = controller::application::Settings::default();
        let embedded =
            Embedded::start_with(sandbox, ServeOptions::default(), Some((git, settings)))
                .await
                .map_err(refused)?;
        // By then every kind of the story is served.
        if tokio::time::timeout(PATIENCE, embedded.keys_ready())
            .await
            .is_err()
        {
            return Err(Failure::new("the sealing controller does not come up"));
        }
        let simulation = embedded.simulation().clone();
        let ask = Box::new(move || traffic(&simulation.picture()));
        let observer = Observer::start(&cluster, &clock, ask)?;
        Ok(Self {
            embedded,
            clock,
            observer,
            writer,
            tree,
            began,
            speed,
            _folder: folder,
        })
    }

    /// Ends the cluster.
    pub async fn stop(self) {
        self.embedded.stop().await;
    }

    /// What the story says first.
    pub fn opened(&self) -> Event {
        let served = self.embedded.served();
        Event::Opened {
            server: format!("https://{}", served.address()),
            kubeconfig: served.kubeconfig().display().to_string(),
            repository: self.writer.folder().display().to_string(),
            speed: self.speed,
        }
    }

    /// How many simulated seconds pass in a second.
    pub const fn speed(&self) -> u32 {
        self.speed
    }

    /// What is seen now.
    pub fn seen(&self) -> Seen {
        self.observer.seen()
    }

    /// Simulated seconds since the beginning.
    pub fn passed(&self) -> f64 {
        let seconds = self.clock.now().duration_since(self.began).as_secs_f64();
        (seconds * 10.0).round() / 10.0
    }

    /// The simulated time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Does what somebody does, and tells of it what is to be told beside the words of the cue.
    ///
    /// # Errors
    /// The cluster or the repository refuses.
    pub async fn act(
        &mut self,
        deed: Deed,
        seen: &Seen,
        past: &mut Past,
    ) -> Result<Vec<Event>, Failure> {
        match deed {
            Deed::Push {
                author,
                message,
                edits,
            } => self.push(author, message, edits, past).await,
            Deed::Apply => {
                create(self.cluster(), manifest(APPLICATION_FILE)?).await?;
                Ok(Vec::new())
            }
            Deed::Accept(passwords) => self.accept(passwords).await.map(|()| Vec::new()),
            Deed::DeletePod(version) => self.delete_pod(version, seen, past).await,
            Deed::PromoteFull => {
                let target = ObjectRef::new(rollout::gvk(), Some(NAMESPACE), NAME);
                let patch = json!({"status": {"promoteFull": true}});
                self.cluster()
                    .patch_status(&target, &patch)
                    .await
                    .map_err(failed)?;
                Ok(Vec::new())
            }
        }
    }

    fn cluster(&self) -> &Cluster {
        self.embedded.cluster()
    }

    async fn push(
        &mut self,
        author: &'static str,
        message: &'static str,
        edits: &[Edit],
        past: &mut Past,
    ) -> Result<Vec<Event>, Failure> {
        let before = self.tree.files.clone();
        for edit in edits {
            match edit {
                Edit::Image(tag) => self.tree.set_image(tag)?,
                Edit::Seal(key, value) => self.tree.seal(key, value)?,
            }
        }
        let signed = Signed {
            name: author,
            email: "story@example.com",
            at: self.now(),
            message,
        };
        let id = self
            .writer
            .commit(&self.tree.files, &signed)
            .map_err(|error| Failure::new("failed to commit").because(error))?;
        let is_first = past.head.is_empty();
        past.head.clone_from(&id);
        let files = self.tree.files.iter();
        let changed = files.filter(|(path, text)| is_first || before.get(*path) != Some(*text));
        let files = changed.map(|(path, _)| path.clone()).collect();
        if !is_first {
            self.knock().await?;
        }
        Ok(vec![Event::Commit {
            id,
            author: author.to_owned(),
            message: message.to_owned(),
            files,
        }])
    }

    /// What a webhook does after a push: the Application is asked to look.
    async fn knock(&self) -> Result<(), Failure> {
        let target = ObjectRef::new(application::gvk(), Some(APPLICATIONS), NAME);
        let patch = json!({"metadata": {"annotations": {application::REFRESH: "normal"}}});
        let done = self
            .cluster()
            .patch(&target, &patch, &Precondition::default())
            .await;
        done.map(drop).map_err(failed)
    }

    /// Tells the sandbox which passwords the database takes.
    async fn accept(&self, passwords: &[&str]) -> Result<(), Failure> {
        let items = [
            ("host", DATABASE_HOST.to_owned()),
            ("variable", super::chapter::PASSWORD.to_owned()),
            ("accepts", passwords.join("\n")),
        ];
        let data: serde_json::Map<String, Value> = items
            .iter()
            .map(|(key, value)| ((*key).to_owned(), base64::encode(value.as_bytes()).into()))
            .collect();
        let wanted = json!({
            "apiVersion": "v1", "kind": "Secret", "data": data,
            "metadata": {"name": DATABASE, "namespace": OUTSIDE,
                "labels": {"sandbox.waxwing.dev/database": "true"}},
        });
        let target = ObjectRef::new(Gvk::new("", "v1", "Secret"), Some(OUTSIDE), DATABASE);
        if self.cluster().get(&target).await.map_err(failed)?.is_none() {
            return create(self.cluster(), wanted).await;
        }
        let patch = json!({"data": data});
        let done = self
            .cluster()
            .patch(&target, &patch, &Precondition::default())
            .await;
        done.map(drop).map_err(failed)
    }

    async fn delete_pod(
        &self,
        version: u64,
        seen: &Seen,
        past: &mut Past,
    ) -> Result<Vec<Event>, Failure> {
        let readers = seen.readers(version);
        let Some(name) = readers.first() else {
            return Ok(Vec::new());
        };
        let pods = seen.scene.as_ref().map_or(&[][..], |scene| &scene.pods);
        past.pods_before = pods.iter().map(|pod| pod.name().to_owned()).collect();
        past.deleted.push((name.clone(), version));
        let target = ObjectRef::new(Gvk::new("", "v1", "Pod"), Some(NAMESPACE), name.as_str());
        self.cluster()
            .delete(&target, &Precondition::default())
            .await
            .map_err(failed)?;
        Ok(vec![Event::Step {
            text: format!("kubectl -n {NAMESPACE} delete pod {name}"),
        }])
    }
}

/// What the services of the story get, told by the names that Traefik gives them.
fn traffic(picture: &Picture) -> Traffic {
    let canary = format!("{NAMESPACE}-{CANARY_SERVICE}-");
    let stable = format!("{NAMESPACE}-{NAME}-");
    let mut traffic = Traffic::default();
    let mut errors = 0.0;
    for (name, service) in &picture.services {
        if name.starts_with(&canary) {
            traffic.canary += service.requests;
            errors += service.errors;
        } else if name.starts_with(&stable) {
            traffic.stable += service.requests;
        }
    }
    traffic.canary_errors = (traffic.canary > 0.0).then(|| errors / traffic.canary);
    traffic
}

/// The address that the Application names.
///
/// # Errors
/// It names none.
pub fn repository_url() -> Result<String, Failure> {
    let application = manifest(APPLICATION_FILE)?;
    let url = application
        .pointer("/spec/source/repoURL")
        .and_then(Value::as_str);
    url.map(str::to_owned)
        .ok_or_else(|| Failure::new(format!("{APPLICATION_FILE} names no repository")))
}

fn manifest(path: &str) -> Result<Value, Failure> {
    let text = SCENARIO
        .iter()
        .find(|(name, _)| *name == path)
        .map_or("", |(_, text)| *text);
    let documents = yaml::read(text.as_bytes(), &yaml::ReadOptions::default())
        .map_err(|error| Failure::new(format!("failed to read {path}")).because(error))?;
    let first = documents.into_iter().next().map(|document| document.value);
    first.ok_or_else(|| Failure::new(format!("{path} is empty")))
}

fn sealing_key() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"name": "sealed-secrets-key", "namespace": "kube-system",
            "labels": {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"}},
        "data": {"tls.key": base64::encode(SEALING_KEY.as_bytes()),
            "tls.crt": base64::encode(CERTIFICATE.as_bytes())},
    })
}

async fn create(cluster: &Cluster, value: Value) -> Result<(), Failure> {
    let object = Object::from_value(value)
        .map_err(|error| Failure::new("failed to read an object").because(error))?;
    cluster.create(&object).await.map(drop).map_err(failed)
}

fn failed(error: ClusterError) -> Failure {
    Failure::new("the embedded cluster refused").because(error)
}
