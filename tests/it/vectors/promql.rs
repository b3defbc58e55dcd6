//! Our answers to PromQL queries against those of Prometheus' own engine.

use std::{fs, path::Path, process::Command};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use waxwing::promql::{self, Labels, Query, QueryError, Steps, Store};

const FOLDER: &str = "tests/vectors/promql";

/// Reads `1 2 _ stale 0+5x3`: numbers, gaps, the end of a series, and ramps of so many further values.
fn fill(store: &mut Store, series: &Json) {
    let labels: Labels = series["labels"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    let step = series["step"].as_i64().unwrap();
    let mut at = series["start"].as_i64().unwrap();
    let mut values = Vec::new();
    for item in series["values"].as_str().unwrap().split(' ') {
        match (item, item.split_once('x')) {
            ("_", _) => values.push(None),
            ("stale", _) => values.push(Some(None)),
            (_, Some((ramp, times))) => {
                let (first, by) = ramp.split_once('+').unwrap();
                let (first, by): (f64, f64) = (first.parse().unwrap(), by.parse().unwrap());
                for place in 0..=times.parse::<u32>().unwrap() {
                    values.push(Some(Some(first + by * f64::from(place))));
                }
            }
            (number, None) => values.push(Some(Some(number.parse().unwrap()))),
        }
    }
    for value in values {
        let now = Timestamp::from_millisecond(at).unwrap();
        match value {
            Some(Some(value)) => store.append(&labels, now, value).unwrap(),
            Some(None) => store.end(&labels, now).unwrap(),
            None => {}
        }
        at += step;
    }
}

fn answer(store: &Store, question: &Json) -> String {
    let instant =
        |name: &str| Timestamp::from_millisecond(question[name].as_i64().unwrap()).unwrap();
    let asked = || -> Result<(promql::Value, i64), QueryError> {
        let query = Query::parse(question["query"].as_str().unwrap())?;
        if question["at"].is_i64() {
            let at = instant("at");
            return Ok((query.at(store, at)?, at.as_millisecond()));
        }
        let step = SignedDuration::from_millis(question["step"].as_i64().unwrap());
        let steps = Steps::new(instant("start"), instant("end"), step)?;
        Ok((query.over(store, steps)?, 0))
    };
    match asked() {
        Ok((value, at)) => promql::success(&value, at),
        Err(error) => promql::failure(&error),
    }
}

/// The same answer: text for text, but for the last digit of what libraries of mathematics round differently.
fn is_same(ours: &Json, theirs: &Json) -> bool {
    match (ours, theirs) {
        (Json::String(one), Json::String(other)) if one != other => {
            match (one.parse::<f64>(), other.parse::<f64>()) {
                (Ok(one), Ok(other)) => (one - other).abs() <= one.abs() * 1e-15,
                _ => false,
            }
        }
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| is_same(a, b))
        }
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|((a, x), (b, y))| a == b && is_same(x, y))
        }
        _ => ours == theirs,
    }
}

fn judge(answers: &str) {
    let questions: Json =
        serde_json::from_str(&fs::read_to_string(format!("{FOLDER}/questions.json")).unwrap())
            .unwrap();
    let mut store = Store::new(SignedDuration::from_hours(24));
    for series in questions["series"].as_array().unwrap() {
        fill(&mut store, series);
    }
    let questions = questions["questions"].as_array().unwrap();
    assert_eq!(questions.len(), answers.lines().count());
    let mut wrong = Vec::new();
    for (question, theirs) in questions.iter().zip(answers.lines()) {
        let ours = answer(&store, question);
        let (one, other): (Json, Json) = (
            serde_json::from_str(&ours).unwrap(),
            serde_json::from_str(theirs).unwrap(),
        );
        if !is_same(&one, &other) {
            wrong.push(format!("{question}\n  ours   {ours}\n  theirs {theirs}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} differ\n{}",
        wrong.len(),
        questions.len(),
        wrong.join("\n")
    );
}

#[test]
fn answers_are_those_of_prometheus() {
    judge(&fs::read_to_string(format!("{FOLDER}/answers.jsonl")).unwrap());
}

/// Names the judge that `tests/peers/build` makes of Prometheus' own engine.
#[test]
#[expect(clippy::disallowed_methods, reason = "names a tool")]
fn the_peer_promql_still_answers_so() {
    let Ok(judge_binary) = std::env::var("WAXWING_PEER_PROMQL") else {
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let done = Command::new(judge_binary)
        .arg(root.join(FOLDER).join("questions.json"))
        .output()
        .unwrap();
    assert!(done.status.success());
    let answers = String::from_utf8(done.stdout).unwrap();
    let recorded = fs::read_to_string(format!("{FOLDER}/answers.jsonl")).unwrap();
    assert_eq!(answers, recorded, "the recorded answers are old");
    judge(&answers);
}
