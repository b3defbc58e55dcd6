//! One pass over one Application.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use super::{
    delete, operate, render,
    status::{self, Report},
    watches::Watches,
};
use crate::{
    api::application::{self, REFRESH, SKIP_RECONCILE, Source, Spec},
    clock::Clock,
    cluster::{Cluster, ClusterError, Kinds, Watch},
    controller::engine::Loop,
    object::{Object, ObjectRef},
    plan::{Event, EventSeverity, Next},
    source::Git,
    sync::{
        compare::{self, Comparison},
        ignore::Ignore,
        option::Options,
        target::{self, Targets},
    },
};

/// How often a repository is asked for what is new.
const POLL: SignedDuration = SignedDuration::from_mins(3);

/// For how long a repository that is away is passed over in silence.
const GRACE: SignedDuration = SignedDuration::from_mins(3);

/// What the operator has chosen.
#[derive(Clone, Default)]
pub struct Settings {
    /// The namespace of Applications; none for all.
    pub namespace: Option<String>,
}

/// What applies Git to the cluster. Cheap to clone.
#[derive(Clone)]
pub struct Applier {
    pub(super) cluster: Cluster,
    pub(super) clock: Clock,
    pub(super) git: Git,
    pub(super) settings: Settings,
    pub(super) watches: Watches,
    pub(super) memory: Arc<Mutex<Memory>>,
    woken: Arc<Mutex<Option<futures::channel::mpsc::UnboundedReceiver<ObjectRef>>>>,
}

/// What is kept between passes; nothing that a restart may not lose.
#[derive(Default)]
pub(super) struct Memory {
    kinds: Option<Kinds>,
    fetched: BTreeMap<String, Timestamp>,
    away_since: BTreeMap<String, Timestamp>,
    apps_of_url: BTreeMap<String, std::collections::BTreeSet<ObjectRef>>,
    pub sealed_since: BTreeMap<ObjectRef, Timestamp>,
}

/// What Git wants.
pub(super) struct Wanted {
    pub revision: String,
    pub rendered: Vec<Object>,
}

/// All that one pass has found out.
pub(super) struct Found {
    pub kinds: Kinds,
    pub targets: Targets,
    pub comparison: Comparison,
    pub ignore: Ignore,
    pub revision: String,
}

impl Applier {
    /// One that reads these repositories.
    pub fn new(cluster: &Cluster, clock: &Clock, git: &Git, settings: Settings) -> Self {
        let cluster = cluster
            .clone()
            .reporting_as("argocd-application-controller", clock);
        let (watches, woken) = Watches::new(&cluster);
        Self {
            cluster,
            clock: clock.clone(),
            git: git.clone(),
            settings,
            watches,
            memory: Arc::default(),
            woken: Arc::new(Mutex::new(Some(woken))),
        }
    }

    /// Applies until stopped; to be called once.
    ///
    /// # Errors
    /// [`ClusterError::UnknownKind`], which the table of kinds rules out.
    pub async fn run(
        self,
        stop: impl Future<Output = ()> + Send + Sync + 'static,
    ) -> Result<(), ClusterError> {
        let watch = Watch::all(application::gvk()).within(self.settings.namespace.as_deref());
        let mut work = Loop::new(&self.cluster, &self.clock, watch)?.until(stop);
        let woken = self
            .woken
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(woken) = woken {
            work = work.triggered_by(woken);
        }
        let gone = self.clone();
        work.when_gone(move |app| gone.watches.set(app, std::collections::BTreeSet::new()))
            .run(move |app| {
                let applier = self.clone();
                async move { applier.pass(&app.reference()).await }
            })
            .await;
        Ok(())
    }

    /// Asks the repositories of a URL for what is new, and looks at the Applications that read them. This is all
    /// that a webhook may do.
    pub async fn fetch(&self, url: &str) {
        let urls: Vec<(String, Vec<ObjectRef>)> = self
            .memory()
            .apps_of_url
            .iter()
            .filter(|(known, _)| crate::source::is_same(known, url))
            .map(|(known, apps)| (known.clone(), apps.iter().cloned().collect()))
            .collect();
        for (url, apps) in urls {
            if let Err(error) = self.git.fetch(&url).await {
                tracing::warn!(%error, "could not be fetched");
            }
            for app in apps {
                self.watches.wake(&app);
            }
        }
    }

    async fn pass(&self, reference: &ObjectRef) -> Result<Next, ClusterError> {
        // The watch may lag behind what the last pass has written.
        let Some(app) = self.cluster.get(reference).await? else {
            return Ok(Next::AwaitChange);
        };
        if app.annotation(SKIP_RECONCILE) == Some("true") {
            return Ok(Next::AwaitChange);
        }
        if app.at(&["metadata", "deletionTimestamp"]).is_some() {
            return delete::delete(self, &app).await;
        }
        let mut report = Report::new(&app, self.clock.now());
        let next = self.work(&app, &mut report).await?;
        self.save(&app, report).await?;
        Ok(next)
    }

    async fn work(&self, app: &Object, report: &mut Report) -> Result<Next, ClusterError> {
        let spec = match application::spec(app) {
            Ok(spec) => spec,
            Err(error) => {
                report.invalid(error.to_string());
                return Ok(Next::AwaitChange);
            }
        };
        let source = match status::source(&spec) {
            Ok(source) => source,
            Err(message) => {
                report.invalid(message);
                return Ok(Next::AwaitChange);
            }
        };
        self.memory()
            .apps_of_url
            .entry(source.repo_url.clone())
            .or_default()
            .insert(app.reference());
        // Whoever asks for a sync means the newest commit, not the one of the last poll.
        let is_asked = app.annotation(REFRESH).is_some() || app.at(&["operation"]).is_some();
        let next = self.poll(&source.repo_url, is_asked).await;
        let pinned = operate::pinned(app);
        let wanted = match next {
            Ok(()) => self.wanted(&source, pinned.as_deref()).await,
            Err(message) => Err(message),
        };
        let found = match wanted {
            Ok(wanted) => self.compare(app, &spec, wanted).await?,
            Err(message) => Err(message),
        };
        let due = self.next_poll(&source.repo_url);
        match found {
            Ok(found) => {
                report.compared(&spec, &source, &found);
                let again = operate::operate(self, app, &spec, &source, found, report).await?;
                Ok(earlier(again, due))
            }
            Err(message) => {
                operate::refuse(app, &message, report);
                report.unknown(message);
                Ok(due)
            }
        }
    }

    /// Asks for what is new when its time has come; a repository that is away is passed over for a while.
    async fn poll(&self, url: &str, is_asked: bool) -> Result<(), String> {
        let now = self.clock.now();
        let last = self.memory().fetched.get(url).copied();
        let is_due = last.is_none_or(|last| now.duration_since(last) >= POLL);
        let is_away = self.memory().away_since.contains_key(url);
        if !is_due && !is_asked && !is_away {
            return Ok(());
        }
        let outcome = self.git.fetch(url).await;
        let mut memory = self.memory();
        memory.fetched.insert(url.to_owned(), now);
        match outcome {
            Ok(_) => {
                memory.away_since.remove(url);
                Ok(())
            }
            Err(error) => {
                let since = *memory.away_since.entry(url.to_owned()).or_insert(now);
                let is_known = last.is_some();
                if is_known && now.duration_since(since) < GRACE && !is_asked {
                    tracing::warn!(%error, "passed over for now");
                    return Ok(());
                }
                Err(error.to_string())
            }
        }
    }

    fn next_poll(&self, url: &str) -> Next {
        let last = self.memory().fetched.get(url).copied();
        let at = last.unwrap_or_else(|| self.clock.now()).checked_add(POLL);
        at.map_or(Next::Backoff, Next::At)
    }

    async fn wanted(&self, source: &Source, pinned: Option<&str>) -> Result<Wanted, String> {
        let url = &source.repo_url;
        let named = pinned.unwrap_or(&source.target_revision);
        let revision = self.git.resolve(url, named).await;
        let revision = revision.map_err(|error| error.to_string())?;
        let snapshot = self.git.snapshot(url, &revision).await;
        let snapshot = snapshot.map_err(|error| error.to_string())?;
        let source = source.clone();
        let rendered = tokio::task::spawn_blocking(move || render::render(&snapshot.tree, &source));
        let rendered = rendered
            .await
            .map_err(|_| "rendering broke off".to_owned())?;
        Ok(Wanted {
            revision,
            rendered: rendered.map_err(|error| error.to_string())?,
        })
    }

    /// Looks at the cluster and compares; what cannot be compared is told.
    async fn compare(
        &self,
        app: &Object,
        spec: &Spec,
        wanted: Wanted,
    ) -> Result<Result<Found, String>, ClusterError> {
        let destination = &spec.destination.namespace;
        let name = app.name();
        let mut kinds = self.kinds(false).await?;
        let rendered = wanted.rendered;
        let mut targets = target::targets(rendered.clone(), name, destination, &kinds.scopes());
        if !targets.unknown.is_empty() {
            kinds = self.kinds(true).await?;
            targets = target::targets(rendered, name, destination, &kinds.scopes());
        }
        let ignore = match Ignore::new(&spec.ignore_differences) {
            Ok(ignore) => ignore,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let observed = self
            .observe(app, name, destination, &targets.objects, &kinds)
            .await;
        let observed = match observed {
            Ok(observed) => observed,
            Err(error) if error.is_not_found() => {
                // A kind has gone: ask anew.
                self.memory().kinds = None;
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        let ignore = ignore.with_rollouts(observed.rollouts.iter());
        let options = Options::new(spec.options());
        let comparison =
            compare::compare(name, &targets.objects, &observed.live, &ignore, &options);
        Ok(Ok(Found {
            kinds,
            targets,
            comparison,
            ignore,
            revision: wanted.revision,
        }))
    }

    pub(super) async fn kinds(&self, anew: bool) -> Result<Kinds, ClusterError> {
        let known = self.memory().kinds.clone().filter(|_| !anew);
        if let Some(kinds) = known {
            return Ok(kinds);
        }
        let kinds = self.cluster.kinds().await?;
        self.memory().kinds = Some(kinds.clone());
        Ok(kinds)
    }

    /// Writes what has changed of the Application, the status with it: it has no subresource.
    async fn save(&self, before: &Object, report: Report) -> Result<(), ClusterError> {
        let events = report.events;
        let after = report.app;
        let written = if after == *before {
            after
        } else {
            self.cluster.replace(&after).await?
        };
        for (severity, reason, message) in events {
            self.tell(&written, severity, reason, message).await;
        }
        Ok(())
    }

    async fn tell(&self, app: &Object, severity: EventSeverity, reason: &str, message: String) {
        let event = Event {
            regarding: app.clone(),
            severity,
            reason: reason.to_owned(),
            message,
        };
        if let Err(error) = self.cluster.event(&event).await {
            tracing::warn!(%error, "an event could not be written");
        }
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The earlier of two.
fn earlier(one: Next, other: Next) -> Next {
    match (one, other) {
        (Next::At(one), Next::At(other)) => Next::At(one.min(other)),
        (Next::AwaitChange, other) => other,
        (one, _) => one,
    }
}
