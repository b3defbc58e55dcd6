//! How measurements add up to a metric, and metrics to a run (upstream `analysis/analysis.go`).

use crate::api::analysis::{DEFAULT_CONSECUTIVE_ERROR_LIMIT, Metric, Phase, number};

/// How the measurements of a metric came out so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Good ones, bad ones and undecided ones; errors are not among them.
    pub count: i64,
    /// Good ones.
    pub successful: i64,
    /// Bad ones.
    pub failed: i64,
    /// Undecided ones.
    pub inconclusive: i64,
    /// Those that could not be made.
    pub error: i64,
    /// Errors on end.
    pub consecutive_error: i64,
    /// Good ones on end.
    pub consecutive_success: i64,
}

impl Tally {
    /// Counts one more measurement.
    pub fn add(&mut self, phase: Phase) {
        match phase {
            Phase::Successful => {
                self.successful += 1;
                self.consecutive_success += 1;
            }
            Phase::Failed => self.failed += 1,
            Phase::Inconclusive => self.inconclusive += 1,
            Phase::Error => {
                self.error += 1;
                self.consecutive_error += 1;
                self.consecutive_success = 0;
                return;
            }
            Phase::Pending | Phase::Running => return,
        }
        self.count += 1;
        self.consecutive_error = 0;
        if phase != Phase::Successful {
            self.consecutive_success = 0;
        }
    }
}

/// Where a metric stands, and why if that is bad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Where it stands.
    pub phase: Phase,
    /// Which limit was passed, in the original's words.
    pub reason: String,
}

/// Judges a metric by its tally.
pub fn assess(metric: &Metric, tally: Tally, is_terminating: bool) -> Verdict {
    let limit = |value: &Option<serde_json::Value>, absent: i64| {
        value.as_ref().and_then(number).unwrap_or(absent)
    };
    let failures = limit(&metric.failure_limit, 0);
    let undecided = limit(&metric.inconclusive_limit, 0);
    let errors = limit(
        &metric.consecutive_error_limit,
        DEFAULT_CONSECUTIVE_ERROR_LIMIT,
    );
    let successes = limit(&metric.consecutive_success_limit, 0);
    let verdict = |phase, reason: String| Verdict { phase, reason };
    if tally.consecutive_error > errors {
        return verdict(
            Phase::Error,
            format!(
                "consecutiveErrors ({}) > consecutiveErrorLimit ({errors})",
                tally.consecutive_error
            ),
        );
    }
    if tally.inconclusive > undecided {
        return verdict(
            Phase::Inconclusive,
            format!(
                "inconclusive ({}) > inconclusiveLimit ({undecided})",
                tally.inconclusive
            ),
        );
    }
    if failures >= 0 && tally.failed > failures {
        return verdict(
            Phase::Failed,
            format!("failed ({}) > failureLimit ({failures})", tally.failed),
        );
    }
    if successes > 0 && tally.consecutive_success >= successes {
        return verdict(Phase::Successful, String::new());
    }
    if metric
        .effective_count()
        .is_some_and(|count| tally.count >= count)
    {
        let phase = match (successes > 0, failures >= 0) {
            (true, true) => Phase::Inconclusive,
            (true, false) => Phase::Failed,
            (false, _) => Phase::Successful,
        };
        return verdict(phase, String::new());
    }
    let has_begun = tally.count + tally.error > 0;
    let phase = match (is_terminating, has_begun) {
        (true, _) => Phase::Successful,
        (false, true) => Phase::Running,
        (false, false) => Phase::Pending,
    };
    verdict(phase, String::new())
}

/// What a run shows for a metric that ended badly.
pub fn message(metric: &str, verdict: &Verdict) -> String {
    format!(
        "Metric \"{metric}\" assessed {} due to {}",
        verdict.phase.as_str(),
        verdict.reason
    )
}

/// Where a run stands, by its metrics: name-free pairs of where each stands and whether it is only tried.
pub fn run_phase(metrics: &[(Phase, bool)]) -> Phase {
    if metrics.iter().any(|(phase, _)| !phase.is_complete()) {
        return Phase::Running;
    }
    metrics
        .iter()
        .filter(|(_, is_dry)| !is_dry)
        .fold(Phase::Successful, |worst, (phase, _)| worst.worse(*phase))
}

/// Whether a run ends its other metrics: one that counts has ended badly.
pub fn is_terminating(metrics: &[(Phase, bool)]) -> bool {
    metrics.iter().any(|(phase, is_dry)| {
        !is_dry && matches!(phase, Phase::Failed | Phase::Error | Phase::Inconclusive)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn metric(mut fields: Value) -> Metric {
        fields["interval"] = json!("30s");
        serde_json::from_value(fields).unwrap()
    }

    #[test]
    fn metrics_stand_as_the_original_says() {
        use Phase::{Error, Failed, Inconclusive, Running, Successful};
        let tally = |failed, inconclusive, consecutive_error, consecutive_success, count| Tally {
            failed,
            inconclusive,
            consecutive_error,
            consecutive_success,
            count,
            error: consecutive_error,
            successful: 0,
        };
        let cs = |limit: i64, failures: i64| json!({"consecutiveSuccessLimit": limit, "failureLimit": failures});
        for (fields, tally, running, terminating) in [
            (
                json!({"failureLimit": 2}),
                tally(3, 0, 0, 0, 3),
                Failed,
                Failed,
            ),
            (
                json!({"failureLimit": "3"}),
                tally(3, 0, 0, 0, 3),
                Running,
                Successful,
            ),
            (
                json!({"inconclusiveLimit": 2}),
                tally(0, 3, 0, 0, 3),
                Inconclusive,
                Inconclusive,
            ),
            (
                json!({"inconclusiveLimit": 3}),
                tally(0, 3, 0, 0, 3),
                Running,
                Successful,
            ),
            (json!({}), tally(0, 0, 5, 0, 0), Error, Error),
            (json!({}), tally(0, 0, 4, 0, 0), Running, Successful),
            (
                json!({"count": 10}),
                tally(0, 0, 0, 0, 10),
                Successful,
                Successful,
            ),
            (
                json!({"count": 10}),
                tally(0, 5, 0, 0, 10),
                Inconclusive,
                Inconclusive,
            ),
            (cs(3, -1), tally(0, 0, 0, 3, 3), Successful, Successful),
            (cs(5, -1), tally(0, 0, 0, 3, 3), Running, Successful),
            (
                json!({"consecutiveSuccessLimit": 5, "failureLimit": -1, "count": 7}),
                tally(4, 0, 0, 3, 7),
                Failed,
                Failed,
            ),
            (cs(4, 4), tally(3, 0, 0, 3, 6), Running, Successful),
            (cs(4, 4), tally(5, 0, 0, 0, 5), Failed, Failed),
            (cs(4, 4), tally(3, 0, 0, 4, 7), Successful, Successful),
            (cs(4, 4), tally(5, 0, 0, 4, 9), Failed, Failed),
            (
                json!({"consecutiveSuccessLimit": 4, "failureLimit": 4, "count": 10}),
                tally(4, 0, 0, 3, 10),
                Inconclusive,
                Inconclusive,
            ),
        ] {
            let metric = metric(fields.clone());
            assert_eq!(assess(&metric, tally, false).phase, running, "{fields}");
            assert_eq!(
                assess(&metric, tally, true).phase,
                terminating,
                "{fields} terminating"
            );
        }
    }

    #[test]
    fn a_run_is_as_bad_as_its_worst_metric_that_counts() {
        use Phase::{Error, Failed, Running, Successful};
        assert_eq!(run_phase(&[(Successful, false), (Running, false)]), Running);
        assert_eq!(
            run_phase(&[(Successful, false), (Error, false), (Failed, false)]),
            Failed
        );
        assert_eq!(
            run_phase(&[(Successful, false), (Failed, true)]),
            Successful
        );
        assert!(!is_terminating(&[(Failed, true), (Running, false)]));
        let verdict = assess(
            &metric(json!({"failureLimit": 3})),
            Tally {
                failed: 4,
                count: 4,
                ..Tally::default()
            },
            false,
        );
        assert_eq!(
            message("error-rate", &verdict),
            "Metric \"error-rate\" assessed Failed due to failed (4) > failureLimit (3)"
        );
    }

    #[test]
    fn an_error_counts_apart_and_a_reading_ends_the_row() {
        let mut tally = Tally::default();
        for phase in [
            Phase::Error,
            Phase::Error,
            Phase::Successful,
            Phase::Successful,
            Phase::Failed,
        ] {
            tally.add(phase);
        }
        let expected = Tally {
            count: 3,
            successful: 2,
            failed: 1,
            error: 2,
            ..Tally::default()
        };
        assert_eq!(tally, expected);
    }
}
