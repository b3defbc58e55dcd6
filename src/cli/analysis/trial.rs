//! An AnalysisRun played without a cluster: the controller's decisions, applied to an object in memory.

use std::collections::BTreeMap;

use futures::future;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    api::{
        analysis::{Metric, Phase},
        analysis_status::{Measurement, RunStatus},
    },
    cli::Failure,
    clock::Clock,
    controller::analysis_run::{ask, measure},
    object::{Object, ObjectRef, patch::merge},
    plan::{Effect, Next},
    rollout::{
        analysis_run::{self, Decision, Snapshot, Task},
        metric,
    },
    web::Web,
};

/// Clocks that differ by less are taken for the same.
const CLOSE: SignedDuration = SignedDuration::from_secs(2);

/// What a trial is made with.
pub struct Trial {
    pub web: Web,
    pub clock: Clock,
    pub settings: metric::Settings,
    /// After how many measurements metrics without a count end.
    pub measurements: i64,
}

/// How it came out.
pub struct Ended {
    /// The run with its status.
    pub run: Object,
    /// Its phase; of a run that was cut short, that of its worst measurement where that is worse.
    pub phase: Phase,
}

impl Ended {
    /// Why.
    pub fn message(&self) -> String {
        let status = analysis_run::status_of(&self.run);
        if status.phase == Some(self.phase) && status.message != "Run Terminated" {
            return status.message;
        }
        String::new()
    }
}

/// Makes all metrics ask one Prometheus.
pub fn ask_instead(run: &mut Object, address: &str) {
    let mut metrics = run.at(&["spec", "metrics"]).cloned().unwrap_or(json!([]));
    for metric in metrics.as_array_mut().into_iter().flatten() {
        let own = metric.pointer_mut("/provider/prometheus");
        if let Some(own) = own.and_then(Value::as_object_mut) {
            own.insert("address".to_owned(), address.into());
        }
    }
    run.set(&["spec", "metrics"], metrics);
}

impl Trial {
    /// Plays a run to its end; `say` is given a line for each measurement.
    ///
    /// # Errors
    /// A line cannot be said, or nothing more can happen to the run.
    pub async fn play(
        &self,
        run: Object,
        secrets: BTreeMap<ObjectRef, Option<Object>>,
        mut say: impl FnMut(String) -> Result<(), Failure>,
    ) -> Result<Ended, Failure> {
        let mut snapshot = Snapshot {
            run,
            secrets,
            taken: Vec::new(),
            settings: self.settings.clone(),
        };
        let mut ahead = SignedDuration::ZERO;
        let mut is_told = false;
        loop {
            let now = later(self.clock.now(), ahead);
            let plan = match analysis_run::decide(&snapshot, now) {
                Decision::Measure(tasks) => {
                    // A metrics server on fast time has nothing of what this machine calls now.
                    let shift = if is_told {
                        SignedDuration::ZERO
                    } else {
                        self.shift(&tasks, ahead).await
                    };
                    is_told = !is_told;
                    if shift.abs() > CLOSE {
                        ahead += shift;
                        continue;
                    }
                    is_told = false;
                    let taken = tasks
                        .into_iter()
                        .map(|task| measure(&self.web, &self.clock, task));
                    let mut taken = future::join_all(taken).await;
                    for one in &mut taken {
                        one.started = later(one.started, ahead);
                        one.finished = later(one.finished, ahead);
                    }
                    snapshot.taken = taken;
                    continue;
                }
                Decision::Apply(plan) => plan,
            };
            let measured: Vec<String> =
                snapshot.taken.drain(..).map(|taken| taken.metric).collect();
            let is_quiet = plan.effects.is_empty();
            for effect in plan.effects {
                if let Effect::Patch { patch, .. } = effect {
                    let mut whole = snapshot.run.to_value();
                    merge::apply(&mut whole, &patch);
                    snapshot.run = Object::from_value(whole).map_err(|error| {
                        Failure::new("failed to note a measurement").because(error)
                    })?;
                }
            }
            let status = analysis_run::status_of(&snapshot.run);
            for name in measured {
                let result = status.result(&name);
                if let Some((result, last)) =
                    result.and_then(|result| Some((result, result.last()?)))
                {
                    say(line(&name, last, result.saw_no_data()))?;
                }
            }
            let is_over = status.phase.is_some_and(Phase::is_complete);
            if is_over {
                let phase = worst(&snapshot.run, &status);
                return Ok(Ended {
                    run: snapshot.run,
                    phase,
                });
            }
            if self.is_enough(&snapshot.run, &status) {
                snapshot.run.set(&["spec", "terminate"], true.into());
                continue;
            }
            match plan.next {
                Next::At(at) => self.clock.wait_until(later(at, -ahead)).await,
                _ if is_quiet => return Err(Failure::new("the analysis does not go on")),
                _ => {}
            }
        }
    }

    /// How far the clock of the first metrics server that tells it is ahead of ours with what it was found ahead before.
    async fn shift(&self, tasks: &[Task], ahead: SignedDuration) -> SignedDuration {
        for call in tasks.iter().filter_map(|task| task.call.as_ref().ok()) {
            let asked = ask(&self.web, metric::asking_time(call)).await;
            if let Some(time) = asked.ok().as_ref().and_then(metric::time) {
                return time.duration_since(later(self.clock.now(), ahead));
            }
        }
        SignedDuration::ZERO
    }

    /// Whether all metrics have ended, or have no end and were measured often enough.
    fn is_enough(&self, run: &Object, status: &RunStatus) -> bool {
        let metrics = run.at(&["spec", "metrics"]).and_then(Value::as_array);
        metrics.into_iter().flatten().all(|metric| {
            let name = metric.get("name").and_then(Value::as_str);
            let Some(result) = name.and_then(|name| status.result(name)) else {
                return false;
            };
            let typed = serde_json::from_value::<Metric>(metric.clone()).unwrap_or_default();
            let is_endless = typed.effective_count().is_none();
            let times = result.tally.count + result.tally.error;
            result.phase.is_complete() || (is_endless && times >= self.measurements)
        })
    }
}

/// The phase of a run; where we have cut it short, its worst measurement tells.
fn worst(run: &Object, status: &RunStatus) -> Phase {
    let phase = status.phase.unwrap_or(Phase::Error);
    if run.at(&["spec", "terminate"]) != Some(&Value::Bool(true)) {
        return phase;
    }
    let counted = status
        .metric_results
        .iter()
        .filter(|result| !result.dry_run);
    counted
        .flat_map(|result| &result.measurements)
        .fold(phase, |worst, measurement| worst.worse(measurement.phase))
}

fn later(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.checked_add(span).unwrap_or(Timestamp::MAX)
}

fn line(name: &str, last: &Measurement, saw_no_data: bool) -> String {
    let what = if last.message.is_empty() {
        &last.value
    } else {
        &last.message
    };
    let no_data = if saw_no_data { "no data: " } else { "" };
    let warnings = last.metadata.get("warnings");
    let warnings = warnings.map_or(String::new(), |text| format!("  (warnings: {text})"));
    format!("{name}  {}  {no_data}{what}{warnings}", last.phase.as_str())
}
