//! One pass over one Application.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{StreamExt, channel::mpsc::UnboundedReceiver, stream};
use jiff::{SignedDuration, Timestamp};

use super::{
    config::Config,
    delete,
    fetch::{Ask, Kept, Wanted},
    operate,
    status::{self, Report},
    watches::Watches,
};
use crate::{
    api::application::{self, REFRESH, SKIP_RECONCILE, Spec},
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
        origin::Origin,
        target::{self, Targets},
    },
};

/// How often a repository is asked for what is new, unless the operator says otherwise.
pub const POLL: SignedDuration = SignedDuration::from_mins(3);

/// The namespace of settings, projects and credentials, unless the operator says otherwise.
pub const CONTROL_NAMESPACE: &str = "argocd";

/// What the operator has chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The namespace of Applications; none for all.
    pub namespace: Option<String>,
    /// The namespace of settings, projects and credentials of repositories.
    pub control_namespace: String,
    /// How often a repository is asked for what is new.
    pub poll: SignedDuration,
    /// Whether nothing is watched: for one look and no more.
    pub only_looks: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            namespace: None,
            control_namespace: CONTROL_NAMESPACE.to_owned(),
            poll: POLL,
            only_looks: false,
        }
    }
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
    woken: Arc<Mutex<UnboundedReceiver<ObjectRef>>>,
}

/// What is kept between passes; nothing that a restart may not lose.
#[derive(Default)]
pub(super) struct Memory {
    kinds: Option<Kinds>,
    pub fetched: BTreeMap<String, Timestamp>,
    pub away_since: BTreeMap<String, Timestamp>,
    pub apps_of_url: BTreeMap<String, BTreeSet<ObjectRef>>,
    pub sealed_since: BTreeMap<ObjectRef, Timestamp>,
    pub rendered: BTreeMap<(ObjectRef, usize), Kept>,
    /// How many folders were rendered.
    pub renders: u64,
}

/// All that one pass has found out.
pub(super) struct Found {
    pub kinds: Kinds,
    pub targets: Targets,
    pub comparison: Comparison,
    pub ignore: Ignore,
    pub origin: Origin,
    /// Whether the windows of the project are open, for the applier itself and for people.
    pub is_open: (bool, bool),
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
            woken: Arc::new(Mutex::new(woken)),
        }
    }

    /// Applies until stopped; may be run again after that.
    ///
    /// # Errors
    /// [`ClusterError::UnknownKind`], which the table of kinds rules out.
    pub async fn run(
        self,
        stop: impl Future<Output = ()> + Send + Sync + 'static,
    ) -> Result<(), ClusterError> {
        let watch = Watch::all(application::gvk()).within(self.settings.namespace.as_deref());
        let woken = self.woken.clone();
        let woken = stream::poll_fn(move |context| {
            let mut woken = woken.lock().unwrap_or_else(PoisonError::into_inner);
            woken.poll_next_unpin(context)
        });
        let work = Loop::new(&self.cluster, &self.clock, watch)?
            .until(stop)
            .triggered_by(woken);
        let gone = self.clone();
        work.when_gone(move |app| {
            gone.watches.set(app, BTreeSet::new());
            gone.forget(app);
        })
        .run(move |app| {
            let applier = self.clone();
            async move { applier.pass(&app.reference()).await }
        })
        .await;
        Ok(())
    }

    /// Forgets all that was watched and found: somebody else may go on with it.
    pub fn forget_all(&self) {
        self.watches.clear();
        *self.memory() = Memory::default();
    }

    /// Asks the repositories of a URL for what is new, and looks at the Applications that read them. This is all
    /// that a webhook may do. One that does not lead has the leader asked.
    ///
    /// # Errors
    /// What the cluster answers to one that does not lead; a repository that cannot be read is logged.
    pub async fn fetch(&self, url: &str) -> Result<(), ClusterError> {
        if !self.cluster.may_write() {
            return self.hand_on(url).await;
        }
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
        Ok(())
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
        let (spec, ask, urls) = match asked(app) {
            Ok(asked) => asked,
            Err(message) => {
                operate::refuse(app, "InvalidSpecError", &message, report);
                report.invalid(message);
                return Ok(Next::AwaitChange);
            }
        };
        let config = match self.config(app, &spec).await? {
            Ok(config) => config,
            Err(message) => return Ok(self.refused(app, message, report)),
        };
        let named: Vec<&str> = urls.iter().map(String::as_str).collect();
        if let Some(message) = config.refusal(&spec, &named) {
            return Ok(self.refused(app, message, report));
        }
        let mut due = Next::AwaitChange;
        let mut outcome = Ok(());
        // Whoever asks for a sync means the newest commit, not the one of the last poll.
        let is_asked = app.annotation(REFRESH).is_some()
            || (app.at(&["operation"]).is_some() && !operate::is_running(app));
        self.reads(app, &urls);
        for url in &urls {
            outcome = outcome.and(self.poll(url, &spec, is_asked).await?);
            due = earlier(due, self.next_poll(url));
        }
        let is_hard = app.annotation(REFRESH) == Some("hard");
        let found = match outcome {
            Ok(()) => self.look(app, &spec, &config, &ask, is_hard).await?,
            Err(message) => Err(message),
        };
        let found = match found {
            Ok(found) => found,
            Err(message) => {
                operate::refuse(app, "ComparisonError", &message, report);
                report.unknown(message);
                return Ok(due);
            }
        };
        report.compared(&spec, &ask, &found);
        // A sync may apply something else than the newest commit of the application's own sources.
        let found = match operate::other(app, &ask, &found.origin) {
            None => found,
            Some(other) => match self.look(app, &spec, &config, &other, false).await? {
                Ok(found) => found,
                Err(message) => {
                    operate::refuse(app, "ComparisonError", &message, report);
                    return Ok(due);
                }
            },
        };
        let again = operate::operate(self, app, &spec, found, report).await?;
        Ok(earlier(again, due))
    }

    fn refused(&self, app: &Object, message: String, report: &mut Report) -> Next {
        operate::refuse(app, "InvalidSpecError", &message, report);
        report.invalid(message);
        // A project may come or change without a word.
        let at = self.clock.now().checked_add(self.settings.poll);
        at.map_or(Next::Backoff, Next::At)
    }

    fn reads(&self, app: &Object, urls: &[String]) {
        let app = app.reference();
        let mut memory = self.memory();
        for apps in memory.apps_of_url.values_mut() {
            apps.remove(&app);
        }
        for url in urls {
            let apps = memory.apps_of_url.entry(url.clone()).or_default();
            apps.insert(app.clone());
        }
    }

    /// Renders, looks at the cluster, and compares; what cannot be rendered or compared is told.
    pub(super) async fn look(
        &self,
        app: &Object,
        spec: &Spec,
        config: &Config,
        ask: &Ask,
        is_hard: bool,
    ) -> Result<Result<Found, String>, ClusterError> {
        match self.wanted(app, spec, ask, is_hard).await {
            Ok(wanted) => self.compare(app, spec, config, wanted).await,
            Err(message) => Ok(Err(message)),
        }
    }

    pub(super) async fn compare(
        &self,
        app: &Object,
        spec: &Spec,
        config: &Config,
        wanted: Wanted,
    ) -> Result<Result<Found, String>, ClusterError> {
        let destination = &spec.destination.namespace;
        let tracking = &config.tracking;
        let mut kinds = self.kinds(false).await?;
        let rendered = wanted.rendered;
        let scopes = kinds.scopes();
        let mut targets = target::targets(rendered.clone(), tracking, destination, &scopes);
        if !targets.unknown.is_empty() {
            kinds = self.kinds(true).await?;
            targets = target::targets(rendered, tracking, destination, &kinds.scopes());
        }
        if let Some(message) = config.forbidden(spec, &targets) {
            return Ok(Err(message));
        }
        let ignore = match Ignore::new(&spec.ignore_differences) {
            Ok(ignore) => ignore,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let observed = self
            .observe(app, tracking, destination, &targets.objects, &kinds)
            .await;
        let observed = match observed {
            Ok(observed) => observed,
            Err(error) => {
                if error.is_not_found() {
                    // A kind has gone: ask anew.
                    self.memory().kinds = None;
                }
                return Err(error);
            }
        };
        let ignore = ignore.with_rollouts(observed.rollouts.iter());
        let options = Options::new(spec.options());
        let comparison = compare::compare(
            tracking,
            &targets.objects,
            &observed.live,
            &ignore,
            &options,
        );
        let now = self.clock.now();
        Ok(Ok(Found {
            kinds,
            targets,
            comparison,
            ignore,
            origin: wanted.origin,
            is_open: (
                config.is_open(app, spec, false, now),
                config.is_open(app, spec, true, now),
            ),
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

/// The spec of an Application, what it asks for, and the repositories of that.
fn asked(app: &Object) -> Result<(Spec, Ask, Vec<String>), String> {
    let spec = application::spec(app).map_err(|error| error.to_string())?;
    status::check_destination(&spec)?;
    let ask = status::ask(app, &spec);
    let mut urls: Vec<String> = ask.read()?.into_iter().map(|one| one.repo_url).collect();
    urls.sort_unstable();
    urls.dedup();
    Ok((spec, ask, urls))
}

/// The repositories that an Application reads; none where it cannot be understood.
pub(super) fn urls_of(app: &Object) -> Option<Vec<String>> {
    asked(app).ok().map(|(_, _, urls)| urls)
}

/// The earlier of two.
fn earlier(one: Next, other: Next) -> Next {
    match (one, other) {
        (Next::At(one), Next::At(other)) => Next::At(one.min(other)),
        (Next::AwaitChange, other) => other,
        (one, _) => one,
    }
}
