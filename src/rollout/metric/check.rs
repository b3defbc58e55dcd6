//! What must hold of metrics, in the original's words (upstream `utils/analysis/{factory,helpers}.go`).

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::Value;

use crate::api::analysis::{Metric, go_duration, whole};

/// The providers of the original; exactly one measures a metric.
const PROVIDERS: &[&str] = &[
    "prometheus",
    "job",
    "web",
    "wavefront",
    "kayenta",
    "datadog",
    "newRelic",
    "cloudWatch",
    "graphite",
    "influxdb",
    "skywalking",
];

/// Finds the first thing that is wrong with metrics.
///
/// # Errors
/// A text that names the metric by its index.
pub fn check(metrics: &[Metric]) -> Result<(), String> {
    if metrics.is_empty() {
        return Err("no metrics specified".to_owned());
    }
    let mut names = BTreeSet::new();
    for (index, metric) in metrics.iter().enumerate() {
        if !names.insert(&metric.name) {
            return Err(format!(
                "metrics[{index}]: duplicate name '{}'",
                metric.name
            ));
        }
        one(metric).map_err(|error| format!("metrics[{index}]: {error}"))?;
    }
    Ok(())
}

fn one(metric: &Metric) -> Result<(), String> {
    limits(metric)?;
    if whole(&metric.count).unwrap_or(0) > 1 && metric.interval().is_none() {
        return Err("interval must be specified when count > 1".to_owned());
    }
    for (name, text) in [
        ("interval", metric.interval()),
        ("startDelay", metric.initial_delay()),
    ] {
        if let Some(Err(error)) = text.map(go_duration) {
            return Err(format!("invalid {name} string: {error}"));
        }
    }
    match providers(metric) {
        0 => Err("no provider specified".to_owned()),
        1 => Ok(()),
        _ => Err("multiple providers specified".to_owned()),
    }
}

fn limits(metric: &Metric) -> Result<(), String> {
    let limit = |value: &Option<Value>| whole(value).unwrap_or(0);
    let (count, failures) = (limit(&metric.count), limit(&metric.failure_limit));
    let successes = limit(&metric.consecutive_success_limit);
    let undecided = limit(&metric.inconclusive_limit);
    let wrong = |text: &str| Err(text.to_owned());
    if successes < 0 {
        return wrong("consecutiveSuccessLimit must be >= 0");
    }
    if failures < -1 {
        return wrong("failureLimit must be >= 0, or -1 to be disabled");
    }
    if successes == 0 && failures == -1 {
        return wrong("failureLimit and consecutiveSuccessLimit cannot both be disabled");
    }
    if undecided < 0 {
        return wrong("inconclusiveLimit must be >= 0");
    }
    if limit(&metric.consecutive_error_limit) < 0 {
        return wrong("consecutiveErrorLimit must be >= 0");
    }
    if count <= 0 {
        return Ok(());
    }
    if failures >= 0 && count < failures.saturating_add(successes) {
        return Err(format!(
            "count ({count}) must be >= failureLimit + consecutiveSuccessLimit ({failures} + {successes}) if both >= 0"
        ));
    }
    if failures < 0 && count < successes {
        return wrong("count must be >= consecutiveSuccessLimit");
    }
    if count < undecided {
        return wrong("count must be >= inconclusiveLimit");
    }
    Ok(())
}

fn providers(metric: &Metric) -> usize {
    let known = PROVIDERS
        .iter()
        .filter(|name| {
            metric
                .provider
                .get(**name)
                .is_some_and(|own| !own.is_null())
        })
        .count();
    let plugins = metric.provider.get("plugin").and_then(Value::as_object);
    known + plugins.map_or(0, serde_json::Map::len)
}

/// The metrics that rules (`dryRun`, `measurementRetention`) speak of, each with the last rule that does.
///
/// # Errors
/// A rule that speaks of none.
pub fn matching<'a>(
    rules: &'a [Value],
    field: &str,
    metrics: &[Metric],
) -> Result<BTreeMap<String, &'a Value>, String> {
    let mut found = BTreeMap::new();
    for (index, rule) in rules.iter().enumerate() {
        let pattern = rule.get("metricName").and_then(Value::as_str);
        let pattern = Regex::new(pattern.unwrap_or_default()).ok();
        let is_meant = |metric: &&Metric| {
            pattern
                .as_ref()
                .is_some_and(|pattern| pattern.is_match(&metric.name))
        };
        let mut names = metrics.iter().filter(is_meant).peekable();
        if names.peek().is_none() {
            return Err(format!(
                "{field}[{index}]: Rule didn't match any metric name(s)"
            ));
        }
        found.extend(names.map(|metric| (metric.name.clone(), rule)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metric(fields: Value) -> Metric {
        let mut whole = json!({"name": "m", "provider": {"prometheus": {"query": "q"}}});
        for (field, value) in fields.as_object().unwrap() {
            whole[field] = value.clone();
        }
        serde_json::from_value(whole).unwrap()
    }

    #[test]
    fn what_is_wrong_is_told_in_the_originals_words() {
        for (fields, words) in [
            (json!({}), None),
            (
                json!({"interval": "5x"}),
                Some("invalid interval string: time: unknown unit \"x\" in duration \"5x\""),
            ),
            (
                json!({"initialDelay": "5"}),
                Some("invalid startDelay string: time: missing unit in duration \"5\""),
            ),
            (
                json!({"count": 2}),
                Some("interval must be specified when count > 1"),
            ),
            (
                json!({"count": "2"}),
                Some("interval must be specified when count > 1"),
            ),
            (
                json!({"failureLimit": -2}),
                Some("failureLimit must be >= 0, or -1 to be disabled"),
            ),
            (
                json!({"failureLimit": -1}),
                Some("failureLimit and consecutiveSuccessLimit cannot both be disabled"),
            ),
            (
                json!({"failureLimit": -1, "consecutiveSuccessLimit": 3, "interval": "1s"}),
                None,
            ),
            (
                json!({"inconclusiveLimit": -1}),
                Some("inconclusiveLimit must be >= 0"),
            ),
            (
                json!({"consecutiveErrorLimit": -1}),
                Some("consecutiveErrorLimit must be >= 0"),
            ),
            (
                json!({"consecutiveSuccessLimit": -1}),
                Some("consecutiveSuccessLimit must be >= 0"),
            ),
            (
                json!({"count": 4, "failureLimit": 3, "consecutiveSuccessLimit": 2, "interval": "1s"}),
                Some(
                    "count (4) must be >= failureLimit + consecutiveSuccessLimit (3 + 2) if both >= 0",
                ),
            ),
            (
                json!({"count": 2, "failureLimit": -1, "consecutiveSuccessLimit": 3, "interval": "1s"}),
                Some("count must be >= consecutiveSuccessLimit"),
            ),
            (
                json!({"count": 1, "inconclusiveLimit": 2}),
                Some("count must be >= inconclusiveLimit"),
            ),
            (json!({"provider": {}}), Some("no provider specified")),
            (
                json!({"provider": {"job": {}, "web": {}}}),
                Some("multiple providers specified"),
            ),
            (
                json!({"provider": {"plugin": {"a": {}, "b": {}}}}),
                Some("multiple providers specified"),
            ),
            (json!({"provider": {"plugin": {"a": {}}}}), None),
        ] {
            let expected = words.map(|words| format!("metrics[0]: {words}"));
            assert_eq!(check(&[metric(fields.clone())]).err(), expected, "{fields}");
        }
        assert_eq!(check(&[]), Err("no metrics specified".to_owned()));
        let twice = [metric(json!({})), metric(json!({}))];
        assert_eq!(
            check(&twice),
            Err("metrics[1]: duplicate name 'm'".to_owned())
        );
    }

    #[test]
    fn rules_speak_of_metrics_by_pattern() {
        let metrics = [
            metric(json!({"name": "error-rate"})),
            metric(json!({"name": "p95"})),
        ];
        let rules = [json!({"metricName": "error.*"})];
        let found = matching(&rules, "dryRun", &metrics).unwrap();
        assert_eq!(found.into_keys().collect::<Vec<_>>(), ["error-rate"]);
        for rules in [
            [json!({"metricName": "nothing"})],
            [json!({"metricName": "("})],
        ] {
            assert_eq!(
                matching(&rules, "dryRun", &metrics),
                Err("dryRun[0]: Rule didn't match any metric name(s)".to_owned())
            );
        }
    }
}
