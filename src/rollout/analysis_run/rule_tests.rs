use serde_json::json;

use super::{tests::*, *};

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
fn a_secret_that_holds_another_is_masked_as_a_whole() {
    let secret = |name: &str, value: &str| {
        Object::from_value(json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": name, "namespace": "shop"},
            "data": {"k": crate::api::base64::encode(value.as_bytes())}}))
        .unwrap()
    };
    let arg = |name: &str| json!({"name": name, "valueFrom": {"secretKeyRef": {"name": name, "key": "k"}}});
    let run = Object::from_value(json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {"name": "run", "namespace": "shop"},
        "spec": {"args": [arg("short"), arg("long")]}}))
    .unwrap();
    let secrets = [secret("short", "abc"), secret("long", "abcdef")];
    let snapshot = Snapshot {
        run,
        secrets: secrets
            .into_iter()
            .map(|secret| (secret.reference(), Some(secret)))
            .collect(),
        taken: Vec::new(),
        settings: metric::Settings::default(),
    };
    let (_, masks) = secret_values(&snapshot, BTreeMap::new()).unwrap();
    assert_eq!(masked("abcdef and abc", &masks), "***** and *****");
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
