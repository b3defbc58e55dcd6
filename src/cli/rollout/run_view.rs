//! AnalysisRuns and Experiments as they are shown: mirrors `info/analysisrun_info.go` and `info/experiment_info.go`.

use serde::Serialize;
use serde_json::Value;

use super::{
    live::Scene,
    member::{self, ReplicaSetView, is_owned, revision},
    view::Meta,
};
use crate::object::Object;

/// Metadata of a measurement that was made by a Job.
const JOB_NAME: &str = "job-name";
/// The namespace of that Job, where it is another.
const JOB_NAMESPACE: &str = "job-namespace";

/// One AnalysisRun.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunView {
    pub object_meta: Meta,
    pub icon: &'static str,
    pub revision: i64,
    pub status: String,
    pub message: String,
    pub successful: i64,
    pub failed: i64,
    pub inconclusive: i64,
    pub error: i64,
    pub jobs: Vec<JobView>,
    /// Metrics whose every measurement came back without data: they have judged nothing.
    pub without_data: Vec<String>,
}

/// A Job that measured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobView {
    pub object_meta: Meta,
    pub icon: &'static str,
    pub status: String,
    pub metric_name: String,
}

/// One Experiment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExperimentView {
    pub object_meta: Meta,
    pub icon: &'static str,
    pub revision: i64,
    pub status: String,
    pub message: String,
    pub replica_sets: Vec<ReplicaSetView>,
    pub analysis_runs: Vec<RunView>,
}

/// The AnalysisRuns that an object owns, the newest revision first.
pub(super) fn runs(owner: &Object, all: &[Object]) -> Vec<RunView> {
    let uid = owner.uid().unwrap_or_default();
    let mut runs: Vec<RunView> = all
        .iter()
        .filter(|run| is_owned(run, uid))
        .map(run)
        .collect();
    runs.sort_by(|a, b| {
        let (one, other) = (&a.object_meta, &b.object_meta);
        b.revision
            .cmp(&a.revision)
            .then_with(|| one.creation_timestamp.cmp(&other.creation_timestamp))
            .then_with(|| other.name.cmp(&one.name))
    });
    runs
}

/// The Experiments of a Rollout, the newest revision first.
pub(super) fn experiments(scene: &Scene) -> Vec<ExperimentView> {
    let uid = scene.rollout.uid().unwrap_or_default();
    let owned = scene.experiments.iter().filter(|one| is_owned(one, uid));
    let mut shown: Vec<ExperimentView> = owned
        .map(|one| {
            let status = text(one, "phase");
            ExperimentView {
                object_meta: Meta::of(one),
                icon: icon(&status),
                revision: revision(one),
                status,
                message: text(one, "message"),
                replica_sets: member::replica_sets(one, scene),
                analysis_runs: runs(one, &scene.runs),
            }
        })
        .collect();
    shown.sort_by(|a, b| {
        let created = |one: &ExperimentView| one.object_meta.creation_timestamp.clone();
        b.revision
            .cmp(&a.revision)
            .then_with(|| created(a).cmp(&created(b)))
    });
    shown
}

fn text(object: &Object, name: &str) -> String {
    let text = object.at(&["status", name]).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

fn run(run: &Object) -> RunView {
    let results = run
        .at(&["status", "metricResults"])
        .and_then(Value::as_array);
    let results = results.map_or(&[][..], Vec::as_slice);
    let sum = |name: &str| -> i64 {
        results
            .iter()
            .filter_map(|one| one.get(name)?.as_i64())
            .sum()
    };
    let status = text(run, "phase");
    let silent = results.iter().filter(|one| is_silent(one));
    let name = |one: &Value| {
        one.get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    RunView {
        object_meta: Meta::of(run),
        icon: icon(&status),
        revision: revision(run),
        status,
        message: text(run, "message"),
        successful: sum("successful"),
        failed: sum("failed"),
        inconclusive: sum("inconclusive"),
        error: sum("error"),
        jobs: results
            .iter()
            .flat_map(|result| jobs(run, result))
            .collect(),
        without_data: silent.map(name).collect(),
    }
}

fn measurements(result: &Value) -> &[Value] {
    let listed = result.get("measurements").and_then(Value::as_array);
    listed.map_or(&[], Vec::as_slice)
}

/// Whether a metric was measured, and each time came back empty or as 0/0.
fn is_silent(result: &Value) -> bool {
    let is_empty = |one: &Value| {
        let value = one.get("value").and_then(Value::as_str);
        value.is_some_and(|value| {
            let inner = value.trim_start_matches('[').trim_end_matches(']');
            value.starts_with('[')
                && inner
                    .split(',')
                    .all(|sample| matches!(sample.trim(), "" | "NaN"))
        })
    };
    !measurements(result).is_empty() && measurements(result).iter().all(is_empty)
}

fn jobs(run: &Object, result: &Value) -> Vec<JobView> {
    let job = |one: &Value| {
        let text = |pointer: &str| {
            one.pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let note = |name: &str| text(&format!("/metadata/{name}")).to_owned();
        let name = Some(note(JOB_NAME)).filter(|name| !name.is_empty())?;
        let namespace = match note(JOB_NAMESPACE) {
            none if none.is_empty() => run.namespace().unwrap_or_default().to_owned(),
            namespace => namespace,
        };
        Some(JobView {
            object_meta: Meta {
                name,
                namespace,
                uid: String::new(),
                creation_timestamp: text("/startedAt").to_owned(),
            },
            icon: icon(text("/phase")),
            status: text("/phase").to_owned(),
            metric_name: result
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
        })
    };
    measurements(result).iter().filter_map(job).collect()
}

fn icon(phase: &str) -> &'static str {
    match phase {
        "Successful" => "✔",
        "Inconclusive" => "?",
        "Failed" => "✖",
        "Error" => "⚠",
        "Running" => "◌",
        "Pending" => "◷",
        _ => " ",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_metric_that_saw_data_once_is_not_silent() {
        let result = |values: &[&str]| {
            let all: Vec<Value> = values.iter().map(|value| json!({"value": value})).collect();
            json!({"measurements": all})
        };
        assert!(is_silent(&result(&["[]", "[NaN]"])));
        assert!(is_silent(&result(&["[NaN,NaN]"])));
        assert!(!is_silent(&result(&["[]", "[0.25]"])));
        assert!(!is_silent(&result(&["[0.1,NaN]"])));
        assert!(!is_silent(&result(&["NaN"])), "a scalar is a number");
        assert!(!is_silent(&result(&[])), "nothing was measured yet");
        assert!(!is_silent(&json!({"measurements": [{"phase": "Error"}]})));
    }
}
