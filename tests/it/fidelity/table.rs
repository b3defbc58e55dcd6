//! The table of requests: each row is as the real server answers it, or says why not.

use std::{fs, path::PathBuf};

use futures::StreamExt;
use serde_json::{Value, json};

use super::{
    accepted::Accepted,
    case::{self, Case},
    difference::differences,
    door::Door,
    run::run,
};

/// The fewest requests that make a table.
const FEWEST: usize = 250;
/// Cases at a time on the real server.
const TOGETHER: usize = 6;

/// The server that the records are of.
const RECORDED_FROM: &str = "kube-apiserver v1.37.2, kube-controller-manager v1.37.2, etcd 3.7.0";

fn record(case: &Case) -> PathBuf {
    case::folder().join(format!("{}.answers.json", case.name))
}

fn recorded(case: &Case) -> Option<Vec<Value>> {
    let text = fs::read(record(case)).ok()?;
    let value: Value = serde_json::from_slice(&text).unwrap();
    value["answers"].as_array().cloned()
}

/// The answers of the real server: those of now if there is one, else the recorded ones.
async fn expected(case: &Case, real: Option<&Door>, failures: &mut Vec<String>) -> Vec<Value> {
    let recorded = recorded(case);
    let Some(real) = real else {
        return recorded.unwrap_or_else(|| panic!("{} has no record", case.name));
    };
    let live = run(real, case).await;
    if std::env::var_os("WAXWING_RECORD").is_some() {
        let value = json!({"from": RECORDED_FROM, "answers": live});
        let text = serde_json::to_string_pretty(&value).unwrap() + "\n";
        fs::write(record(case), text).unwrap();
    } else {
        let recorded = recorded.unwrap_or_default();
        for difference in differences(&json!(recorded), &json!(live)) {
            failures.push(format!(
                "{}: the record is not what the real server says: {difference:?}",
                case.name
            ));
        }
    }
    live
}

async fn judge(case: &Case, real: Option<&Door>) -> (Vec<Value>, Vec<Value>, Vec<String>) {
    let mut failures = Vec::new();
    let expected = expected(case, real, &mut failures).await;
    let ours = run(&Door::embedded(), case).await;
    (expected, ours, failures)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_that_of_the_real_server() {
    let kubeconfig = std::env::var("WAXWING_REAL_KUBECONFIG").ok();
    let real = match &kubeconfig {
        Some(kubeconfig) => Some(Door::real(kubeconfig).await),
        None => None,
    };
    let only = std::env::var("WAXWING_CASE").unwrap_or_default();
    let cases: Vec<Case> = case::all()
        .into_iter()
        .filter(|case| case.name.contains(&only))
        .collect();
    let requests: usize = cases.iter().map(|case| case.steps.len()).sum();
    let accepted = Accepted::read();
    let judged: Vec<_> = futures::stream::iter(&cases)
        .map(|case| judge(case, real.as_ref()))
        .buffered(TOGETHER)
        .collect()
        .await;
    let mut failures = Vec::new();
    for (case, (expected, ours, own)) in cases.iter().zip(judged) {
        failures.extend(own);
        for (index, step) in case.steps.iter().enumerate() {
            let number = index + 1;
            let (Some(expected), Some(ours)) = (expected.get(index), ours.get(index)) else {
                failures.push(format!("{} request {number}: no answer", case.name));
                continue;
            };
            for difference in differences(expected, ours) {
                if !accepted.has(&case.name, number, &difference) {
                    failures.push(format!(
                        "{} request {number} ({} {}): {}\n    real: {}\n    ours: {}",
                        case.name,
                        step.method,
                        step.path,
                        difference.at,
                        shown(difference.real.as_ref()),
                        shown(difference.ours.as_ref()),
                    ));
                }
            }
        }
    }
    if only.is_empty() {
        failures.extend(accepted.idle());
        assert!(requests >= FEWEST, "only {requests} requests");
    }
    println!("{requests} requests in {} cases", cases.len());
    assert!(
        failures.is_empty(),
        "{} differences:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}
