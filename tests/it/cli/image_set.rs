//! `waxwing image set` on the overlay of the scenario, and on trees of its own.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use crate::source::Repository;

const PATCH: &str = "overlays/production/patches/resources.yaml";
const NAME: &str = "ghcr.io/example/backstage";

fn set(folder: &Path, words: &[&str]) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_waxwing"))
        .args(["image", "set"])
        .args(words)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .envs([
            ("GIT_AUTHOR_NAME", "pipeline"),
            ("GIT_AUTHOR_EMAIL", "pipeline@example.com"),
            ("GIT_COMMITTER_NAME", "pipeline"),
            ("GIT_COMMITTER_EMAIL", "pipeline@example.com"),
        ])
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// The scenario's repository, committed.
fn scenario() -> Repository {
    let repository = Repository::new();
    for (file, text) in waxwing::cli::demo::SCENARIO {
        repository.write(file, text);
    }
    repository.git(&["add", "--all"]);
    repository.git(&["commit", "--quiet", "-m", "first"]);
    repository
}

fn read(repository: &Repository, file: &str) -> String {
    fs::read_to_string(repository.path().join(file)).unwrap()
}

#[test]
fn the_scenarios_patch_takes_the_image_and_nothing_else_changes() {
    let repository = scenario();
    let before = read(&repository, PATCH);
    let wish = format!("{NAME}=:sha-8d1e0f4");
    let (code, out, err) = set(repository.path(), &[&wish, "overlays/production"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(
        out,
        format!("patches/resources.yaml:4: {NAME}:sha-3f9c2ab -> {NAME}:sha-8d1e0f4\n")
    );
    assert_eq!(
        read(&repository, PATCH),
        before.replace("sha-3f9c2ab", "sha-8d1e0f4")
    );
    let (code, out, _) = set(
        repository.path(),
        &[&wish, "overlays/production", "--check"],
    );
    assert_eq!(
        (code, out.as_str()),
        (0, "everything is as asked already\n")
    );
}

#[test]
fn an_entry_and_a_patch_are_changed_alike() {
    let repository = scenario();
    let file = "overlays/production/kustomization.yaml";
    let with_entry = read(&repository, file)
        + "images:\n  - name: ghcr.io/example/backstage # both\n    newTag: sha-3f9c2ab\n";
    repository.commit_file(file, &with_entry);
    let folder = repository.path().join("overlays/production");
    let (code, out, err) = set(&folder, &["backstage=:sha-8d1e0f4", "-o", "json"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["changes"].as_array().unwrap().len(), 2, "{out}");
    assert_eq!(
        read(&repository, file),
        with_entry.replace("sha-3f9c2ab", "sha-8d1e0f4")
    );
    assert!(read(&repository, PATCH).contains("sha-8d1e0f4"));
}

#[test]
fn a_commit_holds_the_changed_file_and_nothing_else() {
    let repository = scenario();
    repository.write("README.md", "staged by somebody else\n");
    repository.git(&["add", "README.md"]);
    let wish = format!("{NAME}=:sha-8d1e0f4");
    let (code, out, err) = set(
        repository.path(),
        &[&wish, "overlays/production", "--commit"],
    );
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let head = repository.git(&["rev-parse", "HEAD"]);
    assert!(out.ends_with(&format!("committed {head}\n")), "{out}");
    assert_eq!(
        repository.git(&["show", "--name-only", "--format=%an: %s", "HEAD"]),
        format!("pipeline: Set image {NAME}:sha-8d1e0f4\n\n{PATCH}")
    );
    assert_eq!(repository.git(&["status", "--porcelain"]), "A  README.md");
    // The same again makes no commit.
    let (code, out, _) = set(
        repository.path(),
        &[&wish, "overlays/production", "--commit"],
    );
    assert_eq!(
        (code, out.as_str()),
        (0, "everything is as asked already\n")
    );
    assert_eq!(repository.git(&["rev-parse", "HEAD"]), head);
    // Changes of somebody else in the same file would go with it.
    repository.write(PATCH, &format!("{}# mine\n", read(&repository, PATCH)));
    let wish = format!("{NAME}=:sha-0000000");
    let (code, _, err) = set(
        repository.path(),
        &[&wish, "overlays/production", "--commit"],
    );
    assert_eq!(code, 2);
    assert!(err.contains("have changes that are not committed"), "{err}");
    assert!(!read(&repository, PATCH).contains("sha-0000000"));
}

#[test]
fn what_cannot_be_meant_says_what_there_is() {
    let repository = scenario();
    let cases: [(&[&str], i32, &[&str]); 6] = [
        (
            &["nginx=:1", "overlays/production"],
            2,
            &[
                "no image \"nginx\" in overlays/production",
                "there is ghcr.io/example/backstage:sha-3f9c2ab at patches/resources.yaml:4",
            ],
        ),
        (
            &["backstage=2", "overlays/production"],
            2,
            &["neither a tag nor a digest", "write :TAG or @DIGEST"],
        ),
        (
            &["backstage=@sha256:12", "overlays/production"],
            2,
            &["is not a digest"],
        ),
        (
            &["backstage=:2", "base"],
            2,
            &[
                "no image \"backstage\" in base",
                "nothing here sets an image",
            ],
        ),
        (&["backstage=:2", "apps"], 2, &["no kustomization in apps"]),
        (&["backstage=:2", "overlays/production", "--check"], 1, &[]),
    ];
    for (words, code, said) in cases {
        let (exit, out, err) = set(repository.path(), words);
        assert_eq!(exit, code, "{words:?} {out}{err}");
        for said in said {
            assert!(err.contains(said), "{words:?}: {said}\n{err}");
        }
    }
    let several = "images:\n- name: a.example/web\n- name: b.example/web\n";
    repository.write("several/kustomization.yaml", several);
    let (code, _, err) = set(repository.path(), &["web=:2", "several"]);
    assert_eq!(code, 2);
    assert!(
        err.contains("several images in several end in \"web\""),
        "{err}"
    );
    assert!(
        err.contains("there is a.example/web at kustomization.yaml:2"),
        "{err}"
    );
    assert_eq!(repository.git(&["status", "--porcelain"]), "?? several/");
}
