//! Command lines that the recordings of 0.36.6 leave out: judged by a real kubeseal where it decides, else by what is
//! documented of the newest. `more.json` says which. With `WAXWING_PEER_KUBESEAL` the judge is asked again.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    thread,
};

use serde::{Deserialize, Serialize};

use super::{program::Program, service};
use crate::vectors::{kubeseal_cli::masked, vector};

/// What decides a case.
const JUDGE: &str = "kubeseal 0.27.1";
/// With this variable the answers of the judge are written into the file, for a new case.
const RECORD: &str = "WAXWING_RECORD_KUBESEAL";

#[derive(Deserialize, Serialize)]
struct Recorded {
    about: String,
    fixtures: BTreeMap<String, String>,
    cases: Vec<Case>,
}

#[derive(Clone, Deserialize, Serialize)]
struct Case {
    name: String,
    /// [`JUDGE`], or why it is not the judge here.
    judge: String,
    arguments: Vec<String>,
    /// A text, or `@` and the name of a fixture.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    stdin: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    exit: i32,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    /// Files that are looked at afterwards; an empty text for one that is not there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    files: BTreeMap<String, String>,
}

/// What a run left behind, comparable.
#[derive(Debug, PartialEq)]
struct Answer {
    exit: i32,
    stdout: String,
    stderr: String,
    files: BTreeMap<String, String>,
}

impl Case {
    fn recorded(&self) -> Answer {
        Answer {
            exit: self.exit,
            stdout: self.stdout.clone(),
            stderr: self.stderr.clone(),
            files: self.files.clone(),
        }
    }

    fn run(&self, binary: &Path, recorded: &Recorded, server: &str) -> Answer {
        let program = Program::at(binary);
        for (name, text) in &recorded.fixtures {
            program.put(name, text.replace("{server}", server));
        }
        for name in [
            "primary.crt",
            "primary.key",
            "primary.pkcs1.key",
            "previous.crt",
        ] {
            program.put(name, vector(&format!("keys/{name}")));
        }
        for (name, file) in SEALED {
            program.put(name, vector(file));
        }
        let folder = program.path("");
        let folder = folder.to_str().unwrap().trim_end_matches('/');
        let placed = |text: &String| text.replace("{server}", server).replace("{folder}", folder);
        let stdin = match self.stdin.strip_prefix('@') {
            Some(name) => fs::read(program.path(name)).unwrap(),
            None => placed(&self.stdin).into_bytes(),
        };
        let arguments: Vec<String> = self.arguments.iter().map(placed).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let environment: Vec<(String, String)> = self
            .environment
            .iter()
            .map(|(name, value)| (name.clone(), placed(value)))
            .collect();
        let done = program.run_in(&arguments, stdin, &environment);
        let shown =
            |text: &str| normal(&text.replace(folder, "{folder}").replace(server, "{server}"));
        Answer {
            exit: done.code,
            stdout: shown(&done.stdout),
            stderr: shown(&done.stderr),
            files: self
                .files
                .keys()
                .map(|name| {
                    let text = fs::read_to_string(program.path(name)).unwrap_or_default();
                    (name.clone(), shown(&text))
                })
                .collect(),
        }
    }
}

/// Files of the recordings that cases work on.
const SEALED: &[(&str, &str)] = &[
    ("sealed", "strict-opaque.yaml"),
    ("sealed.json", "strict-json.json"),
    ("sealed.cluster", "cluster-wide.yaml"),
    ("sealed.namespace", "namespace-wide.yaml"),
    ("sealed.labels", "labels-annotations-immutable.yaml"),
    ("sealed.previous", "sealed-with-previous-key.yaml"),
    ("sealed.stream", "stream.yaml"),
];

/// Without what differs each time (ciphertext), and without the empty times that old versions print.
fn normal(text: &str) -> String {
    let masked = masked(text);
    let lines: Vec<&str> = masked.lines().collect();
    let mut kept = String::new();
    for (at, line) in lines.iter().enumerate() {
        let is_time = |line: &str| {
            matches!(
                line.trim(),
                "creationTimestamp: null" | "\"creationTimestamp\": null,"
            ) || line.trim() == "\"creationTimestamp\": null"
        };
        if is_time(line) {
            continue;
        }
        let is_last = lines
            .get(at + 1)
            .is_some_and(|next| next.trim() == "\"creationTimestamp\": null");
        kept.push_str(if is_last {
            line.trim_end_matches(',')
        } else {
            line
        });
        kept.push('\n');
    }
    if !masked.ends_with('\n') {
        kept.pop();
    }
    sorted_names(&without_usage(&kept))
}

/// Without the lines of a usage text.
fn without_usage(text: &str) -> String {
    if !text.contains("      --add_dir_header ") {
        return text.to_owned();
    }
    let is_flag = |line: &&str| !line.trim_start().starts_with('-') && !line.starts_with("      ");
    let lines = text.lines().filter(is_flag);
    lines.map(|line| format!("{line}\n")).collect()
}

/// The names of the items that do not open, in order: the original has them in any.
fn sorted_names(text: &str) -> String {
    let line = |line: &str| {
        let names = line
            .strip_prefix("error: no key could decrypt secret (")
            .and_then(|rest| rest.strip_suffix(')'));
        let Some(names) = names else {
            return line.to_owned();
        };
        let mut names: Vec<&str> = names.split(", ").collect();
        names.sort_unstable();
        format!("error: no key could decrypt secret ({})", names.join(", "))
    };
    let lines: Vec<String> = text.split('\n').map(line).collect();
    lines.join("\n")
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/kubeseal-cli/more.json")
}

fn recorded() -> Recorded {
    serde_json::from_slice(&fs::read(file()).unwrap()).unwrap()
}

/// The answers of a program to all cases, several at a time.
fn answers(
    binary: &Path,
    recorded: &Recorded,
    which: impl Fn(&Case) -> bool + Sync,
) -> Vec<Option<Answer>> {
    let server = service::start();
    let size = recorded.cases.len().div_ceil(4);
    let parts: Vec<_> = recorded.cases.chunks(size).collect();
    thread::scope(|scope| {
        let threads: Vec<_> = parts
            .into_iter()
            .map(|cases| {
                let (server, which) = (&server, &which);
                scope.spawn(move || {
                    let run = |case: &Case| which(case).then(|| case.run(binary, recorded, server));
                    cases.iter().map(run).collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    })
}

fn differences(recorded: &Recorded, answers: Vec<Option<Answer>>) -> String {
    let mut text = String::new();
    for (case, answer) in recorded.cases.iter().zip(answers) {
        let Some(answer) = answer else { continue };
        if answer != case.recorded() {
            text.push_str(&format!(
                "{} ({})\n  now:      {answer:?}\n  recorded: {:?}\n",
                case.name,
                case.judge,
                case.recorded()
            ));
        }
    }
    text
}

#[test]
fn every_case_answers_as_recorded() {
    let recorded = recorded();
    assert!(recorded.cases.len() >= 60, "{}", recorded.cases.len());
    let all = answers(Path::new(env!("CARGO_BIN_EXE_kubeseal")), &recorded, |_| {
        true
    });
    let wrong = differences(&recorded, all);
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_real_kubeseal_as_peer_answers_so_still() {
    let Some(judge) = super::peer::path() else {
        return;
    };
    let mut recorded = recorded();
    let all = answers(&judge, &recorded, |case| case.judge == JUDGE);
    if std::env::var_os(RECORD).is_some() {
        for (case, answer) in recorded.cases.iter_mut().zip(all) {
            let Some(answer) = answer else { continue };
            case.exit = answer.exit;
            case.stdout = answer.stdout;
            case.stderr = answer.stderr;
            case.files = answer.files;
        }
        let mut text = serde_json::to_string_pretty(&recorded).unwrap();
        text.push('\n');
        fs::write(file(), text).unwrap();
        return;
    }
    let wrong = differences(&recorded, all);
    assert!(wrong.is_empty(), "{wrong}");
}
