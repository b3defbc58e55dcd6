//! `waxwing build --explain`: which file and which step gave a resource each of its fields.

use std::path::PathBuf;

fn scenario() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cases/scenario/backstage-gitops/overlays/production")
}

fn explain(of: &str) -> assert_cmd::assert::Assert {
    assert_cmd::Command::cargo_bin("waxwing")
        .unwrap()
        .arg("build")
        .arg(scenario())
        .args(["--explain", of])
        .assert()
}

#[test]
fn each_field_names_its_file_and_step() {
    let run = explain("rollout/backstage").success();
    let said = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    let cause = |field: &str| {
        said.lines()
            .find_map(|line| line.trim_start().strip_prefix(field)?.strip_prefix(' '))
            .map(str::trim)
    };
    assert_eq!(cause("kind"), Some("../../base/rollout.yaml:2"));
    assert_eq!(cause("spec.replicas"), Some("../../base/rollout.yaml:6"));
    assert_eq!(
        cause("spec.template.spec.containers[name=backstage].image"),
        Some("kustomization.yaml patches[0] (patches/resources.yaml)"),
        "{said}"
    );
}

#[test]
fn a_resource_that_is_not_there_is_told_with_those_that_are() {
    let run = explain("Deployment/nobody").code(1);
    let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(
        said.contains("the build has no Deployment/nobody"),
        "{said}"
    );
    assert!(said.contains("Rollout/backstage"), "{said}");
    explain("nobody").code(2);
}
