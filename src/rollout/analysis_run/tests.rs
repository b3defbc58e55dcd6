use serde_json::json;

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn run(spec: Value) -> Object {
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

fn metric(fields: Value) -> Value {
    let mut metric = json!({
        "name": "errors", "interval": "30s", "successCondition": "result[0] <= 0.25",
        "provider": {"prometheus": {"address": "http://prometheus.svc:9090", "query": "errors"}},
    });
    for (field, value) in fields.as_object().unwrap() {
        metric[field] = value.clone();
    }
    metric
}

fn vector(numbers: &[&str]) -> Result<Reply, String> {
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
struct Story {
    snapshot: Snapshot,
    events: Vec<(String, String, String)>,
    measured: Vec<(i64, String)>,
    patches: usize,
}

impl Story {
    fn new(spec: Value) -> Self {
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
    fn settle(&mut self, second: i64, answer: &dyn Fn(i64, &str) -> Result<Reply, String>) -> Next {
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
    fn play(&mut self, from: i64, until: i64, answer: &dyn Fn(i64, &str) -> Result<Reply, String>) {
        let mut second = from;
        while second <= until {
            match self.settle(second, answer) {
                Next::At(next) => second = next.as_second() - at(0).as_second(),
                _ => return,
            }
        }
    }

    fn status(&self) -> RunStatus {
        status_of(&self.snapshot.run)
    }

    fn phase(&self) -> Option<Phase> {
        self.status().phase
    }

    fn reasons(&self) -> Vec<&str> {
        self.events
            .iter()
            .filter(|(kind, _, _)| kind == "AnalysisRun")
            .map(|(_, reason, _)| reason.as_str())
            .collect()
    }

    fn seconds(&self) -> Vec<i64> {
        self.measured.iter().map(|(second, _)| *second).collect()
    }
}

fn good(_: i64, _: &str) -> Result<Reply, String> {
    vector(&["0.1"])
}

fn bad(_: i64, _: &str) -> Result<Reply, String> {
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

#[test]
fn metrics_that_are_only_tried_never_count() {
    let mut story = Story::new(json!({
        "metrics": [metric(json!({"count": 1})), metric(json!({"name": "tried", "count": 1}))],
        "dryRun": [{"metricName": "tri.*"}],
    }));
    story.play(0, 100, &|_, metric| {
        vector(&[if metric == "tried" { "9" } else { "0" }])
    });
    let status = story.status();
    assert_eq!(
        (status.phase, status.message.as_str()),
        (Some(Phase::Successful), "")
    );
    let tried = status.result("tried").unwrap();
    assert!(tried.dry_run);
    assert_eq!(
        tried.message,
        "Metric assessed Failed due to failed (1) > failureLimit (0)"
    );
    assert_eq!(
        serde_json::to_value(status.dry_run_summary).unwrap(),
        json!({"count": 1, "failed": 1})
    );
    let mut only = Story::new(json!({
        "metrics": [metric(json!({"count": 1}))], "dryRun": [{"metricName": ".*"}],
    }));
    only.play(0, 100, &bad);
    assert_eq!(only.phase(), Some(Phase::Successful));
}

#[test]
fn ten_measurements_are_kept_unless_a_rule_says_otherwise() {
    let mut story = Story::new(json!({
        "metrics": [metric(json!({})), metric(json!({"name": "few"}))],
        "measurementRetention": [{"metricName": "few", "limit": 2}],
    }));
    story.play(0, 30 * 12, &good);
    let status = story.status();
    let kept = |name| status.result(name).unwrap().measurements.len();
    assert_eq!((kept("errors"), kept("few")), (10, 2));
    assert_eq!(status.result("errors").unwrap().tally.count, 13);
}

#[test]
fn a_wrong_spec_ends_the_run_with_its_reason() {
    for (spec, words) in [
        (json!({}), "Analysis spec invalid: no metrics specified"),
        (
            json!({"metrics": [metric(json!({"successCondition": "{{args.x}} {{args.y}}"}))],
                "args": [{"name": "x", "value": "1"}]}),
            "Unable to resolve metric arguments: failed to resolve {{args.y}}",
        ),
        (
            json!({"metrics": [metric(json!({}))], "args": [{"name": "x"}]}),
            "Unable to resolve metric arguments: argument \"x\" was not supplied",
        ),
        (
            json!({"metrics": [metric(json!({}))], "dryRun": [{"metricName": "none"}]}),
            "Analysis spec invalid: dryRun[0]: Rule didn't match any metric name(s)",
        ),
        (
            json!({"metrics": [metric(json!({}))], "measurementRetention": [{"metricName": "none", "limit": 1}]}),
            "Analysis spec invalid: measurementRetention[0]: Rule didn't match any metric name(s)",
        ),
        (
            json!({"metrics": [metric(json!({}))],
                "args": [{"name": "x", "valueFrom": {"secretKeyRef": {"name": "token", "key": "k"}}}]}),
            "Unable to resolve metric arguments: secrets \"token\" not found",
        ),
    ] {
        let mut story = Story::new(spec);
        story.settle(0, &good);
        let status = story.status();
        assert_eq!(
            (status.phase, status.message.as_str()),
            (Some(Phase::Error), words)
        );
        assert_eq!(status.completed_at, None);
        assert_eq!(story.reasons(), ["AnalysisRunError"]);
        assert!(story.measured.is_empty());
    }
}

#[test]
fn secrets_are_read_anew_and_never_shown() {
    let mut story = Story::new(json!({
        "metrics": [metric(json!({"provider": {"prometheus": {
            "address": "http://prometheus.svc", "query": "up{k=\"{{args.key}}\"}",
            "headers": [{"key": "Authorization", "value": "Bearer {{args.key}}"}],
        }}}))],
        "args": [{"name": "key", "valueFrom": {"secretKeyRef": {"name": "token", "key": "k"}}}],
    }));
    let [target] = needs(&story.snapshot.run).try_into().unwrap();
    assert_eq!(target.to_string(), "Secret ns/token");
    let secret = |value: &str| {
        let encoded = base64::encode(value.as_bytes());
        Object::from_value(json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token", "namespace": "ns"},
            "data": {"k": encoded},
        }))
        .unwrap()
    };
    for value in ["planted", "planted-anew"] {
        story
            .snapshot
            .secrets
            .insert(target.clone(), Some(secret(value)));
        let Decision::Measure(tasks) = decide(&story.snapshot, at(0)) else {
            panic!("nothing is measured");
        };
        let call = tasks[0].call.clone().unwrap();
        let header = &call.ask.request.headers[0];
        assert_eq!(header.1.expose(), &format!("Bearer {value}"));
        assert!(!format!("{tasks:?}").contains(&format!("Bearer {value}")));
    }
    story.settle(0, &|_, _| Err("no planted-anew here".to_owned()));
    let status = story.status();
    let result = status.result("errors").unwrap();
    assert_eq!(result.measurements[0].message, "no ***** here");
    assert_eq!(
        result.metadata[crate::api::analysis_status::RESOLVED_QUERY],
        "up{k=\"*****\"}"
    );
    assert!(
        !story
            .snapshot
            .run
            .to_value()
            .to_string()
            .contains("planted")
    );
}

#[test]
fn finished_runs_are_deleted_when_their_time_is_over() {
    for (ttl, answer, seconds) in [
        (json!({"secondsAfterCompletion": 5}), "0", Some(6)),
        (
            json!({"secondsAfterSuccess": 3, "secondsAfterCompletion": 5}),
            "0",
            Some(4),
        ),
        (
            json!({"secondsAfterFailure": 3, "secondsAfterCompletion": 5}),
            "0",
            Some(6),
        ),
        (json!({"secondsAfterFailure": 3}), "9", Some(4)),
        (json!({"secondsAfterSuccess": 3}), "9", None),
        (json!({}), "0", None),
    ] {
        let mut story =
            Story::new(json!({"metrics": [metric(json!({"count": 1}))], "ttlStrategy": ttl}));
        let reply = |_: i64, _: &str| vector(&[answer]);
        let next = story.settle(0, &reply);
        assert_eq!(
            next,
            seconds.map_or(Next::AwaitChange, |seconds| Next::At(at(seconds)))
        );
        if let Some(seconds) = seconds {
            story.settle(seconds, &reply);
            assert_eq!(story.events.last().unwrap().0, "deleted");
        }
    }
}

#[test]
fn a_metric_that_never_saw_data_says_so_once() {
    let guarded = json!({"successCondition": "len(result) == 0 || result[0] <= 0.25"});
    let told = |story: &Story| -> Vec<(String, String)> {
        story
            .events
            .iter()
            .filter(|(_, reason, _)| reason == "AnalysisNoData")
            .map(|(kind, _, message)| (kind.clone(), message.clone()))
            .collect()
    };
    let mut story = Story::new(json!({"metrics": [metric(guarded.clone())]}));
    story.play(0, 300, &|_, _| vector(&[]));
    let message = "Metric 'errors' saw no data in 3 measurements: errors".to_owned();
    assert_eq!(
        told(&story),
        [
            ("AnalysisRun".to_owned(), message.clone()),
            ("Rollout".to_owned(), message)
        ]
    );
    assert_eq!(story.phase(), Some(Phase::Running));
    assert!(story.status().result("errors").unwrap().saw_no_data());

    // Data that comes takes the note away, and its going does not bring it back.
    story.play(330, 360, &good);
    story.play(390, 500, &|_, _| vector(&[]));
    assert!(!story.status().result("errors").unwrap().saw_no_data());
    assert_eq!(told(&story).len(), 2);

    // A run that ends before the third measurement says it at its end.
    let mut short = guarded;
    short["count"] = json!(1);
    let mut story = Story::new(json!({"metrics": [metric(short)]}));
    story.play(0, 300, &|_, _| vector(&[]));
    assert_eq!(story.phase(), Some(Phase::Successful));
    assert_eq!(
        told(&story)[0].1,
        "Metric 'errors' saw no data in 1 measurement: errors"
    );
}

#[test]
fn a_provider_that_is_not_ours_is_an_error_with_its_name() {
    let mut story =
        Story::new(json!({"metrics": [metric(json!({"provider": {"datadog": {"query": "q"}}}))]}));
    story.play(0, 100, &good);
    let status = story.status();
    assert_eq!(status.phase, Some(Phase::Error));
    assert!(status.message.ends_with(
        "\"Error Message: no valid provider in metric: datadog cannot be asked by this controller\""
    ));
    assert_eq!(status.result("errors").unwrap().metadata, BTreeMap::new());
}
