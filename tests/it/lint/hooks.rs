//! Where the linter is used: the examples that we hand out work as they are.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, process::Command};

use super::program::{CLEAN, PLAIN, commit, repository, write};

fn file(path: &str) -> String {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn path_with_program() -> String {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_waxwing"));
    format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    )
}

#[test]
fn a_server_refuses_a_push_with_a_plain_secret() {
    let work = repository(&[("a.yaml", CLEAN)]);
    commit(&work, "first");
    let server = tempfile::tempdir().unwrap();
    let bare = server.path().join("r.git");
    let git = |arguments: &[&str]| Command::new("git").args(arguments).output().unwrap();
    assert!(
        git(&["init", "--quiet", "--bare", bare.to_str().unwrap()])
            .status
            .success()
    );
    let hook = bare.join("hooks/pre-receive");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, file("deploy/hooks/pre-receive")).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let push = |branch: &str| {
        Command::new("git")
            .args(["push", "--quiet", bare.to_str().unwrap(), branch])
            .current_dir(work.path())
            .env("PATH", path_with_program())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap()
    };
    let first = push("HEAD:refs/heads/main");
    assert!(first.status.success(), "{first:?}");
    write(&work, &[("b.yaml", PLAIN)]);
    commit(&work, "second");
    let refused = push("HEAD:refs/heads/main");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("P101"), "{said}");
    assert!(!said.contains("hunter2"));
    // Removed in the next commit it is in the history all the same.
    fs::remove_file(work.path().join("b.yaml")).unwrap();
    commit(&work, "third");
    let refused = push("HEAD:refs/heads/main");
    assert!(
        !refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("P112"),
        "{refused:?}"
    );
    let other = push("HEAD~2:refs/heads/other");
    assert!(other.status.success(), "{other:?}");
}

/// The value of a key of the first element of a list, or of a map, in an example.
fn example(path: &str) -> serde_json::Value {
    use waxwing::object::yaml;
    yaml::read(file(path).as_bytes(), &yaml::ReadOptions::default())
        .unwrap()
        .remove(0)
        .value
}

fn run_line(folder: &std::path::Path, line: &str) -> (Option<i32>, String) {
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .env("PATH", path_with_program())
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr),
    )
}

#[test]
fn the_hook_of_pre_commit_runs_what_it_says() {
    let hook = &example(".pre-commit-hooks.yaml")[0];
    assert_eq!(hook["pass_filenames"], false);
    let repository = repository(&[("a.yaml", PLAIN)]);
    repository.git(&["add", "--all"]);
    let (code, said) = run_line(repository.path(), hook["entry"].as_str().unwrap());
    assert!(code == Some(1) && said.contains("P101"), "{said}");
    write(&repository, &[("a.yaml", CLEAN)]);
    repository.git(&["add", "--all"]);
    assert_eq!(
        run_line(repository.path(), hook["entry"].as_str().unwrap()).0,
        Some(0)
    );
}

#[test]
fn the_pipeline_of_gitlab_writes_its_report() {
    let pipeline = example("deploy/gitlab/waxwing-lint.gitlab-ci.yml");
    let job = &pipeline["waxwing-lint"];
    let repository = repository(&[("a.yaml", CLEAN)]);
    commit(&repository, "base");
    repository.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    write(&repository, &[("b.yaml", PLAIN)]);
    commit(&repository, "change");
    let lines: Vec<&str> = job["script"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    let script = format!("set -e\nCI_DEFAULT_BRANCH=main\n{}", lines.join("\n"));
    let (code, said) = run_line(repository.path(), &script);
    assert_eq!(code, Some(1), "{said}");
    let report = fs::read_to_string(
        repository
            .path()
            .join(job["artifacts"]["reports"]["codequality"].as_str().unwrap()),
    )
    .unwrap();
    assert!(report.contains("P101") && !report.contains("hunter2"));
}

#[test]
fn the_action_of_github_annotates_and_fails() {
    let action = example("deploy/github-action/action.yml");
    let step = action["runs"]["steps"].as_array().unwrap().last().unwrap();
    assert_eq!(action["runs"]["using"], "composite");
    let repository = repository(&[("a.yaml", PLAIN)]);
    commit(&repository, "first");
    let script = format!(
        "ARGUMENTS= FORMAT=github SARIF=out.sarif\n{}",
        step["run"].as_str().unwrap()
    );
    let output = Command::new("bash")
        .args(["-eo", "pipefail", "-c", &script])
        .current_dir(repository.path())
        .env("PATH", path_with_program())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said.contains("::error file=a.yaml"), "{said}");
    let sarif = fs::read_to_string(repository.path().join("out.sarif")).unwrap();
    assert!(sarif.contains("\"P101\"") && !sarif.contains("hunter2"));
}

#[test]
fn our_own_repository_is_clean() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let said = super::program::lint(&root, &["--fail-on", "info"]);
    assert_eq!(said.code, 0, "{}", said.out);
}
