//! What Git wants: repositories asked for what is new, commits found, folders rendered.

use std::{collections::BTreeMap, sync::Arc};

use jiff::SignedDuration;
use serde_json::Value;

use super::{
    config::project_name,
    overlay::Variables,
    render::{self, Context, RenderError},
    run::Applier,
};
use crate::{
    api::application::{Source, Spec},
    cluster::ClusterError,
    object::{Object, ObjectRef, yaml},
    plan::Next,
    source::{GitTree, Seen, Watched},
    sync::origin::Origin,
};

/// For how long a repository that is away is passed over in silence.
const GRACE: SignedDuration = SignedDuration::from_mins(3);

/// Where manifests are to come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ask {
    /// Whether there are `sources`.
    pub is_plural: bool,
    /// The sources, as they are written.
    pub sources: Vec<Value>,
    /// The commits to take instead of those that the sources name; empty for theirs.
    pub pinned: Vec<String>,
    /// Manifests instead of those of Git.
    pub manifests: Vec<String>,
}

/// What Git wants.
pub(super) struct Wanted {
    pub origin: Origin,
    pub rendered: Vec<Object>,
}

/// A render that is kept.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// The commit that it is known to hold for.
    commit: String,
    /// The source, as it is written.
    source: Value,
    /// The files that it was made from, unless it tells the commit itself.
    seen: Option<Arc<Seen>>,
    /// What it gave.
    objects: Arc<Vec<Object>>,
}

impl Ask {
    /// The sources of a spec, read.
    pub(super) fn read(&self) -> Result<Vec<Source>, String> {
        const REQUIRED: &str = "spec.source.repoURL and either spec.source.path, spec.source.chart, or spec.source.ref are required";
        let mut read = Vec::new();
        for value in &self.sources {
            let source: Source = serde_json::from_value(value.clone())
                .map_err(|error| format!("spec.source cannot be read: {error}"))?;
            let says_nothing =
                source.path.is_empty() && source.chart.is_empty() && source.reference.is_empty();
            if source.repo_url.is_empty() || says_nothing {
                return Err(REQUIRED.to_owned());
            }
            read.push(source);
        }
        if read.is_empty() {
            return Err(REQUIRED.to_owned());
        }
        Ok(read)
    }
}

impl Applier {
    /// Asks for what is new when its time has come; a repository that is away is passed over for a while.
    pub(super) async fn poll(
        &self,
        url: &str,
        spec: &Spec,
        is_asked: bool,
    ) -> Result<Result<(), String>, ClusterError> {
        let now = self.clock.now();
        let last = self.memory().fetched.get(url).copied();
        let is_due = last.is_none_or(|last| now.duration_since(last) >= self.settings.poll);
        let is_away = self.memory().away_since.contains_key(url);
        if !is_due && !is_asked && !is_away {
            return Ok(Ok(()));
        }
        self.authenticate(url, project_name(spec)).await?;
        let outcome = self.git.fetch(url).await;
        let mut memory = self.memory();
        memory.fetched.insert(url.to_owned(), now);
        match outcome {
            Ok(_) => {
                memory.away_since.remove(url);
                Ok(Ok(()))
            }
            Err(error) => {
                let since = *memory.away_since.entry(url.to_owned()).or_insert(now);
                let is_known = last.is_some();
                if is_known && now.duration_since(since) < GRACE && !is_asked {
                    tracing::warn!(%error, "passed over for now");
                    return Ok(Ok(()));
                }
                Ok(Err(error.to_string()))
            }
        }
    }

    /// When a repository is asked again by itself.
    pub(super) fn next_poll(&self, url: &str) -> Next {
        let last = self.memory().fetched.get(url).copied();
        let from = last.unwrap_or_else(|| self.clock.now());
        let at = from.checked_add(self.settings.poll);
        at.map_or(Next::Backoff, Next::At)
    }

    /// Finds the commits and renders every source; a render is whole or it is an error.
    pub(super) async fn wanted(
        &self,
        app: &Object,
        spec: &Spec,
        ask: &Ask,
        is_hard: bool,
    ) -> Result<Wanted, String> {
        let mut origin = Origin {
            is_plural: ask.is_plural,
            sources: ask.sources.clone(),
            revisions: Vec::new(),
        };
        let mut rendered = Vec::new();
        for (at, (source, value)) in ask.read()?.into_iter().zip(&ask.sources).enumerate() {
            let url = &source.repo_url;
            let pinned = ask.pinned.get(at).filter(|pinned| !pinned.is_empty());
            let named = pinned.unwrap_or(&source.target_revision);
            let revision = self.git.resolve(url, named).await;
            let revision = revision.map_err(|error| error.to_string())?;
            origin.revisions.push(revision.clone());
            if !ask.manifests.is_empty() {
                continue;
            }
            let snapshot = self.git.snapshot(url, &revision).await;
            let snapshot = snapshot.map_err(|error| error.to_string())?;
            let commit = format!("{revision} {}", snapshot.tree.id());
            let place = (app.reference(), at);
            let kept = self.memory().rendered.get(&place).cloned();
            let kept = kept.filter(|kept| kept.source == *value && !is_hard);
            let context = Context {
                app: app.name().to_owned(),
                variables: variables(app, spec, &source, &revision),
            };
            let (tree, value) = (snapshot.tree.clone(), value.clone());
            let made =
                tokio::task::spawn_blocking(move || again(&tree, commit, value, &context, kept));
            let made = made.await.map_err(|_| "rendering broke off".to_owned())?;
            let (kept, is_new) = made.map_err(|error| error.to_string())?;
            rendered.extend(kept.objects.iter().cloned());
            let mut memory = self.memory();
            memory.renders += u64::from(is_new);
            memory.rendered.insert(place, kept);
        }
        for text in &ask.manifests {
            rendered.extend(local(text)?);
        }
        Ok(Wanted { origin, rendered })
    }

    /// How many folders of commits were rendered so far.
    pub fn renders(&self) -> u64 {
        self.memory().renders
    }

    /// Forgets what was kept for an Application.
    pub(super) fn forget(&self, app: &ObjectRef) {
        let mut memory = self.memory();
        memory.rendered.retain(|(owner, _), _| owner != app);
        memory.sealed_since.remove(app);
        for apps in memory.apps_of_url.values_mut() {
            apps.remove(app);
        }
        memory.apps_of_url.retain(|_, apps| !apps.is_empty());
    }
}

/// A render of a commit: the one that is kept, where the commit touches nothing that it was made from, or a new one.
fn again(
    tree: &GitTree,
    commit: String,
    source: Value,
    context: &Context,
    kept: Option<Kept>,
) -> Result<(Kept, bool), RenderError> {
    if let Some(kept) = kept {
        let holds =
            kept.commit == commit || kept.seen.as_ref().is_some_and(|seen| seen.holds(tree));
        if holds {
            return Ok((Kept { commit, ..kept }, false));
        }
    }
    let watched = Watched::new(tree);
    let made = render::render(&watched, &source, context)?;
    let seen = (!made.tells_commit).then(|| Arc::new(watched.seen()));
    let kept = Kept {
        commit,
        source,
        seen,
        objects: Arc::new(made.objects),
    };
    Ok((kept, true))
}

/// Manifests that are given instead of those of Git.
fn local(text: &str) -> Result<Vec<Object>, String> {
    let documents = yaml::read(text.as_bytes(), &yaml::ReadOptions::default())
        .map_err(|error| format!("manifests: {error}"))?;
    documents
        .into_iter()
        .filter(|document| !document.value.is_null())
        .map(|document| Object::from_value(document.value))
        .collect::<Result<_, _>>()
        .map_err(|error| format!("manifests: {error}"))
}

/// The variables of a build (`ARGOCD_APP_…`).
fn variables(app: &Object, spec: &Spec, source: &Source, revision: &str) -> Variables {
    let short = |length: usize| revision.get(..length).unwrap_or(revision).to_owned();
    BTreeMap::from([
        ("ARGOCD_APP_NAME", app.name().to_owned()),
        ("ARGOCD_APP_NAMESPACE", spec.destination.namespace.clone()),
        ("ARGOCD_APP_PROJECT_NAME", project_name(spec).to_owned()),
        ("ARGOCD_APP_REVISION", revision.to_owned()),
        ("ARGOCD_APP_REVISION_SHORT", short(7)),
        ("ARGOCD_APP_REVISION_SHORT_8", short(8)),
        ("ARGOCD_APP_SOURCE_REPO_URL", source.repo_url.clone()),
        ("ARGOCD_APP_SOURCE_PATH", source.path.clone()),
        (
            "ARGOCD_APP_SOURCE_TARGET_REVISION",
            source.target_revision.clone(),
        ),
    ])
}
