use serde_json::Value as Json;

use super::{
    condition::{Reading, instant, judge, truth_of},
    value::{Type, Value},
};
use crate::api::analysis::Phase;

/// Recorded from Go's expr, with the original's functions; how it was made stands in the file.
const RECORDED: &str = include_str!("../../../tests/vectors/expr/conditions.json");

fn now() -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_800_000_000).unwrap()
}

fn result(text: &str) -> Value {
    let number = |text: &str| text.parse::<f64>().unwrap();
    match text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
    {
        None => Value::Float(number(text)),
        Some(inner) => {
            let parts = inner.split(',').filter(|part| !part.is_empty());
            let items = parts.map(|part| Value::Float(number(part))).collect();
            Value::List(items, Box::new(Type::Float))
        }
    }
}

#[test]
fn conditions_come_out_as_in_go() {
    let recorded: Json = serde_json::from_str(RECORDED).unwrap();
    let rows = recorded["rows"].as_array().unwrap();
    assert!(rows.len() > 900);
    let mut wrong = Vec::new();
    for row in rows {
        let (condition, given) = (
            row["condition"].as_str().unwrap(),
            row["result"].as_str().unwrap(),
        );
        let expected = match row.get("holds") {
            Some(holds) => Ok(holds.as_bool().unwrap()),
            None => Err(row["error"].as_str().unwrap().to_owned()),
        };
        let found = truth_of(condition, result(given), now());
        if found != expected {
            wrong.push(format!(
                "{condition} of {given}: {found:?}, not {expected:?}"
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn readings_come_to_phases() {
    let samples = |numbers: &[f64]| Reading::Samples(numbers.to_vec());
    let nan = f64::NAN;
    for (reading, success, failure, phase) in [
        (
            samples(&[0.1]),
            "result[0] <= 0.25",
            "",
            Some(Phase::Successful),
        ),
        (
            samples(&[0.3]),
            "result[0] <= 0.25",
            "",
            Some(Phase::Failed),
        ),
        (
            samples(&[nan]),
            "result[0] <= 0.25",
            "",
            Some(Phase::Failed),
        ),
        (
            samples(&[nan]),
            "result[0] < 1",
            "result[0] > 2",
            Some(Phase::Inconclusive),
        ),
        (
            samples(&[nan]),
            "isNaN(result[0])",
            "",
            Some(Phase::Successful),
        ),
        (samples(&[]), "result[0] <= 0.25", "", None),
        (
            samples(&[]),
            "len(result) == 0 || result[0] < 1",
            "",
            Some(Phase::Successful),
        ),
        (
            samples(&[0.3]),
            "",
            "result[0] > 0.5",
            Some(Phase::Successful),
        ),
        (samples(&[0.6]), "", "result[0] > 0.5", Some(Phase::Failed)),
        (
            samples(&[0.6]),
            "result[0] > 0.5",
            "result[0] > 0.5",
            Some(Phase::Failed),
        ),
        (
            samples(&[0.3]),
            "result[0] < 0.1",
            "result[0] > 0.5",
            Some(Phase::Inconclusive),
        ),
        (samples(&[0.3]), "", "", Some(Phase::Successful)),
        (samples(&[0.3]), "result[0]", "", None),
        (
            Reading::Scalar(0.1),
            "result < 0.2",
            "",
            Some(Phase::Successful),
        ),
        (
            Reading::Scalar(f64::INFINITY),
            "isInf(result)",
            "",
            Some(Phase::Successful),
        ),
    ] {
        let judged = judge(&reading, success, failure, now());
        assert_eq!(judged.ok(), phase, "{reading:?} {success} {failure}");
    }
    assert_eq!(
        judge(&samples(&[1.0]), "", "foo", now()),
        Err("could not evaluate failureCondition \"foo\": unknown name foo".to_owned())
    );
}

#[test]
fn instants_are_reckoned_from_now() {
    for (text, seconds) in [
        ("now()", Some(0)),
        ("now() - duration(\"1h\")", Some(-3600)),
        ("now() + duration(\"1m30s\") * 2", Some(180)),
        ("1", None),
        ("now() - 5", None),
        ("then()", None),
    ] {
        let found = instant(text, now())
            .ok()
            .map(|at| at.as_second() - now().as_second());
        assert_eq!(found, seconds, "{text}");
    }
    assert_eq!(
        instant("1", now()),
        Err("expected time.Time, but got int".to_owned())
    );
}

#[test]
fn no_expression_costs_more_than_the_limit() {
    let deep = "(".repeat(5000);
    let long = vec!["1"; 5000].join("+") + " > 1";
    let nots = "!".repeat(5000) + "true";
    let members = format!("result{} == 1", "[0]".repeat(5000));
    for text in [&deep, &long, &nots, &members] {
        let error = truth_of(text, result("1"), now()).unwrap_err();
        assert_eq!(
            error,
            "compilation failed: expression exceeds maximum allowed nodes"
        );
    }
    for text in ["len(1..2000000) > 1", "all(1..2000, all(1..2000, # > 0))"] {
        let error = truth_of(text, result("1"), now()).unwrap_err();
        assert_eq!(error, "memory budget exceeded");
    }
}
