//! Errors name the file, the line and the field; their text stays kustomize's.

use waxwing::{
    kustomize::{Options, build},
    object::tree::Tree,
};

const GOOD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

fn place(files: &[(&str, &str)]) -> (String, String) {
    let mut tree = Tree::new();
    for (path, text) in files {
        tree.insert(path, text.as_bytes());
    }
    let error = build(&tree, "/over", &Options::default()).unwrap_err();
    let place = error.place().map(ToString::to_string);
    (place.unwrap_or_default(), error.to_string())
}

#[test]
fn what_is_wrong_in_a_kustomization_is_found() {
    for (text, expected) in [
        (
            "resources: [a.yaml]\nnope: 1\n",
            "kustomization.yaml:2: nope",
        ),
        (
            "resources: [a.yaml]\nimages:\n- name: a\n  newTag: x\n- name: b\n  newTag: 1\n",
            "kustomization.yaml:6: images[1].newTag",
        ),
        (
            "resources: [a.yaml]\nkind: Nothing\n",
            "kustomization.yaml:2: kind",
        ),
        (
            "apiVersion: v1\nresources: [a.yaml]\n",
            "kustomization.yaml:1: apiVersion",
        ),
        ("namePrefix: [\n", "kustomization.yaml:1"),
        (
            "resources:\n- a.yaml\n- gone.yaml\n",
            "kustomization.yaml:3: resources[1]",
        ),
        (
            "resources: [a.yaml]\nbases:\n- ../gone\n",
            "kustomization.yaml:1: resources[1]",
        ),
        (
            "resources:\n- a.yaml\n- a.yaml\n",
            "a.yaml:1: metadata.name",
        ),
        (
            "resources: [a.yaml]\ncomponents:\n- ../gone\n",
            "kustomization.yaml:3: components[0]",
        ),
        (
            "resources: [a.yaml]\npatches:\n- patch: just words\n",
            "kustomization.yaml:3: patches[0]",
        ),
        (
            "resources: [a.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: |-\n    - {op: remove, path: /x}\n- path: p.yaml\n",
            "kustomization.yaml:6: patches[1] (p.yaml)",
        ),
        (
            "resources: [a.yaml]\nconfigMapGenerator:\n- name: g\n  literals: [a=b]\n- name: h\n  literals: [ab]\n",
            "kustomization.yaml:5: configMapGenerator[1]",
        ),
        (
            "resources: [a.yaml]\nreplicas:\n- {name: x, count: 1}\n",
            "kustomization.yaml:3: replicas[0]",
        ),
        (
            "resources: [a.yaml]\nreplacements:\n- path: gone.yaml\n",
            "kustomization.yaml:3: replacements[0] (gone.yaml)",
        ),
        (
            "resources: [a.yaml]\nhelmCharts:\n- name: x\n",
            "kustomization.yaml:2: helmCharts",
        ),
        (
            "resources: [a.yaml]\nopenapi: {version: v9}\n",
            "kustomization.yaml:2: openapi",
        ),
        (
            "resources: [a.yaml]\nsortOptions: {order: x}\n",
            "kustomization.yaml: sortOptions",
        ),
        (
            "resources: [a.yaml]\nconfigurations:\n- gone.yaml\n",
            "kustomization.yaml:3: configurations[0]",
        ),
    ] {
        let (found, message) = place(&[("over/kustomization.yaml", text), ("over/a.yaml", GOOD)]);
        assert_eq!(found, expected, "{text}{message}");
    }
}

#[test]
fn what_is_wrong_in_a_resource_is_found_in_its_file() {
    let kustomization = ("over/kustomization.yaml", "resources: [../base]\n");
    let base = ("base/kustomization.yaml", "resources: [a.yaml]\n");
    for (text, expected) in [
        ("a: b\n---\nc: [\n", "../base/a.yaml:3"),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n\nkind: Secret\n",
            "../base/a.yaml:6",
        ),
        ("- a\n", "../base/a.yaml:1"),
        (
            "kind: A\nmetadata: {name: a}\n---\nkind: A\nmetadata: {name: a}\n",
            "../base/a.yaml:4: metadata.name",
        ),
        (
            "kind: A\nmetadata: {name: a}\nx: 1\nx: 2\n",
            "../base/a.yaml:4",
        ),
    ] {
        let (found, message) = place(&[kustomization, base, ("base/a.yaml", text)]);
        assert_eq!(found, expected, "{text}{message}");
    }
}

#[test]
fn the_command_shows_the_place_on_a_line_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("kustomization.yaml"),
        "resources:\n- gone.yaml\n",
    )
    .unwrap();
    let run = assert_cmd::Command::cargo_bin("waxwing")
        .unwrap()
        .arg("build")
        .arg(folder.path())
        .assert()
        .code(1);
    let said = String::from_utf8(run.get_output().stderr.clone()).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert!(
        lines[0].starts_with("error: accumulating resources: accumulation err="),
        "{said}"
    );
    let place = format!(
        " --> {}/kustomization.yaml:2: resources[0]",
        folder.path().display()
    );
    assert_eq!(lines[1], place);
    assert_eq!(lines.len(), 2, "{said}");
}
