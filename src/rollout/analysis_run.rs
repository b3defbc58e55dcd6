//! What an AnalysisRun needs next: measurements first, then a status (upstream `analysis/analysis.go`).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{analysis_outcome, argument, metric};
use crate::{
    api::{
        analysis::{ERROR_INTERVAL_SECONDS, Metric, Phase, go_seconds},
        analysis_status::{MetricResult, RunStatus, Stamp},
        base64,
        exchange::{Call, Reply},
    },
    object::{Gvk, Object, ObjectRef, patch::merge},
    plan::{Effect, Event, EventSeverity, Next, Plan, Precondition},
    secret::Hidden,
};

/// What stands in the place of a secret value while metrics are only looked at.
const PLACEHOLDER: &str = "temp-for-secret";
/// What is shown in the place of a secret value.
const MASK: &str = "*****";

/// All that was read for one AnalysisRun.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The run.
    pub run: Object,
    /// The Secrets that [`needs`] asked for, as found.
    pub secrets: BTreeMap<ObjectRef, Option<Object>>,
    /// What came of the measurements that the last decision asked for.
    pub taken: Vec<Taken>,
    /// What the operator has set for all metrics.
    pub settings: metric::Settings,
}

/// A measurement to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The name of the metric.
    pub metric: String,
    /// What is to be sent, or why nothing can be.
    pub call: Result<Call, String>,
}

/// A measurement made: what came back, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// The name of the metric.
    pub metric: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// The reply, or why there is none.
    pub reply: Result<Reply, String>,
}

/// What a decision comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Measures these, all at once, and decides again with what came of them.
    Measure(Vec<Task>),
    /// Does this.
    Apply(Plan),
}

/// The Secrets that the arguments of a run name.
pub fn needs(run: &Object) -> Vec<ObjectRef> {
    let mut named: Vec<ObjectRef> = args(run)
        .iter()
        .filter_map(|arg| secret_ref(arg, run))
        .map(|(target, _)| target)
        .collect();
    named.sort();
    named.dedup();
    named
}

/// Decides what is to be done now. The same snapshot and instant give the same decision; a wrong spec ends the run
/// with an error.
pub fn decide(snapshot: &Snapshot, now: Timestamp) -> Decision {
    let run = &snapshot.run;
    if run.at(&["metadata", "deletionTimestamp"]).is_some() {
        return Decision::Apply(Plan::default());
    }
    let before = status_of(run);
    if before.phase.is_some_and(Phase::is_complete) {
        return Decision::Apply(forget(run, &before, now));
    }
    let work = match Work::of(snapshot) {
        Ok(work) => work,
        Err(message) => return Decision::Apply(invalid(run, before, message)),
    };
    let is_terminating = work.is_terminating(&before);
    if snapshot.taken.is_empty() && !is_terminating {
        let due: Vec<Task> = work
            .metrics
            .iter()
            .filter(|metric| {
                next_of(&before, metric.looked_at(), now).is_some_and(|next| next <= now)
            })
            .map(|metric| Task {
                metric: metric.looked_at().name.clone(),
                call: metric::call(&metric.filled, &snapshot.settings, now),
            })
            .collect();
        if !due.is_empty() {
            return Decision::Measure(due);
        }
    }
    let mut pass = analysis_outcome::Pass::new(run, before.clone(), is_terminating, now);
    for taken in &snapshot.taken {
        if let Some(metric) = work.named(&taken.metric) {
            pass.record(metric, taken, &work.masks);
        }
    }
    pass.assess(&work);
    pass.trim(&work);
    let (status, events) = pass.into_status();
    let next = if status.phase.is_some_and(Phase::is_complete) {
        forget(run, &status, now).next
    } else if !is_terminating && work.is_terminating(&status) {
        // What this ends is ended by the next pass, as upstream.
        Next::At(now)
    } else {
        earliest(&status, &work, now)
    };
    Decision::Apply(plan(run, &before_of(run), &status, events, next))
}

/// The metrics of a run with all that their rules say.
pub struct Work {
    /// In the order of the spec.
    pub metrics: Vec<Planned>,
    /// Secret values, which must not be shown.
    pub masks: Vec<Hidden<String>>,
    /// Whether somebody has told the run to end.
    pub is_told_to_end: bool,
}

/// One metric with its arguments filled in.
pub struct Planned {
    /// With placeholders for secrets.
    looked_at: Metric,
    /// With everything, for the provider.
    pub filled: Metric,
    /// Whether it is only tried.
    pub is_dry: bool,
    /// How many measurements are kept, where a rule says so.
    pub retention: Option<usize>,
}

impl Planned {
    /// The metric, safe to be shown.
    pub fn looked_at(&self) -> &Metric {
        &self.looked_at
    }
}

impl Work {
    fn of(snapshot: &Snapshot) -> Result<Self, String> {
        let run = &snapshot.run;
        let unresolved = |error| format!("Unable to resolve metric arguments: {error}");
        let invalid = |error| format!("Analysis spec invalid: {error}");
        let spec = |field: &str| {
            let list = run.at(&["spec", field]).and_then(Value::as_array);
            list.map(Vec::as_slice).unwrap_or_default()
        };
        let values = plain_values(args(run)).map_err(unresolved)?;
        let looked_at = filled(spec("metrics"), &values).map_err(unresolved)?;
        metric::check(&looked_at).map_err(invalid)?;
        let dry = metric::matching(spec("dryRun"), "dryRun", &looked_at).map_err(invalid)?;
        let kept = metric::matching(
            spec("measurementRetention"),
            "measurementRetention",
            &looked_at,
        )
        .map_err(invalid)?;
        let (values, masks) = secret_values(snapshot, values).map_err(unresolved)?;
        let whole = filled(spec("metrics"), &values).map_err(unresolved)?;
        let metrics = looked_at
            .into_iter()
            .zip(whole)
            .map(|(looked_at, filled)| {
                let limit = kept.get(&looked_at.name).and_then(|rule| rule.get("limit"));
                Planned {
                    is_dry: dry.contains_key(&looked_at.name),
                    retention: limit
                        .and_then(Value::as_u64)
                        .and_then(|limit| usize::try_from(limit).ok())
                        .filter(|limit| *limit > 0),
                    looked_at,
                    filled,
                }
            })
            .collect();
        Ok(Self {
            metrics,
            masks,
            is_told_to_end: run.at(&["spec", "terminate"]) == Some(&Value::Bool(true)),
        })
    }

    fn named(&self, name: &str) -> Option<&Planned> {
        self.metrics
            .iter()
            .find(|metric| metric.looked_at.name == name)
    }

    /// Whether nothing more is measured: somebody has said so, or a metric that counts has ended badly.
    fn is_terminating(&self, status: &RunStatus) -> bool {
        let is_bad = |result: &MetricResult| {
            !result.dry_run
                && matches!(
                    result.phase,
                    Phase::Failed | Phase::Error | Phase::Inconclusive
                )
        };
        self.is_told_to_end || status.metric_results.iter().any(is_bad)
    }
}

/// When a metric is measured next; `None` for never again, or not before something else happens.
fn next_of(status: &RunStatus, metric: &Metric, now: Timestamp) -> Option<Timestamp> {
    let result = status.result(&metric.name);
    if result.is_some_and(|result| result.phase.is_complete()) {
        return None;
    }
    let Some((result, last)) = result.and_then(|result| Some((result, result.last()?))) else {
        let Some(delay) = metric.initial_delay() else {
            return Some(now);
        };
        let started = status.started_at?;
        return go_seconds(delay).map(|delay| started.after(delay));
    };
    let Some(finished) = last.finished_at else {
        return last.resume_at.map(Stamp::instant);
    };
    if metric
        .effective_count()
        .is_some_and(|count| result.tally.count >= count)
    {
        return None;
    }
    let interval = match (last.phase, metric.interval()) {
        (Phase::Error, _) => ERROR_INTERVAL_SECONDS,
        (_, Some(interval)) => go_seconds(interval)?,
        (_, None) => return None,
    };
    Some(finished.after(interval))
}

fn earliest(status: &RunStatus, work: &Work, now: Timestamp) -> Next {
    work.metrics
        .iter()
        .filter_map(|metric| next_of(status, &metric.looked_at, now))
        .min()
        .map_or(Next::AwaitChange, Next::At)
}

/// The status of a run; one that cannot be read counts as none.
pub fn status_of(run: &Object) -> RunStatus {
    serde_json::from_value(before_of(run)).unwrap_or_default()
}

fn before_of(run: &Object) -> Value {
    run.at(&["status"]).cloned().unwrap_or_else(|| json!({}))
}

/// A run whose spec is wrong ends at once; it has no times, as upstream.
fn invalid(run: &Object, before: RunStatus, message: String) -> Plan {
    let status = RunStatus {
        phase: Some(Phase::Error),
        message,
        ..before
    };
    let events = vec![analysis_outcome::completion(run, Phase::Error)];
    plan(run, &before_of(run), &status, events, Next::AwaitChange)
}

/// Writes a status by a patch of the object itself: the kind has no status of its own on the server.
fn plan(run: &Object, before: &Value, status: &RunStatus, events: Vec<Event>, next: Next) -> Plan {
    // Maps with text keys and plain values always become JSON.
    let after = serde_json::to_value(status).unwrap_or_default();
    let patch = merge::create(before, &after);
    let mut effects = Vec::new();
    if patch.as_object().is_some_and(|patch| !patch.is_empty()) {
        effects.push(Effect::Patch {
            target: run.reference(),
            patch: json!({"status": patch}),
            precondition: Precondition {
                uid: run.uid().map(str::to_owned),
                resource_version: None,
            },
        });
    }
    effects.extend(events.into_iter().map(Effect::Event));
    Plan {
        effects,
        status: None,
        next,
    }
}

/// Deletes a finished run when its time is over.
fn forget(run: &Object, status: &RunStatus, now: Timestamp) -> Plan {
    let Some(completed) = status.completed_at else {
        return Plan::default();
    };
    let seconds = |field: &str| {
        run.at(&["spec", "ttlStrategy", field])
            .and_then(Value::as_i64)
    };
    let own = match status.phase {
        Some(Phase::Successful) => seconds("secondsAfterSuccess"),
        Some(Phase::Failed) => seconds("secondsAfterFailure"),
        _ => None,
    };
    let Some(seconds) = own.or_else(|| seconds("secondsAfterCompletion")) else {
        return Plan::default();
    };
    // Whole seconds must be more than the limit.
    let end = completed
        .instant()
        .checked_add(SignedDuration::from_secs(seconds.saturating_add(1)))
        .unwrap_or(Timestamp::MAX);
    if now < end {
        return Plan {
            next: Next::At(end),
            ..Plan::default()
        };
    }
    Plan {
        effects: vec![Effect::Delete {
            target: run.reference(),
            precondition: Precondition {
                uid: run.uid().map(str::to_owned),
                resource_version: None,
            },
        }],
        ..Plan::default()
    }
}

fn args(run: &Object) -> &[Value] {
    let args = run.at(&["spec", "args"]).and_then(Value::as_array);
    args.map(Vec::as_slice).unwrap_or_default()
}

/// The Secret and the key that an argument takes its value from.
fn secret_ref(arg: &Value, run: &Object) -> Option<(ObjectRef, String)> {
    let from = arg.get("valueFrom")?.get("secretKeyRef")?;
    let text = |field: &str| from.get(field).and_then(Value::as_str).unwrap_or_default();
    let secret = Gvk::new("", "v1", "Secret");
    let target = ObjectRef::new(secret, run.namespace(), text("name"));
    Some((target, text("key").to_owned()))
}

/// Values by name, with placeholders for secrets.
fn plain_values(args: &[Value]) -> Result<BTreeMap<String, String>, String> {
    let mut values = BTreeMap::new();
    for arg in args {
        let name = arg.get("name").and_then(Value::as_str).unwrap_or_default();
        let is_secret = arg.pointer("/valueFrom/secretKeyRef").is_some();
        let value = match arg.get("value").and_then(Value::as_str) {
            _ if is_secret => PLACEHOLDER,
            Some(value) => value,
            None => return Err(format!("argument \"{name}\" was not supplied")),
        };
        values.insert(name.to_owned(), value.to_owned());
    }
    Ok(values)
}

/// Values of arguments, and those among them that are never shown.
type Resolved = (BTreeMap<String, String>, Vec<Hidden<String>>);

/// Puts the values of secrets in, and gives them by themselves too.
fn secret_values(
    snapshot: &Snapshot,
    mut values: BTreeMap<String, String>,
) -> Result<Resolved, String> {
    let mut masks = Vec::new();
    for arg in args(&snapshot.run) {
        let Some((target, key)) = secret_ref(arg, &snapshot.run) else {
            continue;
        };
        let name = &target.name;
        let secret = snapshot.secrets.get(&target).and_then(Option::as_ref);
        let secret = secret.ok_or_else(|| format!("secrets \"{name}\" not found"))?;
        let value = secret
            .at(&["data", &key])
            .and_then(Value::as_str)
            .and_then(|text| base64::decode(text).ok())
            .ok_or_else(|| format!("key '{key}' does not exist in secret '{name}'"))?;
        let value = String::from_utf8_lossy(&value).into_owned();
        if !value.is_empty() {
            masks.push(Hidden::new(value.clone()));
        }
        let arg = arg.get("name").and_then(Value::as_str).unwrap_or_default();
        values.insert(arg.to_owned(), value);
    }
    // A value that holds another one is masked as a whole.
    masks.sort_by_key(|mask| std::cmp::Reverse(mask.expose().len()));
    Ok((values, masks))
}

/// Metrics with values in the place of arguments.
fn filled(metrics: &[Value], values: &BTreeMap<String, String>) -> Result<Vec<Metric>, String> {
    let fill = |metric: &Value| {
        let mut metric = metric.clone();
        argument::substitute(&mut metric, values)?;
        serde_json::from_value(metric).map_err(|error| error.to_string())
    };
    metrics.iter().map(fill).collect()
}

/// A text without the values of secrets.
pub(super) fn masked(text: &str, masks: &[Hidden<String>]) -> String {
    masks.iter().fold(text.to_owned(), |text, secret| {
        text.replace(secret.expose().as_str(), MASK)
    })
}

/// An event about a run.
pub(super) fn event(run: &Object, is_warning: bool, reason: String, message: String) -> Event {
    Event {
        regarding: run.clone(),
        severity: if is_warning {
            EventSeverity::Warning
        } else {
            EventSeverity::Normal
        },
        reason,
        message,
    }
}

#[cfg(test)]
mod rule_tests;
#[cfg(test)]
mod tests;
