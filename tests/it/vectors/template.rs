//! Our templates against Go's own with Sprig: what the judge answered, recorded, and live.
//!
//! `WAXWING_PEER_TEMPLATE` names the judge built from `tests/peers/template`; `WAXWING_TEMPLATE_SEED` picks other
//! random cases. Without the judge nothing is asked; with it, a judge that does not run is a failure.

use std::{collections::BTreeMap, process::Command};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use waxwing::{
    secret::Hidden,
    template::{Class, Policy, TemplateError, function_names, render},
};

/// Random cases of a live run.
const FRESH: usize = 2000;

const HANDMADE: &str = include_str!("../../vectors/template/handmade.json");
const GENERATED: &str = include_str!("../../vectors/template/generated.json");
const NAMES: &str = include_str!("../../vectors/template/names.txt");

#[expect(
    clippy::disallowed_methods,
    reason = "the judge is named by the environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What a case gives: the text, or class and function of the error.
fn wanted(case: &Value) -> Result<Vec<u8>, (String, String)> {
    if let Some(text) = case["output"].as_str() {
        return Ok(text.as_bytes().to_vec());
    }
    if let Some(text) = case["outputBase64"].as_str() {
        return Ok(STANDARD.decode(text).unwrap());
    }
    let field = |name: &str| case["error"][name].as_str().unwrap_or("").to_owned();
    Err((field("class"), field("function")))
}

fn class_of(error: &TemplateError) -> (String, String) {
    let class = match error.class {
        Class::Syntax(_) => "parse",
        Class::Wrong(_) | Class::Failed(_) => "exec",
        Class::Refused(_) => "refused",
        Class::Limit(_) => "limit",
    };
    (class.to_owned(), error.function().unwrap_or("").to_owned())
}

fn ours(case: &Value) -> Result<Vec<u8>, (String, String)> {
    let data: BTreeMap<String, Hidden<Vec<u8>>> = case["data"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| {
            let text = value.as_str().unwrap().as_bytes();
            (name.clone(), Hidden::new(text.to_vec()))
        })
        .collect();
    let text = case["template"].as_str().unwrap();
    render("t", text, &data, &Policy::default())
        .map(|output| output.expose().clone())
        .map_err(|error| class_of(&error))
}

fn judge(cases: &str, least: usize) {
    let cases: Vec<Value> = serde_json::from_str(cases).unwrap();
    assert!(cases.len() >= least, "{} cases", cases.len());
    let mut differences = Vec::new();
    for case in &cases {
        let (wanted, ours) = (wanted(case), ours(case));
        if wanted != ours {
            let show = |result: &Result<Vec<u8>, (String, String)>| match result {
                Ok(text) => format!("{:?}", String::from_utf8_lossy(text)),
                Err(error) => format!("{error:?}"),
            };
            differences.push(format!(
                "{}\n  judge: {}\n  ours:  {}",
                case["template"].as_str().unwrap(),
                show(&wanted),
                show(&ours)
            ));
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {} differ:\n{}",
        differences.len(),
        cases.len(),
        differences.join("\n")
    );
}

#[test]
fn handmade_templates_give_what_go_gives() {
    judge(HANDMADE, 200);
}

#[test]
fn generated_templates_give_what_go_gives() {
    judge(GENERATED, 600);
}

#[test]
fn there_are_the_functions_of_go_and_sprig_and_no_other() {
    let ours: Vec<&str> = function_names().collect();
    let wanted: Vec<&str> = NAMES.lines().collect();
    assert_eq!(ours, wanted);
}

#[test]
fn peer_answers_fresh_templates_as_we_do() {
    let Some(program) = variable("WAXWING_PEER_TEMPLATE") else {
        return;
    };
    let seed = variable("WAXWING_TEMPLATE_SEED").unwrap_or_else(|| std::process::id().to_string());
    let output = Command::new(program)
        .args(["generate", &seed, &FRESH.to_string()])
        .output()
        .unwrap_or_else(|error| panic!("WAXWING_PEER_TEMPLATE does not run: {error}"));
    assert!(output.status.success(), "the judge failed");
    println!("seed {seed}");
    judge(&String::from_utf8(output.stdout).unwrap(), FRESH);
}
