//! `waxwing build --revision`: a commit is built, whatever the work tree says.

use std::path::Path;

use crate::source::Repository;

fn build(folder: &Path, revision: &str) -> assert_cmd::assert::Assert {
    assert_cmd::Command::cargo_bin("waxwing")
        .unwrap()
        .arg("build")
        .arg(folder)
        .args(["--revision", revision])
        .assert()
}

fn shown(run: &assert_cmd::assert::Assert) -> String {
    String::from_utf8(run.get_output().stdout.clone()).unwrap()
}

fn map(value: &str) -> String {
    format!("apiVersion: v1\ndata:\n  k: {value}\nkind: ConfigMap\nmetadata:\n  name: a\n")
}

#[test]
fn a_commit_is_built_whatever_the_work_tree_says() {
    let repository = Repository::new();
    repository.write("base/kustomization.yaml", "resources: [a.yaml]\n");
    repository.write("base/a.yaml", &map("one"));
    repository.write("overlay/kustomization.yaml", "resources: [../base]\n");
    let first = repository.commit("one");
    repository.git(&["tag", "v1"]);
    repository.write("base/a.yaml", &map("two"));
    repository.commit("two");
    repository.write("base/a.yaml", "never: [committed");
    let overlay = repository.path().join("overlay");
    for (revision, value) in [
        ("v1", "one"),
        (first.as_str(), "one"),
        ("HEAD~1", "one"),
        ("main", "two"),
        ("HEAD", "two"),
    ] {
        let run = build(&overlay, revision).success();
        assert_eq!(shown(&run), map(value), "{revision}");
    }
}

#[test]
fn a_folder_that_is_gone_is_built_from_the_commit_that_had_it() {
    let repository = Repository::new();
    repository.write("old/deep/kustomization.yaml", "resources: [a.yaml]\n");
    repository.write("old/deep/a.yaml", &map("one"));
    repository.commit("one");
    repository.git(&["rm", "--quiet", "-r", "old"]);
    repository.commit("two");
    let folder = repository.path().join("old/deep");
    assert_eq!(shown(&build(&folder, "HEAD~1").success()), map("one"));
    build(&folder, "HEAD").code(1);
}

#[test]
fn a_revision_or_a_repository_that_is_not_there_says_so() {
    let repository = Repository::new();
    repository.commit_file("kustomization.yaml", "resources: []\n");
    let run = build(repository.path(), "v9").code(2);
    let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(said.contains("unable to resolve 'v9'"), "{said}");
    let elsewhere = tempfile::tempdir().unwrap();
    let run = build(elsewhere.path(), "HEAD").code(2);
    let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(said.starts_with("error: the store of repository"), "{said}");
}

#[test]
fn a_link_in_a_commit_does_not_leave_the_repository() {
    let repository = Repository::new();
    repository.write("kustomization.yaml", "resources: [a.yaml]\n");
    let outside = tempfile::NamedTempFile::new().unwrap();
    std::os::unix::fs::symlink(outside.path(), repository.path().join("a.yaml")).unwrap();
    repository.commit("one");
    build(repository.path(), "HEAD").code(1);
}
