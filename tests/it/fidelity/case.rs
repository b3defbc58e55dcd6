//! A case: a file with requests, sent one after the other to a server of its own namespace.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use waxwing::object::yaml::{self, ReadOptions};

/// One request of a case.
#[derive(Clone, Debug)]
pub struct Step {
    pub method: String,
    /// With placeholders, such as `$ns`.
    pub path: String,
    pub headers: BTreeMap<String, String>,
    /// A value is sent as JSON, a text as it is.
    pub body: Option<Value>,
    /// A body in base64.
    pub bytes: Option<String>,
    /// Parts of the answer that later requests name: placeholder to a path of dots.
    pub keep: BTreeMap<String, String>,
    /// Asked again until the answer has this code.
    pub until: Option<u64>,
    /// A watch: how many events to read; 0 for all until the server ends it.
    pub events: Option<usize>,
}

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Folder and file name without ending.
    pub name: String,
    pub steps: Vec<Step>,
}

/// Where the cases are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/api")
}

/// All cases, sorted by name.
pub fn all() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for topic in fs::read_dir(folder()).unwrap() {
        let topic = topic.unwrap().path();
        if !topic.is_dir() {
            continue;
        }
        for file in fs::read_dir(&topic).unwrap() {
            let file = file.unwrap().path();
            if file.extension().is_some_and(|ending| ending == "yaml") {
                cases.push(read(&file));
            }
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

/// Reads the one document of a YAML file.
pub fn document(file: &Path) -> Value {
    let bytes = fs::read(file).unwrap();
    let mut documents = yaml::read(&bytes, &ReadOptions::default())
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert_eq!(documents.len(), 1, "{}", file.display());
    documents.remove(0).value
}

fn read(file: &Path) -> Case {
    let topic = file.parent().unwrap().file_name().unwrap();
    let name = format!(
        "{}/{}",
        topic.to_str().unwrap(),
        file.file_stem().unwrap().to_str().unwrap()
    );
    let document = document(file);
    let steps = document
        .as_array()
        .unwrap_or_else(|| panic!("{name} is no list of requests"));
    let steps = steps.iter().map(|step| self::step(&name, step)).collect();
    Case { name, steps }
}

const KEYS: [&str; 8] = [
    "do", "send", "bytes", "with", "patch", "keep", "until", "events",
];

fn step(case: &str, step: &Value) -> Step {
    for key in step.as_object().unwrap().keys() {
        assert!(KEYS.contains(&key.as_str()), "{case}: unknown word {key}");
    }
    let (method, path) = step["do"].as_str().unwrap().split_once(' ').unwrap();
    let mut headers = texts(&step["with"]);
    if let Some(patch) = step["patch"].as_str() {
        let media = match patch {
            "apply" => "application/apply-patch+yaml".to_owned(),
            "strategic" => "application/strategic-merge-patch+json".to_owned(),
            "merge" => "application/merge-patch+json".to_owned(),
            other => format!("application/{other}-patch+json"),
        };
        headers.insert("Content-Type".into(), media);
    }
    let is_sent = step.get("send").is_some() || step.get("bytes").is_some();
    if is_sent && !headers.contains_key("Content-Type") {
        headers.insert("Content-Type".into(), "application/json".into());
    }
    Step {
        method: method.to_owned(),
        path: path.to_owned(),
        headers,
        body: step.get("send").cloned(),
        bytes: step["bytes"].as_str().map(str::to_owned),
        keep: texts(&step["keep"]),
        until: step["until"].as_u64(),
        events: step["events"]
            .as_u64()
            .map(|events| usize::try_from(events).unwrap()),
    }
}

fn texts(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_object().into_iter().flatten();
    pairs
        .map(|(key, text)| (key.clone(), text.as_str().unwrap().to_owned()))
        .collect()
}
