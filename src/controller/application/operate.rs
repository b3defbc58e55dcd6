//! The sync that runs, or that begins now.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    act::Rules,
    fetch::Ask,
    run::{Applier, Found},
    status::Report,
};
use crate::{
    api::application::{self, MANAGER, Operation, Spec},
    cluster::{ClusterError, PatchForm, WriteOptions},
    object::Object,
    plan::{EventSeverity, Next},
    sync::{
        advance::{Action, View, advance},
        auto::{self, Auto},
        operation::{OperationPhase, OperationState},
        option::Options,
        origin::Origin,
        task::{Task, tasks},
    },
};

/// How often a closed window is looked at.
const WINDOW_LOOK: SignedDuration = SignedDuration::from_mins(1);

/// Whether a sync runs.
pub(super) fn is_running(app: &Object) -> bool {
    OperationState::of(app).is_some_and(|state| !state.phase.is_completed())
}

/// What the running sync applies, or the one that is asked for, where that is something else than the newest of the
/// application's own sources.
pub(super) fn other(app: &Object, own: &Ask, newest: &Origin) -> Option<Ask> {
    let running = OperationState::of(app).filter(|state| !state.phase.is_completed());
    let ask = match running {
        Some(state) => {
            let retry = state.operation.retry.as_ref();
            if retry.is_some_and(|retry| retry.refresh) && state.next_try().is_some() {
                return None;
            }
            let origin = Origin::of(state.sync_result.as_ref()?);
            let manifests = state.operation.sync.map(|sync| sync.manifests);
            Ask {
                is_plural: origin.is_plural,
                sources: origin.sources,
                pinned: origin.revisions,
                manifests: manifests.unwrap_or_default(),
            }
        }
        None => {
            let sync = application::operation(app).ok().flatten()?.sync?;
            let mut ask = own.clone();
            if !sync.sources.is_empty() {
                ask.is_plural = true;
                ask.sources = sync.sources;
            } else if let Some(source) = sync.source {
                ask.is_plural = false;
                ask.sources = vec![source];
            }
            ask.pinned = if sync.revisions.is_empty() {
                vec![sync.revision]
            } else {
                sync.revisions
            };
            ask.manifests = sync.manifests;
            ask
        }
    };
    let is_newest = ask.pinned.iter().all(String::is_empty) || ask.pinned == newest.revisions;
    let is_same = ask.sources == own.sources && ask.manifests.is_empty() && is_newest;
    (!is_same && !ask.sources.is_empty()).then_some(ask)
}

/// A sync that is asked for while nothing can be compared ends before anything is applied.
pub(super) fn refuse(app: &Object, kind: &str, message: &str, report: &mut Report) {
    let Ok(Some(operation)) = application::operation(app) else {
        return;
    };
    let running = OperationState::of(app).filter(|state| !state.phase.is_completed());
    let mut state = running.unwrap_or_else(|| OperationState::begin(operation, report.now));
    if state.next_try().is_some() {
        return;
    }
    state.operation.retry = None;
    state.finish(
        OperationPhase::Error,
        format!("{kind}: {message}"),
        report.now,
    );
    report.operation(&state);
}

/// Goes on with a sync, begins the one that is asked for, or one of its own.
pub(super) async fn operate(
    applier: &Applier,
    app: &Object,
    spec: &Spec,
    found: Found,
    report: &mut Report,
) -> Result<Next, ClusterError> {
    let now = report.now;
    let before = OperationState::of(app);
    let running = before.clone().filter(|state| !state.phase.is_completed());
    let asked = match application::operation(app) {
        Ok(asked) => asked,
        Err(error) => {
            report.condition("SyncError", Some(error.to_string()));
            return Ok(Next::AwaitChange);
        }
    };
    let state = match (running, asked) {
        (Some(state), _) => return go_on(applier, app, spec, found, state, report).await,
        (None, Some(operation)) => begin(operation, spec, &found, report),
        (None, None) => {
            let may_prune = may_prune(applier, spec, &found, before.as_ref(), report).await;
            let last = before.as_ref();
            let comparison = &found.comparison;
            let origin = &found.origin;
            match auto::decide(spec, origin, comparison, last, may_prune, now) {
                Auto::Nothing => {
                    report.condition("SyncError", None);
                    return Ok(Next::AwaitChange);
                }
                Auto::At(at) => return Ok(Next::At(at)),
                Auto::Refused(why) => {
                    report.condition("SyncError", Some(why));
                    return Ok(Next::AwaitChange);
                }
                Auto::Sync(operation) => {
                    report.condition("SyncError", None);
                    if !found.is_open.0 {
                        return Ok(look_again(now));
                    }
                    begin(*operation, spec, &found, report)
                }
            }
        }
    };
    // It is written down before anything is done, so that nobody who comes after us begins it once more.
    report.operation(&state);
    Ok(Next::At(now))
}

/// When something is looked at again that nobody tells of.
fn look_again(now: Timestamp) -> Next {
    now.checked_add(WINDOW_LOOK).map_or(Next::Backoff, Next::At)
}

fn begin(operation: Operation, spec: &Spec, found: &Found, report: &mut Report) -> OperationState {
    let mut state = OperationState::begin(operation, report.now);
    let result = state.result();
    found.origin.note(result);
    result.managed_namespace_metadata = spec.namespace_metadata().cloned();
    report.event(
        EventSeverity::Normal,
        "OperationStarted",
        format!("Initiated sync to '{}'", found.origin.shown()),
    );
    state
}

/// Whether an automated sync may delete: never to nothing, and not where history was rewritten since the last one.
async fn may_prune(
    applier: &Applier,
    spec: &Spec,
    found: &Found,
    last: Option<&OperationState>,
    report: &mut Report,
) -> bool {
    let allows_empty = spec
        .automated()
        .is_some_and(|automated| automated.allow_empty);
    if found.targets.objects.is_empty() && !allows_empty {
        return false;
    }
    let Some((last, result)) = last.and_then(|last| Some((last, last.sync_result.as_ref()?)))
    else {
        return true;
    };
    let is_automated = last
        .operation
        .initiated_by
        .as_ref()
        .is_some_and(|by| by.automated);
    let before = Origin::of(result);
    if before.revisions == found.origin.revisions {
        let pruned = last.operation.sync.as_ref().is_some_and(|sync| sync.prune);
        return pruned || !is_automated;
    }
    if before.sources != found.origin.sources {
        return true;
    }
    let mut follows = true;
    let sources = found.origin.sources.iter();
    for ((source, old), new) in sources.zip(&before.revisions).zip(&found.origin.revisions) {
        let url = source.get("repoURL").and_then(Value::as_str);
        follows &= applier.git.follows(url.unwrap_or_default(), old, new).await;
    }
    if !follows {
        report.event(
            EventSeverity::Warning,
            "PruneHeld",
            format!(
                "{} does not follow {}: nothing is pruned without a sync by hand",
                found.origin.shown(),
                before.shown()
            ),
        );
    }
    follows
}

async fn go_on(
    applier: &Applier,
    app: &Object,
    spec: &Spec,
    found: Found,
    mut state: OperationState,
    report: &mut Report,
) -> Result<Next, ClusterError> {
    let now = report.now;
    if let Some(at) = state.next_try() {
        if now < at {
            return Ok(Next::At(at));
        }
        state.finished_at = None;
        let result = state.result();
        result.resources.clear();
        found.origin.note(result);
    }
    let is_manual = !state
        .operation
        .initiated_by
        .as_ref()
        .is_some_and(|by| by.automated);
    let is_open = if is_manual {
        found.is_open.1
    } else {
        found.is_open.0
    };
    if !is_open && state.phase != OperationPhase::Terminating {
        "Sync operation blocked by sync window".clone_into(&mut state.message);
        report.operation(&state);
        return Ok(look_again(now));
    }
    let sync = state.operation.sync.clone().unwrap_or_default();
    let options = Options::new(spec.options()).and(&sync.sync_options);
    let suffix = suffix(found.origin.revision(), &state);
    let mut tasks = tasks(&found.comparison.resources, &sync, &options, &suffix);
    // Hooks that were named for this sync are not among what is compared.
    for task in tasks
        .iter_mut()
        .filter(|task| task.is_hook && task.live.is_none())
    {
        let is_made = state.of_task(&task.key, task.phase).is_some();
        if let Some(resource) = found.kinds.find(&task.gvk()).filter(|_| is_made) {
            let (namespace, name) = (task.key.namespace.as_str(), task.key.name.as_str());
            let namespace = Some(namespace).filter(|namespace| !namespace.is_empty());
            task.live = applier.cluster.get_any(resource, namespace, name).await?;
        }
    }
    let rules = Rules {
        kinds: &found.kinds,
        ignore: &found.ignore,
        options: &options,
        is_forced: sync.is_forced(),
        is_dry: sync.dry_run,
    };
    let reference = app.reference();
    let is_first = state.result().resources.is_empty() && state.phase == OperationPhase::Running;
    let shared = &found.comparison.shared;
    if is_first && options.has("FailOnSharedResource=true") && !shared.is_empty() {
        state.finish(OperationPhase::Failed, "Shared resource found", now);
        return Ok(end(&state, sync.dry_run, report));
    }
    if is_first && let Some(failure) = prepare(applier, spec, &tasks, &rules).await {
        state.finish(OperationPhase::Failed, failure, now);
        return Ok(end(&state, sync.dry_run, report));
    }
    let sealed_since = applier.memory().sealed_since.get(&reference).copied();
    // Nothing is ever pruned down to an empty render, whoever asks.
    let allows_empty = spec
        .automated()
        .is_some_and(|automated| automated.allow_empty);
    let prune = sync.prune && (!found.targets.objects.is_empty() || allows_empty);
    let view = View {
        tasks: &tasks,
        options: &options,
        app,
        prune,
        sealed_since,
        now,
    };
    let step = advance(&view, &mut state);
    if step.waits_for_sealed {
        applier
            .memory()
            .sealed_since
            .entry(reference)
            .or_insert(now);
    } else if state.phase.is_completed() {
        applier.memory().sealed_since.remove(&reference);
    }
    let has_applied = step
        .actions
        .iter()
        .any(|action| !matches!(action, Action::DeleteHook(_)));
    for action in step.actions {
        applier.act(action, &rules, &mut state).await;
    }
    let next = end(&state, sync.dry_run, report);
    Ok(match (has_applied, step.again) {
        // What was written is looked at at once.
        (true, _) if !state.phase.is_completed() => Next::At(now),
        (_, Some(at)) => Next::At(at),
        _ => next,
    })
}

/// Notes how far the sync is, and what its end brings.
fn end(state: &OperationState, is_dry: bool, report: &mut Report) -> Next {
    report.operation(state);
    if !state.phase.is_completed() {
        return state.next_try().map_or(Next::AwaitChange, Next::At);
    }
    let is_good = state.phase == OperationPhase::Succeeded;
    let sync = state.operation.sync.clone().unwrap_or_default();
    if is_good && !is_dry && sync.resources.is_empty() && sync.manifests.is_empty() {
        report.history(state);
    }
    let severity = if is_good {
        EventSeverity::Normal
    } else {
        EventSeverity::Warning
    };
    let revision = state
        .sync_result
        .as_ref()
        .map_or_else(String::new, |result| Origin::of(result).shown());
    let message = if is_good {
        format!("Sync operation to {revision} succeeded")
    } else {
        format!("Sync operation to {revision} failed: {}", state.message)
    };
    report.event(severity, "OperationCompleted", message);
    // The next pass sees what the sync has made of the cluster.
    Next::At(report.now)
}

/// Makes the namespace, then tries everything without keeping it; gives why the sync cannot begin.
async fn prepare(
    applier: &Applier,
    spec: &Spec,
    tasks: &[Task],
    rules: &Rules<'_>,
) -> Option<String> {
    let mut unknown: Vec<String> = Vec::new();
    let is_defined = |task: &Task| {
        tasks.iter().any(|other| {
            let text = |path: &[&str]| {
                let target = other.target.as_ref()?;
                target.at(path)?.as_str()
            };
            other.key.kind == "CustomResourceDefinition"
                && text(&["spec", "group"]) == Some(task.key.group.as_str())
                && text(&["spec", "names", "kind"]) == Some(task.key.kind.as_str())
        })
    };
    let mut tried = Vec::new();
    for task in tasks.iter().filter(|task| !task.is_prune()) {
        if rules.kinds.find(&task.gvk()).is_some() {
            tried.push(task);
            continue;
        }
        let is_skipped = task
            .target
            .as_ref()
            .is_some_and(|target| rules.options.is_on(target, "SkipDryRunOnMissingResource"));
        if !is_defined(task) && !is_skipped {
            unknown.push(format!(
                "The Kubernetes API could not find {}/{} for requested resource {}/{}. Make sure the \"{}\" CRD is installed on the destination cluster.",
                task.key.group, task.key.kind, task.key.namespace, task.key.name, task.key.kind
            ));
        }
    }
    unknown.dedup();
    if !unknown.is_empty() {
        return Some(format!(
            "one or more synchronization tasks are not valid due to application controller: {}",
            unknown.join(",")
        ));
    }
    if let Err(error) = namespace(applier, spec, tasks, rules).await {
        return Some(error);
    }
    // In a namespace that this sync makes nothing can be tried before; the one that everything goes into is there now.
    let is_made =
        |task: &Task| task.key.kind == "Namespace" && task.key.name == spec.destination.namespace;
    let is_placed = |task: &&Task| {
        !is_made(task)
            && !tasks.iter().any(|other| {
                let is_made =
                    other.live.is_none() && !other.is_prune() && other.key.kind == "Namespace";
                is_made
                    && other.key.name == task.key.namespace
                    && (rules.is_dry || other.key.name != spec.destination.namespace)
            })
    };
    let mut failed = Vec::new();
    for task in tried.into_iter().filter(is_placed) {
        if let Err(error) = applier.apply(task, rules, true).await {
            failed.push(format!("{error} (dry run)"));
        }
    }
    failed.sort_unstable();
    failed.dedup();
    (!failed.is_empty()).then(|| {
        format!(
            "one or more objects failed to apply (dry run), reason: {}",
            failed.join(",")
        )
    })
}

/// The namespace that everything goes into: real before anything is tried, or nothing could be.
async fn namespace(
    applier: &Applier,
    spec: &Spec,
    tasks: &[Task],
    rules: &Rules<'_>,
) -> Result<(), String> {
    let name = &spec.destination.namespace;
    if name.is_empty() || rules.is_dry {
        return Ok(());
    }
    let own = tasks
        .iter()
        .find(|task| task.key.kind == "Namespace" && task.key.name == *name && !task.is_prune());
    if let Some(task) = own {
        if task.live.is_none() {
            applier.apply(task, rules, false).await?;
        }
        return Ok(());
    }
    if !rules.options.has("CreateNamespace=true") {
        return Ok(());
    }
    let metadata = spec.namespace_metadata().cloned().unwrap_or_default();
    let made = Object::from_value(json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": name, "labels": metadata.labels, "annotations": metadata.annotations}}));
    let made = made.map_err(|error| error.to_string())?;
    match applier.cluster.create(&made).await {
        Ok(_) => return Ok(()),
        Err(error) if error.is_conflict() => {}
        Err(error) => return Err(error.to_string()),
    }
    let resource = rules.kinds.find(&made.gvk());
    let (Some(resource), Some(_)) = (resource, spec.namespace_metadata()) else {
        return Ok(());
    };
    // What others have put on it stays.
    let options = WriteOptions {
        manager: MANAGER,
        dry_run: false,
        strict: true,
    };
    let (at, whole) = (made.reference(), made.to_value());
    let applied = applier
        .cluster
        .patch_any(resource, &at, PatchForm::Apply, &whole, &options);
    applied.await.map(drop).map_err(|error| error.to_string())
}

fn suffix(revision: &str, state: &OperationState) -> String {
    let short = revision.get(..7).unwrap_or(revision);
    let began = state
        .started_at
        .parse::<Timestamp>()
        .map_or(0, Timestamp::as_second);
    format!("{short}-PHASE-{began}")
}
