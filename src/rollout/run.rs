//! How measurements add up to a metric, and metrics to a run (upstream `analysis/analysis.go`).

use crate::api::{
    analysis::{DEFAULT_CONSECUTIVE_ERROR_LIMIT, Metric, Phase, whole},
    analysis_status::Tally,
};

/// Counts one more measurement.
pub fn count(tally: &mut Tally, phase: Phase) {
    match phase {
        Phase::Successful => {
            tally.successful += 1;
            tally.consecutive_success += 1;
        }
        Phase::Failed => tally.failed += 1,
        Phase::Inconclusive => tally.inconclusive += 1,
        Phase::Error => {
            tally.error += 1;
            tally.consecutive_error += 1;
            tally.consecutive_success = 0;
            return;
        }
        Phase::Pending | Phase::Running => return,
    }
    tally.count += 1;
    tally.consecutive_error = 0;
    if phase != Phase::Successful {
        tally.consecutive_success = 0;
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

/// Which limit a metric has passed, if any; of several the last in this order holds: failures, undecided ones, errors.
pub fn passed_limit(metric: &Metric, tally: Tally) -> Option<Verdict> {
    let failures = whole(&metric.failure_limit).unwrap_or(0);
    let undecided = whole(&metric.inconclusive_limit).unwrap_or(0);
    let errors = whole(&metric.consecutive_error_limit).unwrap_or(DEFAULT_CONSECUTIVE_ERROR_LIMIT);
    let verdict = |phase, reason: String| Some(Verdict { phase, reason });
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
    None
}

/// Judges a metric by its tally.
pub fn assess(metric: &Metric, tally: Tally, is_terminating: bool) -> Phase {
    if tally.count + tally.error == 0 {
        return if is_terminating {
            Phase::Successful
        } else {
            Phase::Pending
        };
    }
    if let Some(verdict) = passed_limit(metric, tally) {
        return verdict.phase;
    }
    let failures = whole(&metric.failure_limit).unwrap_or(0);
    let successes = whole(&metric.consecutive_success_limit).unwrap_or(0);
    if successes > 0 && tally.consecutive_success >= successes {
        return Phase::Successful;
    }
    if metric
        .effective_count()
        .is_some_and(|count| tally.count >= count)
    {
        return match (successes > 0, failures >= 0) {
            (true, true) => Phase::Inconclusive,
            (true, false) => Phase::Failed,
            (false, _) => Phase::Successful,
        };
    }
    if is_terminating {
        Phase::Successful
    } else {
        Phase::Running
    }
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
            assert_eq!(assess(&metric, tally, false), running, "{fields}");
            assert_eq!(
                assess(&metric, tally, true),
                terminating,
                "{fields} terminating"
            );
        }
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
            count(&mut tally, phase);
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
