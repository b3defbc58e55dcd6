//! The flags of `waxwing build`, and what it says on standard error.

use std::{fs, path::Path};

use assert_cmd::assert::Assert;

fn run(folder: &Path, flags: &[&str]) -> Assert {
    assert_cmd::Command::cargo_bin("waxwing")
        .unwrap()
        .arg("build")
        .arg(folder)
        .args(flags)
        .assert()
}

fn out(run: &Assert) -> String {
    String::from_utf8(run.get_output().stdout.clone()).unwrap()
}

fn said(run: &Assert) -> String {
    String::from_utf8(run.get_output().stderr.clone()).unwrap()
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n";
const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ns\n";

#[test]
fn files_outside_are_taken_only_when_told_so() {
    let folder = folder(&[
        ("over/kustomization.yaml", "resources: [../s.yaml]\n"),
        ("s.yaml", SECRET),
    ]);
    let over = folder.path().join("over");
    let refused = run(&over, &[]).code(1);
    assert!(out(&refused).is_empty());
    assert!(
        said(&refused).contains("security; file '"),
        "{}",
        said(&refused)
    );
    run(&over, &["--load-restrictor=LoadRestrictionsRootOnly"]).code(1);
    let taken = run(&over, &["--load-restrictor", "LoadRestrictionsNone"]).success();
    assert_eq!(out(&taken), SECRET);
    run(&over, &["--load-restrictor", "Nonsense"]).code(2);
}

#[test]
fn the_order_of_the_output_can_be_that_of_the_files() {
    let files = [("s.yaml", SECRET), ("ns.yaml", NAMESPACE)];
    let mut all = vec![("kustomization.yaml", "resources: [s.yaml, ns.yaml]\n")];
    all.extend(files);
    let plain = folder(&all);
    let by_kind = format!("{NAMESPACE}---\n{SECRET}");
    let as_loaded = format!("{SECRET}---\n{NAMESPACE}");
    for (flags, expected) in [
        (&[][..], &by_kind),
        (&["--reorder", "legacy"], &by_kind),
        (&["--reorder", "none"], &as_loaded),
    ] {
        assert_eq!(
            out(&run(plain.path(), flags).success()),
            *expected,
            "{flags:?}"
        );
    }
    all[0].1 = "resources: [s.yaml, ns.yaml]\nsortOptions: {order: fifo}\n";
    let sorted = folder(&all);
    let both = run(sorted.path(), &["--reorder", "legacy"]).success();
    assert_eq!(out(&both), as_loaded);
    assert_eq!(
        said(&both),
        "Warning: Sorting order is set both in 'kustomization.yaml' ('sortOptions') and in a CLI flag ('--reorder'). Using the kustomization file over the CLI flag.\n"
    );
}

#[test]
fn the_output_goes_to_a_file_or_one_file_a_resource_into_a_folder() {
    let all = folder(&[
        (
            "kustomization.yaml",
            "resources: [s.yaml, ns.yaml, t.yaml]\nbuildMetadata: []\n",
        ),
        ("s.yaml", SECRET),
        ("ns.yaml", NAMESPACE),
        (
            "t.yaml",
            "apiVersion: x.io/v1\nkind: Thing\nmetadata:\n  name: T\n  namespace: two\n",
        ),
    ]);
    let target = tempfile::tempdir().unwrap();
    let file = target.path().join("all.yaml");
    let written = run(all.path(), &["-o", file.to_str().unwrap()]).success();
    assert!(out(&written).is_empty());
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        out(&run(all.path(), &[]).success())
    );
    let folder = target.path().join("each");
    fs::create_dir(&folder).unwrap();
    run(all.path(), &["--output", folder.to_str().unwrap()]).success();
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    // Names carry their namespace once there are several.
    assert_eq!(
        names,
        [
            "default_v1_secret_s.yaml",
            "two_x.io_v1_thing_t.yaml",
            "v1_namespace_ns.yaml"
        ]
    );
    assert_eq!(
        fs::read_to_string(folder.join("v1_namespace_ns.yaml")).unwrap(),
        NAMESPACE
    );
}

#[test]
fn helm_and_programs_are_refused_and_a_failed_build_writes_nothing() {
    let all = folder(&[(
        "kustomization.yaml",
        "resources: []\nhelmCharts: [{name: x}]\n",
    )]);
    for flag in ["--enable-helm", "--enable-alpha-plugins"] {
        let refused = run(all.path(), &[flag]).code(2);
        assert!(said(&refused).starts_with(&format!("error: {flag} is not supported")));
    }
    let target = all.path().join("out.yaml");
    let failed = run(all.path(), &["-o", target.to_str().unwrap()]).code(1);
    assert!(said(&failed).contains("must specify --enable-helm"));
    assert!(!target.exists());
}

#[test]
fn deprecated_fields_are_noted_on_standard_error_only() {
    let all = folder(&[
        (
            "over/kustomization.yaml",
            "bases: [../base]\ncommonLabels: {a: b}\npatchesStrategicMerge: []\npatchesJson6902: []\nimageTags: []\nvars: []\n",
        ),
        (
            "base/kustomization.yaml",
            "resources: [s.yaml]\ncommonLabels: {c: d}\n",
        ),
        ("base/s.yaml", SECRET),
    ]);
    let run = run(&all.path().join("over"), &[]).success();
    assert!(out(&run).starts_with("apiVersion: v1\nkind: Secret\n"));
    let notes: Vec<String> = said(&run).lines().map(str::to_owned).collect();
    let note = |field: &str, instead: &str| {
        format!(
            "# Warning: '{field}' is deprecated. Please use '{instead}' instead. Run 'kustomize edit fix' to update your Kustomization automatically."
        )
    };
    assert_eq!(notes.first(), Some(&note("bases", "resources")));
    assert!(notes.contains(&note("commonLabels", "labels")), "{notes:?}");
}
