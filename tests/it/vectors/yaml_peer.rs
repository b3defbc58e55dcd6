//! Our YAML against the real library, live: `WAXWING_YAML_JUDGE` names the judge built from `tests/peers/yaml`.
//! Without the variable nothing is asked; with it, a judge that does not run is a failure.
//!
//! `WAXWING_YAML_SEED` picks other random cases, `WAXWING_YAML_RECORD=1` writes the vectors anew.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use waxwing::object::yaml::write;

use super::{yaml, yaml_values as make};

/// Random cases of each sort in a live run.
const FRESH: usize = 4000;
/// Random cases of each sort in the recorded vectors.
const RECORDED: usize = 1000;
/// The seed of the recorded vectors.
const SEED: u64 = 1;

#[expect(
    clippy::disallowed_methods,
    reason = "the judge is named by the environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn ask(judge: &str, questions: &[Value]) -> Vec<Value> {
    let mut child = Command::new(judge)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("WAXWING_YAML_JUDGE does not run: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    let lines: String = questions
        .iter()
        .map(|question| format!("{question}\n"))
        .collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let answers: Vec<Value> = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(answers.len(), questions.len());
    answers
}

fn judged(judge: &str, verb: &str, asked: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let questions: Vec<Value> = asked
        .into_iter()
        .map(|asked| json!({ verb: asked }))
        .collect();
    let answers = ask(judge, &questions);
    questions
        .into_iter()
        .zip(answers)
        .map(|(question, answer)| {
            let mut case = question;
            case.as_object_mut()
                .unwrap()
                .extend(answer.as_object().unwrap().clone());
            case
        })
        .collect()
}

fn written(judge: &str, values: Vec<Value>) -> Vec<Value> {
    judged(judge, "write", values)
}

fn read(judge: &str, texts: Vec<String>) -> Vec<Value> {
    judged(judge, "read", texts.into_iter().map(Value::from))
}

#[test]
fn the_real_library_agrees() {
    let Some(judge) = variable("WAXWING_YAML_JUDGE") else {
        return;
    };
    let seed = variable("WAXWING_YAML_SEED").map_or(SEED + 1, |seed| seed.parse().unwrap());
    let values = make::sample(make::value(), seed, FRESH);
    let texts: Vec<String> = values
        .iter()
        .map(write)
        .chain(make::sample(make::yaml_like(), seed, FRESH))
        .collect();
    yaml::check_written(&written(&judge, values));
    yaml::check_read(&read(&judge, texts));
}

#[test]
fn the_vectors_are_recorded_on_demand() {
    let (Some(judge), Some(_)) = (
        variable("WAXWING_YAML_JUDGE"),
        variable("WAXWING_YAML_RECORD"),
    ) else {
        return;
    };
    let mut values = make::values();
    values.extend(make::sample(make::value(), SEED, RECORDED));
    let mut texts = make::texts();
    texts.extend(make::sample(make::yaml_like(), SEED, RECORDED));
    record("write", written(&judge, values));
    record("read", read(&judge, texts));
}

fn record(name: &str, cases: Vec<Value>) {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/vectors/yaml/{name}.json"));
    let lines: Vec<String> = cases.iter().map(Value::to_string).collect();
    let text = format!(
        "{{\"madeWith\": \"sigs.k8s.io/yaml v1.6.0 with go.yaml.in/yaml/v2 v2.4.4 (as in Kubernetes 1.37), by tests/peers/yaml\",\n\"cases\": [\n{}\n]}}\n",
        lines.join(",\n")
    );
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    #[expect(clippy::disallowed_methods, reason = "recording writes a file")]
    std::fs::write(file, text).unwrap();
}
