//! Runs a case on a server.

use std::{collections::BTreeMap, time::SystemTime};

use serde_json::{Value, json};

use super::{
    answer::Answer,
    case::{Case, Step},
    door::Door,
    normal::Normal,
};

/// Sends all requests of a case; gives the answers, normalised.
pub async fn run(door: &Door, case: &Case) -> Vec<Value> {
    let space = space(&case.name);
    let mut words = BTreeMap::from([("ns".to_owned(), space.clone())]);
    let mut normal = Normal::new(&space);
    let mut answers = Vec::new();
    let mut made = vec![format!("/api/v1/namespaces/{space}")];
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}});
    door.send(&post("/api/v1/namespaces", namespace), &words)
        .await;
    let account = format!("/api/v1/namespaces/{space}/serviceaccounts/default");
    door.send(&get(&account, Some(200)), &words).await;
    for step in &case.steps {
        let answer = door.send(step, &words).await;
        for (name, path) in &step.keep {
            let kept = part(&answer.body, path)
                .unwrap_or_else(|| panic!("{}: no {path} in {answer:?}", case.name));
            words.insert(name.clone(), kept);
        }
        made.extend(of_the_cluster(step, &answer));
        answers.push(normal.answer(&answer));
    }
    for path in made.iter().rev() {
        door.send(&simple("DELETE", path), &words).await;
    }
    answers
}

/// A namespace that no other run has.
fn space(case: &str) -> String {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let sum = case.bytes().fold(0_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    let number = u64::from(now.subsec_nanos()) ^ (now.as_secs() << 30) ^ (sum << 16);
    format!("fidelity-{:012x}", number & 0xffff_ffff_ffff)
}

/// What a step made outside of the namespace, to be taken away at the end.
fn of_the_cluster(step: &Step, answer: &Answer) -> Option<String> {
    let is_made = step.method == "POST" && answer.code == 201 && !step.path.contains("dryRun");
    let name = answer.body.pointer("/metadata/name")?.as_str()?;
    let is_outside = answer.body.pointer("/metadata/namespace").is_none();
    let path = step.path.split('?').next()?;
    (is_made && is_outside && !path.contains("namespaces/")).then(|| format!("{path}/{name}"))
}

fn part(body: &Value, path: &str) -> Option<String> {
    let pointer = format!("/{}", path.replace('.', "/"));
    match body.pointer(&pointer)? {
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn simple(method: &str, path: &str) -> Step {
    Step {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: BTreeMap::new(),
        body: None,
        bytes: None,
        keep: BTreeMap::new(),
        until: None,
        events: None,
    }
}

fn get(path: &str, until: Option<u64>) -> Step {
    Step {
        until,
        ..simple("GET", path)
    }
}

fn post(path: &str, body: Value) -> Step {
    let media = ("Content-Type".to_owned(), "application/json".to_owned());
    Step {
        headers: BTreeMap::from([media]),
        body: Some(body),
        ..simple("POST", path)
    }
}
