//! The overlay of the story, through the program's own front door.

use std::{fs, path::PathBuf};

fn scenario() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/scenario")
}

#[test]
fn the_overlay_is_built_byte_for_byte() {
    let overlay = scenario().join("backstage-gitops/overlays/production");
    let expected = fs::read_to_string(scenario().join("expected-production.yaml")).unwrap();
    let run = assert_cmd::Command::cargo_bin("waxwing")
        .unwrap()
        .arg("build")
        .arg(&overlay)
        .assert()
        .success();
    let out = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    assert_eq!(out, expected);
}

#[test]
fn a_failed_build_writes_nothing_and_leaves_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let run = assert_cmd::Command::cargo_bin("waxwing")
        .unwrap()
        .arg("build")
        .arg(folder.path())
        .assert()
        .code(1);
    let output = run.get_output();
    assert!(output.stdout.is_empty());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.starts_with("error: unable to find one of 'kustomization.yaml'"),
        "{said}"
    );
}

#[test]
fn a_folder_takes_one_file_a_resource() {
    let folder = tempfile::tempdir().unwrap();
    let overlay = scenario().join("backstage-gitops/overlays/production");
    assert_cmd::Command::cargo_bin("waxwing")
        .unwrap()
        .arg("build")
        .arg(&overlay)
        .arg("-o")
        .arg(folder.path())
        .assert()
        .success();
    let file = folder.path().join("v1_service_backstage.yaml");
    assert!(
        fs::read_to_string(file)
            .unwrap()
            .starts_with("apiVersion: v1\nkind: Service\n")
    );
}
