//! The recorded command lines of the original, run with our `kubeseal`: output, errors, exit code and files.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use serde::Deserialize;

/// Cases in which we differ on purpose, each with its reason.
const DIFFERENT: &[(&str, &str)] = &[
    (
        "merge-labels",
        "the original panics; we merge the labels into the file",
    ),
    (
        "bad-second-document",
        "the original drops the broken document in silence, and a secret with it; ours is an error that names it \
         (kubeseal::bad_input says which), exit code 1",
    ),
];

#[derive(Deserialize)]
struct Recorded {
    fixtures: BTreeMap<String, String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    arguments: Vec<String>,
    stdin: String,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    exit: i32,
    stdout: String,
    stderr: String,
    #[serde(default)]
    files: BTreeMap<String, String>,
}

fn vectors() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn recorded() -> Recorded {
    let text = fs::read(vectors().join("kubeseal-cli/cases.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// A folder with everything that the recordings found in theirs.
fn working_folder(fixtures: &BTreeMap<String, String>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in fixtures {
        fs::write(folder.path().join(name), text).unwrap();
    }
    for entry in fs::read_dir(vectors().join("kubeseal/keys")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let sealed = vectors().join("kubeseal/strict-opaque.yaml");
    fs::copy(sealed, folder.path().join("sealed")).unwrap();
    folder
}

/// Puts the path of a file where its name stands in braces.
fn placed(text: &str, folder: &Path) -> String {
    let mut placed = text.to_owned();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        placed = placed.replace(&format!("{{{name}}}"), path.to_str().unwrap());
    }
    placed
}

/// The shortest run of base64 that the recordings masked.
const SHORTEST_MASKED: usize = 300;

/// Masks ciphertext as the recordings do: by its length. What begins as a path does is none.
pub fn masked(text: &str) -> String {
    let is_base64 = |letter: char| letter.is_ascii_alphanumeric() || "+/=".contains(letter);
    let mut masked = String::new();
    let mut run = String::new();
    for letter in text.chars().chain(['\0']) {
        if is_base64(letter) {
            run.push(letter);
            continue;
        }
        if run.len() >= SHORTEST_MASKED && !run.starts_with('/') {
            masked.push_str(&format!("<{} characters of ciphertext>", run.len()));
        } else {
            masked.push_str(&run);
        }
        run.clear();
        masked.push(letter);
    }
    masked.pop();
    masked
}

/// Cuts a usage text after its first line, as the recordings do.
fn cut_usage(text: &str) -> String {
    match text.split_once('\n') {
        Some((first, _)) if first.starts_with("      --add_dir_header ") => {
            format!("{first}\n(usage follows)")
        }
        _ => text.to_owned(),
    }
}

/// What differs from the recording, as text; empty when nothing does.
fn differences(case: &Case, fixtures: &BTreeMap<String, String>) -> String {
    let folder = working_folder(fixtures);
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubeseal"))
        .arg0("kubeseal")
        .args(
            case.arguments
                .iter()
                .map(|text| placed(text, folder.path())),
        )
        .env_clear()
        .env("HOME", folder.path())
        .envs(
            case.environment
                .iter()
                .map(|(name, value)| (name, placed(value, folder.path()))),
        )
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A run that fails early does not read its input, which is no matter here.
    let _ = child.stdin.take().unwrap().write_all(case.stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let mut differences = String::new();
    let mut compare = |what: &str, ours: &str, recorded: &str| {
        if ours != recorded {
            differences.push_str(&format!("  {what}: {ours:?}\n  recorded: {recorded:?}\n"));
        }
    };
    let stdout = cut_usage(&masked(&String::from_utf8(output.stdout).unwrap()));
    compare("stdout", &stdout, &case.stdout);
    compare(
        "stderr",
        &String::from_utf8(output.stderr).unwrap(),
        &case.stderr,
    );
    compare(
        "exit",
        &output.status.code().unwrap_or(-1).to_string(),
        &case.exit.to_string(),
    );
    for (name, recorded) in &case.files {
        let ours = fs::read_to_string(folder.path().join(name)).unwrap_or_default();
        compare(name, &masked(&ours), recorded);
    }
    if !case.files.contains_key("sealed") {
        let before = fs::read_to_string(vectors().join("kubeseal/strict-opaque.yaml")).unwrap();
        let after = fs::read_to_string(folder.path().join("sealed")).unwrap();
        compare("sealed", &after, &before);
    }
    differences
}

/// The differences of all cases, several being run at a time.
fn all_differences(recorded: &Recorded) -> Vec<String> {
    let size = recorded.cases.len().div_ceil(4);
    thread::scope(|scope| {
        let parts: Vec<_> = recorded
            .cases
            .chunks(size)
            .map(|cases| {
                scope.spawn(move || {
                    let of = |case| differences(case, &recorded.fixtures);
                    cases.iter().map(of).collect::<Vec<_>>()
                })
            })
            .collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().unwrap())
            .collect()
    })
}

#[test]
fn every_recorded_command_line_answers_the_same() {
    let recorded = recorded();
    assert_eq!(recorded.cases.len(), 118);
    let found = all_differences(&recorded);
    let mut wrong = String::new();
    for (case, differences) in recorded.cases.iter().zip(found) {
        let listed = DIFFERENT.iter().any(|(name, _)| *name == case.name);
        match (differences.is_empty(), listed) {
            (true, false) | (false, true) => {}
            (true, true) => wrong.push_str(&format!("{}: listed, but the same\n", case.name)),
            (false, false) => wrong.push_str(&format!("{}:\n{differences}", case.name)),
        }
    }
    for (name, _) in DIFFERENT {
        assert!(
            recorded.cases.iter().any(|case| case.name == *name),
            "{name}: no such case"
        );
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_mask_is_that_of_the_recordings() {
    let text = format!("a: {}\n", "A".repeat(712));
    assert_eq!(masked(&text), "a: <712 characters of ciphertext>\n");
    assert_eq!(masked("a: QUJD\n"), "a: QUJD\n");
}
