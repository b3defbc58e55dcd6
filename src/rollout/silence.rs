//! Metrics that never saw data: a canary that was promoted by them was promoted unseen.

use serde_json::Value;

use super::pass::Pass;
use crate::object::Object;

/// The metrics of a run all of whose measurements are empty: no series, or a division by no traffic.
pub fn silent_metrics(run: &Object) -> Vec<&str> {
    let results = run
        .at(&["status", "metricResults"])
        .and_then(Value::as_array);
    let mut silent = Vec::new();
    for result in results.into_iter().flatten() {
        let measurements = result.get("measurements").and_then(Value::as_array);
        let measurements = measurements.map(Vec::as_slice).unwrap_or_default();
        let name = result.get("name").and_then(Value::as_str);
        if let (Some(name), false) = (name, measurements.is_empty())
            && measurements.iter().all(is_empty)
        {
            silent.push(name);
        }
    }
    silent
}

fn is_empty(measurement: &Value) -> bool {
    let value = measurement.get("value").and_then(Value::as_str);
    matches!(value.unwrap_or_default(), "" | "[]" | "[NaN]" | "NaN")
}

/// Tells of the silent metrics of a run whose update is promoted.
pub fn tell(pass: &mut Pass<'_>, run: &Object) {
    for metric in silent_metrics(run) {
        let text = format!(
            "Metric \"{metric}\" of AnalysisRun '{}' never saw data",
            run.name()
        );
        pass.warn("AnalysisNoData", text);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_metric_is_silent_while_all_it_measured_is_empty() {
        let of = |values: &[&str]| {
            let measurements: Vec<Value> =
                values.iter().map(|value| json!({"value": value})).collect();
            json!({"name": "m", "measurements": measurements})
        };
        for (values, is_silent) in [
            (vec!["[]", "[NaN]"], true),
            (vec!["[]", "[0]"], false),
            (vec![], false),
            (vec!["[0.1,NaN]"], false),
        ] {
            let run = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun", "metadata": {"name": "r"},
                "status": {"metricResults": [of(&values)]}});
            let run = Object::from_value(run).unwrap();
            assert_eq!(!silent_metrics(&run).is_empty(), is_silent, "{values:?}");
        }
    }
}
