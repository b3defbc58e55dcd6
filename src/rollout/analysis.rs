//! The AnalysisRuns of a Rollout: begun, heeded, ended and cleared away (upstream `rollout/analysis.go`).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    compose::{self, ComposeError, Hashes},
    condition,
    pass::{PAUSE_OF_ANALYSIS, Pass, is_filled},
    replica_set, revision,
};
use crate::{
    api::{
        analysis::{self, Phase, STEP_LABEL, TYPE_BACKGROUND, TYPE_LABEL, TYPE_STEP},
        rollout::{DEFAULT_RUN_HISTORY_LIMIT, HASH_LABEL, REVISION},
    },
    object::{Object, ObjectRef},
    plan::Effect,
};

/// Where the run beside the steps is noted in `status.canary`.
const BACKGROUND: &str = "currentBackgroundAnalysisRunStatus";
/// Where the run of a step is noted.
const STEP: &str = "currentStepAnalysisRunStatus";

/// The runs of a Rollout, sorted by what they are to it now.
#[derive(Default)]
pub struct Runs<'a> {
    /// The one beside the steps.
    pub background: Option<&'a Object>,
    /// The one of the current step.
    pub step: Option<&'a Object>,
    others: Vec<&'a Object>,
}

impl<'a> Runs<'a> {
    /// Finds the current runs by the names that the status has noted.
    pub fn of(pass: &Pass<'a>) -> Self {
        let mut runs = Self::default();
        let (background, step) = (noted(pass, BACKGROUND), noted(pass, STEP));
        for run in &pass.snapshot.runs {
            if Some(run.name()) == step {
                runs.step = Some(run);
            } else if Some(run.name()) == background {
                runs.background = Some(run);
            } else {
                runs.others.push(run);
            }
        }
        runs
    }
}

fn noted<'p>(pass: &'p Pass<'_>, field: &str) -> Option<&'p str> {
    let canary = pass.before.get("canary")?;
    canary.get(field)?.get("name")?.as_str()
}

/// Where a run stands; `None` before anybody has looked at it.
pub fn phase(run: &Object) -> Option<Phase> {
    Phase::parse(run.at(&["status", "phase"])?.as_str()?)
}

fn is_complete(run: &Object) -> bool {
    phase(run).is_some_and(Phase::is_complete)
}

/// What is wanted of a run now.
enum Wanted<'a> {
    /// None.
    Nothing,
    /// The one there is.
    Found(&'a Object),
    /// One that has just been asked for: its name.
    Made(String),
}

/// Begins the runs that are due, lets those that are over decide, and ends the others.
///
/// # Errors
/// A run that cannot be composed.
pub fn reconcile(pass: &mut Pass<'_>) -> Result<(), ComposeError> {
    let runs = Runs::of(pass);
    let is_back = pass.new_set.is_some_and(replica_set::has_deadline);
    if pass.is_aborted()
        || pass.flag("promoteFull")
        || is_back
        || pass.text("stableRS").is_empty()
        || revision::is_within_window(pass)
    {
        let current = [runs.background, runs.step].into_iter().flatten();
        for run in current.chain(runs.others.iter().copied()) {
            end(pass, run);
        }
        // Only the pass that aborts still shows why: a retry must not meet the run that ended what it retries.
        let is_aborting = pass.is_aborted() && !pass.flag("abort");
        for (field, run) in [(BACKGROUND, runs.background), (STEP, runs.step)] {
            note(pass, field, &found(run.filter(|_| is_aborting)));
        }
        return Ok(());
    }
    let step = of_step(pass, &runs)?;
    let background = of_background(pass, &runs)?;
    tell(pass, STEP, "Step", &step);
    tell(pass, BACKGROUND, TYPE_BACKGROUND, &background);
    note(pass, STEP, &step);
    note(pass, BACKGROUND, &background);
    let kept = [&step, &background].map(|wanted| match wanted {
        Wanted::Nothing => String::new(),
        Wanted::Found(run) => run.name().to_owned(),
        Wanted::Made(name) => name.clone(),
    });
    let others: Vec<&Object> = runs
        .others
        .into_iter()
        .filter(|run| !kept.iter().any(|name| name == run.name()))
        .collect();
    for run in &others {
        end(pass, run);
    }
    forget(pass, others);
    Ok(())
}

fn found(run: Option<&Object>) -> Wanted<'_> {
    run.map_or(Wanted::Nothing, Wanted::Found)
}

/// The run beside the steps.
fn of_background<'a>(pass: &mut Pass<'a>, runs: &Runs<'a>) -> Result<Wanted<'a>, ComposeError> {
    let current = runs.background;
    let Some(wanted) = pass.canary.analysis.clone() else {
        end_all(pass, current);
        return Ok(Wanted::Nothing);
    };
    if wanted.templates.is_empty() {
        end_all(pass, current);
        return Ok(Wanted::Nothing);
    }
    let is_early = match (wanted.starting_step, pass.index()) {
        (Some(from), Some(index)) => i64::try_from(index).is_ok_and(|index| index < from),
        _ => false,
    };
    if pass.is_promoted() || pass.text("currentPodHash").is_empty() || is_early {
        return Ok(Wanted::Nothing);
    }
    if pass.pause(PAUSE_OF_ANALYSIS).is_some() {
        return Ok(found(current));
    }
    match current {
        Some(run) if !is_used_up(pass, run) => {
            heed(pass, run, "Background");
            Ok(Wanted::Found(run))
        }
        _ => begin(pass, &["analysis"], None),
    }
}

/// The run of the current step, if that is an analysis.
fn of_step<'a>(pass: &mut Pass<'a>, runs: &Runs<'a>) -> Result<Wanted<'a>, ComposeError> {
    let current = runs.step;
    if is_filled(pass.before.get("pauseConditions")) || pass.flag("abort") {
        return Ok(found(current));
    }
    let index = pass.index().map(|index| index.to_string());
    let is_of_other = |run: &Object| run.label(STEP_LABEL) != index.as_deref();
    let is_analysis = pass
        .step()
        .and_then(|step| step.analysis.as_ref())
        .is_some_and(|analysis| !analysis.templates.is_empty());
    let (Some(index), true, false) = (&index, is_analysis, current.is_some_and(is_of_other)) else {
        end_all(pass, current);
        return Ok(Wanted::Nothing);
    };
    match current {
        Some(run) if !is_used_up(pass, run) => {
            heed(pass, run, "Step-based");
            Ok(Wanted::Found(run))
        }
        _ => begin(pass, &["steps", index, "analysis"], Some(index)),
    }
}

/// Whether a run has told what it had to: after a pause that it caused, and after a retry, there must be another.
fn is_used_up(pass: &Pass<'_>, run: &Object) -> bool {
    if pass.flag("controllerPause") && pass.pause(super::pass::PAUSE_OF_STEP).is_none() {
        return phase(run) == Some(Phase::Inconclusive);
    }
    pass.before
        .get("abortedAt")
        .is_some_and(|since| !since.is_null())
}

/// Lets a run decide that is over.
fn heed(pass: &mut Pass<'_>, run: &Object, kind: &str) {
    match phase(run) {
        Some(Phase::Inconclusive) => pass.pauses.push(PAUSE_OF_ANALYSIS),
        Some(Phase::Error | Phase::Failed) => {
            let mut why = format!("{kind} analysis phase error/failed");
            let message = message(run);
            if !message.is_empty() {
                why = format!("{why}: {message}");
            }
            pass.abort = Some(why);
        }
        _ => {}
    }
}

fn message(run: &Object) -> &str {
    let text = run.at(&["status", "message"]).and_then(Value::as_str);
    text.unwrap_or_default()
}

fn end_all(pass: &mut Pass<'_>, run: Option<&Object>) {
    if let Some(run) = run {
        end(pass, run);
    }
}

/// Asks a run to stop measuring.
fn end(pass: &mut Pass<'_>, run: &Object) {
    if !is_ending(run) && !is_complete(run) {
        pass.patch(run, json!({"spec": {"terminate": true}}));
    }
}

fn is_ending(run: &Object) -> bool {
    run.at(&["spec", "terminate"]) == Some(&Value::Bool(true))
}

/// Asks for a run, or takes the one that an earlier pass has made.
fn begin<'a>(
    pass: &mut Pass<'a>,
    path: &[&str],
    step: Option<&str>,
) -> Result<Wanted<'a>, ComposeError> {
    let rollout = pass.rollout();
    let spec = composed(pass, path)?;
    let mut base = format!("{}-{}-{}", rollout.name(), pass.hash, pass.revision());
    if let Some(step) = step {
        base = format!("{base}-{step}");
    }
    let names = std::iter::once(base.clone()).chain((1_u32..).map(|n| format!("{base}.{n}")));
    for name in names {
        let known = pass.snapshot.runs.iter().find(|run| run.name() == name);
        let Some(known) = known else {
            let target = ObjectRef::new(analysis::run_gvk(), rollout.namespace(), &name);
            if pass.snapshot.object(&target).is_some() {
                // Somebody else's.
                continue;
            }
            let run = made(pass, &name, path, step, spec);
            pass.effects.push(Effect::Create(run));
            return Ok(Wanted::Made(name));
        };
        let is_equal = ["metrics", "args"]
            .iter()
            .all(|part| known.at(&["spec", part]) == spec.get(*part));
        if is_equal && !is_complete(known) && !is_ending(known) {
            return Ok(Wanted::Found(known));
        }
    }
    Ok(Wanted::Nothing)
}

/// The `spec` of the run of an analysis of the strategy.
fn composed(pass: &Pass<'_>, path: &[&str]) -> Result<Value, ComposeError> {
    let stable = pass.stable_set.map_or("", replica_set::hash_of);
    let hashes = Hashes {
        stable,
        latest: &pass.hash,
    };
    compose_at(&pass.snapshot.rollout, &pass.snapshot.objects, path, hashes)
}

/// The `spec` of the run that an analysis at a place of the strategy asks for.
///
/// # Errors
/// [`ComposeError`].
pub fn compose_at(
    rollout: &Object,
    found: &compose::Found,
    path: &[&str],
    hashes: Hashes<'_>,
) -> Result<Value, ComposeError> {
    let wanted = at(rollout, path).unwrap_or(&Value::Null);
    let list = |name: &str| {
        let list = wanted.get(name).and_then(Value::as_array);
        list.map(Vec::as_slice).unwrap_or_default()
    };
    let templates = compose::templates(list("templates"), rollout.namespace(), found)?;
    compose::run_spec(
        &templates,
        list("args"),
        rollout,
        hashes,
        list("dryRun"),
        list("measurementRetention"),
    )
}

/// A place in the strategy; numbers are indexes.
pub fn at<'r>(rollout: &'r Object, path: &[&str]) -> Option<&'r Value> {
    let canary = rollout.at(&["spec", "strategy", "canary"])?;
    path.iter().try_fold(canary, |value, part| match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        value => value.get(part),
    })
}

fn made(pass: &Pass<'_>, name: &str, path: &[&str], step: Option<&str>, spec: Value) -> Object {
    let rollout = pass.rollout();
    let kind = if step.is_some() {
        TYPE_STEP
    } else {
        TYPE_BACKGROUND
    };
    let mut labels = Map::new();
    labels.insert(HASH_LABEL.into(), pass.hash.clone().into());
    labels.insert(TYPE_LABEL.into(), kind.into());
    if let Some(step) = step {
        labels.insert(STEP_LABEL.into(), step.into());
    }
    let mut annotations = Map::new();
    annotations.insert(REVISION.into(), pass.revision().to_string().into());
    let more = at(rollout, path).and_then(|wanted| wanted.get("analysisRunMetadata"));
    let maps = [("labels", &mut labels), ("annotations", &mut annotations)];
    for (field, map) in maps {
        let given = more.and_then(|more| more.get(field)?.as_object());
        map.extend(given.cloned().into_iter().flatten());
    }
    let selector = pass.snapshot.selector();
    let selected = selector.get("matchLabels").and_then(Value::as_object);
    labels.extend(selected.cloned().into_iter().flatten());
    let mut run = rollout.clone();
    run.as_map_mut().clear();
    run.set(&["apiVersion"], analysis::run_gvk().api_version().into());
    run.set(&["kind"], analysis::run_gvk().kind.into());
    run.set(
        &["metadata"],
        json!({"name": name, "namespace": rollout.namespace(), "labels": labels,
            "annotations": annotations, "ownerReferences": [revision::owned_by(rollout)]}),
    );
    run.set(&["spec"], spec);
    run
}

/// Notes a run in the status.
fn note(pass: &mut Pass<'_>, field: &str, wanted: &Wanted<'_>) {
    let status = match wanted {
        Wanted::Nothing => None,
        Wanted::Made(name) => Some(json!({"name": name, "status": ""})),
        Wanted::Found(run) => {
            let phase = phase(run).map_or("", Phase::as_str);
            let mut status = json!({"name": run.name(), "status": phase});
            if let (text, Some(status)) = (message(run), status.as_object_mut())
                && !text.is_empty()
            {
                status.insert("message".into(), text.into());
            }
            Some(status)
        }
    };
    pass.put_canary(field, status);
}

/// Tells when a run stands elsewhere than before.
fn tell(pass: &mut Pass<'_>, field: &str, kind: &str, wanted: &Wanted<'_>) {
    let Wanted::Found(run) = wanted else {
        return;
    };
    let Some(phase) = phase(run) else {
        return;
    };
    let before = pass
        .before
        .get("canary")
        .and_then(|canary| canary.get(field));
    let (name, status) = before.map_or(("", "NoPreviousStatus"), |before| {
        (
            condition::text(before, "name"),
            condition::text(before, "status"),
        )
    });
    if before.is_some() && (name != run.name() || status == phase.as_str()) {
        return;
    }
    let text = format!(
        "{kind} Analysis Run '{}' Status New: '{}' Previous: '{status}'",
        run.name(),
        phase.as_str()
    );
    let reason = format!("AnalysisRun{}", phase.as_str());
    if matches!(phase, Phase::Failed | Phase::Error) {
        pass.warn(&reason, text);
    } else {
        pass.event(&reason, text);
    }
}

/// Removes runs without a ReplicaSet, and the oldest that are over beyond the limits of the history.
fn forget(pass: &mut Pass<'_>, mut others: Vec<&Object>) {
    let history = pass.spec.analysis.clone().unwrap_or_default();
    let limit = |limit: Option<usize>| limit.unwrap_or(DEFAULT_RUN_HISTORY_LIMIT);
    let mut good = limit(history.successful_run_history_limit);
    let mut bad = limit(history.unsuccessful_run_history_limit);
    let standing: BTreeSet<&str> = pass
        .sets()
        .filter(|set| !replica_set::is_going(set))
        .map(replica_set::hash_of)
        .collect();
    others.sort_by_key(|run| (replica_set::made_at(run), run.name()));
    for run in others.into_iter().rev() {
        let is_of_set = run
            .label(HASH_LABEL)
            .is_some_and(|hash| standing.contains(hash));
        let left = match phase(run) {
            Some(Phase::Successful) => Some(&mut good),
            Some(Phase::Failed | Phase::Error | Phase::Inconclusive) => Some(&mut bad),
            _ => None,
        };
        let is_kept = is_of_set
            && left.is_none_or(|left| {
                let is_kept = *left > 0;
                *left = left.saturating_sub(1);
                is_kept
            });
        if !is_kept && !replica_set::is_going(run) {
            pass.delete(run);
        }
    }
}

/// Removes the runs of a ReplicaSet that goes.
pub fn forget_of(pass: &mut Pass<'_>, set: &Object) {
    let hash = replica_set::hash_of(set);
    let runs: Vec<&Object> = Runs::of(pass)
        .others
        .into_iter()
        .filter(|run| run.label(HASH_LABEL) == Some(hash) && !replica_set::is_going(run))
        .collect();
    for run in runs {
        pass.delete(run);
    }
}
