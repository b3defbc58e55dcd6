//! From measurements to the status of a run (upstream `analysis/analysis.go`, `assessRunStatus`).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    analysis_run::{Planned, Taken, Work, event, masked},
    metric,
    run::{assess, count, passed_limit},
};
use crate::{
    api::{
        analysis::{DEFAULT_RETENTION, Phase},
        analysis_status::{
            Measurement, MetricResult, NO_DATA, RESOLVED_QUERY, RunStatus, Stamp, Summary, Tally,
        },
    },
    object::Object,
    plan::Event,
    secret::Hidden,
};

/// After how many measurements without data people are told.
pub const NO_DATA_AFTER: i64 = 3;

/// One pass over a run.
pub struct Pass<'a> {
    run: &'a Object,
    status: RunStatus,
    is_terminating: bool,
    now: Timestamp,
    events: Vec<Event>,
}

impl<'a> Pass<'a> {
    pub fn new(run: &'a Object, status: RunStatus, is_terminating: bool, now: Timestamp) -> Self {
        Self {
            run,
            status,
            is_terminating,
            now,
            events: Vec::new(),
        }
    }

    /// The status, and what people are told.
    pub fn into_status(self) -> (RunStatus, Vec<Event>) {
        (self.status, self.events)
    }

    /// Adds a measurement to its metric.
    pub fn record(&mut self, planned: &Planned, taken: &Taken, masks: &[Hidden<String>]) {
        let name = &planned.looked_at().name;
        let measured = metric::measure(&planned.filled, &taken.reply, taken.finished);
        if self.status.result(name).is_none() {
            let metadata = metric::metadata(&planned.filled);
            self.status.metric_results.push(MetricResult {
                name: name.clone(),
                phase: Phase::Running,
                measurements: Vec::new(),
                message: String::new(),
                tally: Tally::default(),
                dry_run: planned.is_dry,
                metadata: metadata
                    .into_iter()
                    .map(|(key, value)| (key, masked(&value, masks)))
                    .collect(),
            });
        }
        let Some(result) = self.status.result_mut(name) else {
            return;
        };
        let is_first_answer = result.tally.count == 0;
        match measured.has_data {
            Some(true) => {
                result.metadata.remove(NO_DATA);
            }
            Some(false) if is_first_answer => {
                result
                    .metadata
                    .insert(NO_DATA.to_owned(), "true".to_owned());
            }
            _ => {}
        }
        count(&mut result.tally, measured.phase);
        result.measurements.push(Measurement {
            phase: measured.phase,
            message: masked(&measured.message, masks),
            started_at: Some(Stamp::of(taken.started)),
            finished_at: Some(Stamp::of(taken.finished)),
            value: measured.value,
            metadata: measured
                .metadata
                .into_iter()
                .map(|(key, value)| (key, masked(&value, masks)))
                .collect(),
            resume_at: None,
        });
        if result.tally.count + result.tally.error == NO_DATA_AFTER && result.saw_no_data() {
            let result = result.clone();
            self.tell_no_data(&result);
        }
    }

    /// Judges each metric, then the run.
    pub fn assess(&mut self, work: &Work) {
        if self.status.started_at.is_none() {
            self.status.started_at = Some(Stamp::of(self.now));
        }
        let mut worst: Option<Phase> = None;
        let mut message = if work.is_told_to_end {
            "Run Terminated".to_owned()
        } else {
            String::new()
        };
        let (mut counted, mut tried) = (Summary::default(), Summary::default());
        let mut is_all_complete = true;
        for planned in &work.metrics {
            let summary = if planned.is_dry {
                &mut tried
            } else {
                &mut counted
            };
            summary.count += 1;
            let Some(result) = self.assess_metric(planned) else {
                is_all_complete = false;
                continue;
            };
            if !result.phase.is_complete() {
                is_all_complete = false;
                continue;
            }
            let limit = passed_limit(planned.looked_at(), result.tally);
            add(summary, limit.as_ref().map(|verdict| verdict.phase));
            if planned.is_dry {
                worst = worst.or(Some(Phase::Successful));
                if let (Some(limit), Some(own)) = (limit, self.status.result_mut(&result.name)) {
                    own.message = format!(
                        "Metric assessed {} due to {}",
                        result.phase.as_str(),
                        limit.reason
                    );
                }
            } else if worst.is_none_or(|worst| worst.worse(result.phase) != worst) {
                worst = Some(result.phase);
                if let Some(limit) = limit {
                    message = format!(
                        "Metric \"{}\" assessed {} due to {}",
                        result.name,
                        result.phase.as_str(),
                        limit.reason
                    );
                    if !result.message.is_empty() {
                        message.push_str(&format!(": \"Error Message: {}\"", result.message));
                    }
                }
            }
        }
        self.status.run_summary = counted;
        self.status.dry_run_summary = Some(tried);
        let (phase, message) = match (self.is_terminating, worst) {
            (true, worst) => (worst.unwrap_or(Phase::Successful), message),
            (false, Some(worst)) if is_all_complete => (worst, message),
            (false, _) => (Phase::Running, String::new()),
        };
        self.reach(phase, message);
    }

    fn reach(&mut self, phase: Phase, message: String) {
        if self.status.phase == Some(phase) {
            return;
        }
        self.status.phase = Some(phase);
        self.status.message = message;
        if !phase.is_complete() {
            return;
        }
        self.events.push(completion(self.run, phase));
        self.status.completed_at = self.status.completed_at.or(Some(Stamp::of(self.now)));
        let unseen: Vec<MetricResult> = self
            .status
            .metric_results
            .iter()
            .filter(|result| {
                result.saw_no_data() && result.tally.count + result.tally.error < NO_DATA_AFTER
            })
            .cloned()
            .collect();
        for result in unseen {
            self.tell_no_data(&result);
        }
    }

    /// The result of a metric as it stands now; `None` if it was never measured.
    fn assess_metric(&mut self, planned: &Planned) -> Option<MetricResult> {
        let metric = planned.looked_at();
        let is_terminating = self.is_terminating;
        let result = self.status.result_mut(&metric.name)?;
        let phase = if result.phase.is_complete() {
            result.phase
        } else if result.last().is_some_and(|last| !last.phase.is_complete()) {
            Phase::Running
        } else {
            assess(metric, result.tally, is_terminating)
        };
        if phase != result.phase {
            if phase.is_complete() {
                self.events.push(event(
                    self.run,
                    matches!(phase, Phase::Error | Phase::Failed),
                    format!("Metric{}", phase.as_str()),
                    format!(
                        "Metric '{}' Completed. Result: {}",
                        metric.name,
                        phase.as_str()
                    ),
                ));
            }
            if let Some(last) = result.measurements.last() {
                result.message.clone_from(&last.message);
            }
            result.phase = phase;
        }
        Some(result.clone())
    }

    /// Keeps the latest measurements only.
    pub fn trim(&mut self, work: &Work) {
        for planned in &work.metrics {
            let limit = planned.retention.unwrap_or(DEFAULT_RETENTION);
            let Some(result) = self.status.result_mut(&planned.looked_at().name) else {
                continue;
            };
            let surplus = result.measurements.len().saturating_sub(limit);
            result.measurements.drain(..surplus);
        }
    }

    /// A metric that never saw data judges nothing: the run and its Rollout say so.
    fn tell_no_data(&mut self, result: &MetricResult) {
        let query = result.metadata.get(RESOLVED_QUERY);
        let query = query.map_or("", |query| query.trim());
        let number = result.tally.count + result.tally.error;
        let times = if number == 1 {
            "measurement"
        } else {
            "measurements"
        };
        let message = format!(
            "Metric '{}' saw no data in {number} {times}: {query}",
            result.name
        );
        let mut told = vec![self.run.clone()];
        told.extend(owner(self.run));
        for regarding in told {
            let reason = "AnalysisNoData".to_owned();
            self.events
                .push(event(&regarding, true, reason, message.clone()));
        }
    }
}

fn add(summary: &mut Summary, limit: Option<Phase>) {
    match limit {
        Some(Phase::Error) => summary.error += 1,
        Some(Phase::Failed) => summary.failed += 1,
        Some(Phase::Inconclusive) => summary.inconclusive += 1,
        _ => summary.successful += 1,
    }
}

/// What people are told when a run has ended.
pub fn completion(run: &Object, phase: Phase) -> Event {
    event(
        run,
        matches!(phase, Phase::Error | Phase::Failed),
        format!("AnalysisRun{}", phase.as_str()),
        format!("Analysis Completed. Result: {}", phase.as_str()),
    )
}

/// The Rollout that controls a run, as far as an event needs it.
fn owner(run: &Object) -> Option<Object> {
    let owners = run.at(&["metadata", "ownerReferences"])?.as_array()?;
    let owner = owners
        .iter()
        .find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))?;
    Object::from_value(json!({
        "apiVersion": owner.get("apiVersion"),
        "kind": owner.get("kind"),
        "metadata": {
            "name": owner.get("name"), "uid": owner.get("uid"), "namespace": run.namespace(),
        },
    }))
    .ok()
}
