use serde_json::json;

use super::*;

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub(super) fn run(spec: Value) -> Object {
    Object::from_value(json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {"name": "r", "namespace": "ns", "uid": "u", "ownerReferences": [{
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "shop", "uid": "o",
            "controller": true,
        }]},
        "spec": spec,
    }))
    .unwrap()
}

pub(super) fn metric(fields: Value) -> Value {
    let mut metric = json!({
        "name": "errors", "interval": "30s", "successCondition": "result[0] <= 0.25",
        "provider": {"prometheus": {"address": "http://prometheus.svc:9090", "query": "errors"}},
    });
    for (field, value) in fields.as_object().unwrap() {
        metric[field] = value.clone();
    }
    metric
}

pub(super) fn vector(numbers: &[&str]) -> Result<Reply, String> {
    let result: Vec<Value> = numbers
        .iter()
        .map(|number| json!({"metric": {}, "value": [0, number]}))
        .collect();
    let body = json!({"status": "success", "data": {"resultType": "vector", "result": result}});
    Ok(Reply {
        status: 200,
        media_type: "application/json".to_owned(),
        body: body.to_string().into_bytes(),
    })
}

/// A run that is decided over and over, as the loop does it, with answers given by metric and second.
pub(super) struct Story {
    pub(super) snapshot: Snapshot,
    pub(super) events: Vec<(String, String, String)>,
    pub(super) measured: Vec<(i64, String)>,
    pub(super) patches: usize,
}

impl Story {
    pub(super) fn new(spec: Value) -> Self {
        Self {
            snapshot: Snapshot {
                run: run(spec),
                secrets: BTreeMap::new(),
                taken: Vec::new(),
                settings: metric::Settings::default(),
            },
            events: Vec::new(),
            measured: Vec::new(),
            patches: 0,
        }
    }

    /// Passes until nothing more happens at this instant; gives when it goes on.
    pub(super) fn settle(
        &mut self,
        second: i64,
        answer: &dyn Fn(i64, &str) -> Result<Reply, String>,
    ) -> Next {
        let now = at(second);
        for _ in 0..20 {
            let decided = decide(&self.snapshot, now);
            assert_eq!(decide(&self.snapshot, now), decided, "the same again");
            let plan = match decided {
                Decision::Measure(tasks) => {
                    self.snapshot.taken = tasks
                        .into_iter()
                        .map(|task| {
                            self.measured.push((second, task.metric.clone()));
                            Taken {
                                reply: task.call.and_then(|_| answer(second, &task.metric)),
                                metric: task.metric,
                                started: now,
                                finished: now,
                            }
                        })
                        .collect();
                    continue;
                }
                Decision::Apply(plan) => plan,
            };
            self.snapshot.taken.clear();
            let is_quiet = plan.effects.is_empty();
            for effect in plan.effects {
                match effect {
                    Effect::Patch { patch, .. } => {
                        self.patches += 1;
                        let mut whole = self.snapshot.run.to_value();
                        merge::apply(&mut whole, &patch);
                        self.snapshot.run = Object::from_value(whole).unwrap();
                    }
                    Effect::Event(event) => self.events.push((
                        event.regarding.kind().to_owned(),
                        event.reason,
                        event.message,
                    )),
                    Effect::Delete { .. } => {
                        self.events
                            .push(("deleted".into(), String::new(), String::new()));
                        return Next::AwaitChange;
                    }
                    other => panic!("{other:?}"),
                }
            }
            if is_quiet {
                return plan.next;
            }
        }
        panic!("no end at {second}");
    }

    /// Lets time pass by the instants that the run asks for, up to a second.
    pub(super) fn play(
        &mut self,
        from: i64,
        until: i64,
        answer: &dyn Fn(i64, &str) -> Result<Reply, String>,
    ) {
        let mut second = from;
        while second <= until {
            match self.settle(second, answer) {
                Next::At(next) => second = next.as_second() - at(0).as_second(),
                _ => return,
            }
        }
    }

    pub(super) fn status(&self) -> RunStatus {
        status_of(&self.snapshot.run)
    }

    pub(super) fn phase(&self) -> Option<Phase> {
        self.status().phase
    }

    pub(super) fn reasons(&self) -> Vec<&str> {
        self.events
            .iter()
            .filter(|(kind, _, _)| kind == "AnalysisRun")
            .map(|(_, reason, _)| reason.as_str())
            .collect()
    }

    pub(super) fn seconds(&self) -> Vec<i64> {
        self.measured.iter().map(|(second, _)| *second).collect()
    }
}

pub(super) fn good(_: i64, _: &str) -> Result<Reply, String> {
    vector(&["0.1"])
}

pub(super) fn bad(_: i64, _: &str) -> Result<Reply, String> {
    vector(&["0.9"])
}

#[test]
fn failures_above_the_limit_end_the_run_in_the_next_pass() {
    let mut story = Story::new(json!({"metrics": [
        metric(json!({"failureLimit": 3})),
        metric(json!({"name": "p95", "failureLimit": 3})),
    ]}));
    story.play(10, 130, &|_, metric| {
        vector(&[if metric == "errors" { "1" } else { "0" }])
    });
    let status = story.status();
    assert_eq!(story.seconds(), [10, 10, 40, 40, 70, 70, 100, 100]);
    assert_eq!(status.phase, Some(Phase::Failed));
    assert_eq!(
        status.message,
        "Metric \"errors\" assessed Failed due to failed (4) > failureLimit (3)"
    );
    assert_eq!(status.started_at, Some(Stamp::of(at(10))));
    assert_eq!(status.completed_at, Some(Stamp::of(at(100))));
    let summary = serde_json::to_value(status.run_summary).unwrap();
    assert_eq!(summary, json!({"count": 2, "successful": 1, "failed": 1}));
    assert_eq!(status.result("p95").unwrap().phase, Phase::Successful);
    assert_eq!(
        story.reasons(),
        ["MetricFailed", "MetricSuccessful", "AnalysisRunFailed"]
    );
    let (_, _, message) = &story.events[0];
    assert_eq!(message, "Metric 'errors' Completed. Result: Failed");
    let (_, _, message) = &story.events[2];
    assert_eq!(message, "Analysis Completed. Result: Failed");
}

#[test]
fn the_status_of_a_first_pass_is_the_originals() {
    let mut story = Story::new(json!({"metrics": [metric(json!({}))]}));
    assert_eq!(story.settle(10, &good), Next::At(at(40)));
    assert_eq!(
        story.snapshot.run.at(&["status"]).unwrap(),
        &json!({
            "phase": "Running", "startedAt": "2027-01-15T08:00:10Z",
            "runSummary": {"count": 1}, "dryRunSummary": {},
            "metricResults": [{
                "name": "errors", "phase": "Running", "count": 1, "successful": 1,
                "consecutiveSuccess": 1, "metadata": {"ResolvedPrometheusQuery": "errors"},
                "measurements": [{
                    "phase": "Successful", "value": "[0.1]",
                    "startedAt": "2027-01-15T08:00:10Z", "finishedAt": "2027-01-15T08:00:10Z",
                }],
            }],
        })
    );
    assert_eq!(story.patches, 1);
}

#[test]
fn a_prometheus_that_is_away_for_a_while_does_no_harm() {
    let mut story = Story::new(json!({"metrics": [metric(json!({"failureLimit": 3}))]}));
    let away = |second: i64, _: &str| {
        if (35..60).contains(&second) {
            Err("Post \"http://prometheus.svc:9090/api/v1/query\": no answer".to_owned())
        } else {
            vector(&["0.1"])
        }
    };
    story.play(10, 130, &away);
    assert_eq!(story.seconds(), [10, 40, 50, 60, 90, 120]);
    let status = story.status();
    let tally = status.result("errors").unwrap().tally;
    assert_eq!(
        (tally.count, tally.error, tally.consecutive_error),
        (4, 2, 0)
    );
    assert_eq!(status.phase, Some(Phase::Running));
}

#[test]
fn five_errors_on_end_end_the_run() {
    let mut story = Story::new(json!({"metrics": [metric(json!({}))]}));
    story.play(10, 200, &|_, _| vector(&[]));
    assert_eq!(story.seconds(), [10, 20, 30, 40, 50]);
    let status = story.status();
    assert_eq!(status.phase, Some(Phase::Error));
    let why = "could not evaluate successCondition \"result[0] <= 0.25\": metric result is nil or empty: \
               no data returned from the metric provider";
    assert_eq!(
        status.message,
        format!(
            "Metric \"errors\" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4): \
             \"Error Message: {why}\""
        )
    );
    assert_eq!(status.result("errors").unwrap().message, why);
}

#[test]
fn no_traffic_is_a_failure_at_once() {
    let mut story = Story::new(json!({"metrics": [metric(json!({}))]}));
    story.play(10, 200, &|_, _| vector(&["NaN"]));
    assert_eq!(story.seconds(), [10]);
    assert_eq!(story.phase(), Some(Phase::Failed));
    assert!(story.status().result("errors").unwrap().saw_no_data());
}

#[test]
fn a_third_failure_of_two_ends_the_run() {
    let mut story = Story::new(json!({"metrics": [metric(json!({"failureLimit": 2}))]}));
    story.play(10, 200, &bad);
    assert_eq!(story.seconds(), [10, 40, 70]);
    assert_eq!(story.phase(), Some(Phase::Failed));
}

#[test]
fn a_run_told_to_end_is_successful_while_failures_are_within_the_limit() {
    let mut story = Story::new(json!({"metrics": [metric(json!({"failureLimit": 3}))]}));
    story.settle(10, &bad);
    story.snapshot.run.set(&["spec", "terminate"], true.into());
    story.settle(20, &bad);
    let status = story.status();
    assert_eq!(status.phase, Some(Phase::Successful));
    assert_eq!(status.message, "Run Terminated");
    assert_eq!(
        story.reasons(),
        ["MetricSuccessful", "AnalysisRunSuccessful"]
    );

    let mut early = Story::new(json!({"metrics": [metric(json!({}))], "terminate": true}));
    early.settle(10, &bad);
    assert_eq!(early.phase(), Some(Phase::Successful));
    assert!(early.measured.is_empty());
}

#[test]
fn a_first_measurement_may_be_delayed() {
    let mut story = Story::new(json!({"metrics": [metric(json!({"initialDelay": "1m"}))]}));
    story.play(10, 100, &good);
    assert_eq!(story.seconds(), [70, 100]);
}

#[test]
fn counts_end_metrics() {
    let mut once = Story::new(json!({"metrics": [metric(json!({"interval": ""}))]}));
    once.play(0, 100, &good);
    assert_eq!(
        (once.seconds(), once.phase()),
        (vec![0], Some(Phase::Successful))
    );
    let mut three = Story::new(json!({
        "metrics": [metric(json!({"count": "{{args.times}}", "interval": "{{ args.every }}"}))],
        "args": [{"name": "times", "value": "3"}, {"name": "every", "value": "5s"}],
    }));
    three.play(0, 100, &good);
    assert_eq!(three.seconds(), [0, 5, 10]);
    assert_eq!(three.phase(), Some(Phase::Successful));
    let mut undecided =
        Story::new(json!({"metrics": [metric(json!({"failureCondition": "result[0] > 1"}))]}));
    undecided.play(0, 100, &bad);
    assert_eq!(undecided.phase(), Some(Phase::Inconclusive));
    assert_eq!(
        undecided.status().message,
        "Metric \"errors\" assessed Inconclusive due to inconclusive (1) > inconclusiveLimit (0)"
    );
}
