//! Runs the program in a repository, and reads what it says.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use super::tokens::expand;
use crate::source::Repository;

/// What one run said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs `waxwing lint` in a folder.
pub fn lint(folder: &Path, words: &[&str]) -> Said {
    lint_with(folder, words, "")
}

/// The same with something on standard input.
pub fn lint_with(folder: &Path, words: &[&str], input: &str) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_waxwing"))
        .arg("lint")
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// The findings of a run in JSON, as `RULE path:line`.
pub fn findings(folder: &Path, words: &[&str]) -> Vec<String> {
    let mut all = vec!["--format", "json"];
    all.extend(words);
    let said = lint(folder, &all);
    let value: Value =
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"));
    let each = value["findings"].as_array().unwrap().iter();
    let open = each.filter(|one| one["suppressed"].is_null() && one["baseline"] == false);
    open.map(|one| {
        format!(
            "{} {}:{}",
            one["ruleId"].as_str().unwrap(),
            one["location"]["path"].as_str().unwrap(),
            one["location"]["startLine"]
        )
    })
    .collect()
}

/// A repository with files, samples in the place of their names, nothing committed.
pub fn repository(files: &[(&str, &str)]) -> Repository {
    let repository = Repository::new();
    write(&repository, files);
    repository
}

/// Writes files.
pub fn write(repository: &Repository, files: &[(&str, &str)]) {
    for (path, text) in files {
        repository.write(path, &expand(text));
    }
}

/// Commits everything.
pub fn commit(repository: &Repository, message: &str) {
    repository.git(&["add", "--all"]);
    repository.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
}

/// Commits everything at a time, such as `2026-02-01T00:00:00Z`.
pub fn commit_at(repository: &Repository, message: &str, time: &str) {
    repository.git(&["add", "--all"]);
    let done = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(["commit", "--quiet", "--allow-empty", "-m", message])
        .current_dir(repository.path())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_COMMITTER_DATE", time)
        .env("GIT_AUTHOR_DATE", time)
        .status()
        .unwrap();
    assert!(done.success());
}

/// Files outside of any repository.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let whole = folder.path().join(path);
        fs::create_dir_all(whole.parent().unwrap()).unwrap();
        fs::write(whole, expand(text)).unwrap();
    }
    folder
}

/// A plain Secret.
pub const PLAIN: &str = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: shop\nstringData:\n  password: hunter2\n";
/// A sealed one.
pub const SEALED: &str =
    "{%SS%, metadata: {name: db, namespace: shop}, spec: {encryptedData: {password: %sealed%}}}\n";
/// Something harmless.
pub const CLEAN: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  mode: fast\n";
