//! What the recordings do not show of the modes.

use std::{fs, os::unix::fs::PermissionsExt};

use super::program::Program;

const SECRET: &str =
    "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\nstringData: {k: v}\n";
const OPEN: [&str; 4] = [
    "--recovery-unseal",
    "--recovery-private-key",
    "small.key",
    "-oyaml",
];

#[test]
fn an_output_file_is_private_and_takes_the_place_of_a_link() {
    let program = Program::ours();
    program.put("target", "kept");
    std::os::unix::fs::symlink("target", program.path("out.yaml")).unwrap();
    let shown = program.answer(&["--cert", "small.crt", "-w", "out.yaml"], SECRET);
    assert_eq!(shown, "");
    let file = fs::symlink_metadata(program.path("out.yaml")).unwrap();
    assert!(file.is_file());
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    assert_eq!(program.read("target"), "kept");
    assert!(
        program
            .read("out.yaml")
            .starts_with("---\napiVersion: bitnami.com/v1alpha1\n")
    );
    let left = fs::read_dir(program.path("")).unwrap();
    let hidden = left.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with('.')
    });
    assert_eq!(hidden.count(), 0, "no temporary file is left");
}

#[test]
fn every_document_of_a_stream_is_opened() {
    let program = Program::ours();
    let stream = format!("{SECRET}---\n{}", SECRET.replace("name: a", "name: z"));
    let sealed = program.answer(&["--cert", "small.crt", "-oyaml"], stream);
    let opened = program.answer(&OPEN, sealed);
    assert_eq!(opened.matches("---\n").count(), 2);
    assert!(
        opened.contains("\n  name: a\n") && opened.contains("\n  name: z\n"),
        "{opened}"
    );
}

#[test]
fn merging_takes_labels_scope_and_items_as_the_file_needs_them() {
    let program = Program::ours();
    let wide = SECRET.replace("namespace: b", "namespace: b, labels: {old: \"1\"}");
    let sealed = program.answer(
        &["--cert", "small.crt", "--scope", "namespace-wide", "-oyaml"],
        wide,
    );
    program.put("sealed.yaml", sealed);
    fs::set_permissions(
        program.path("sealed.yaml"),
        fs::Permissions::from_mode(0o640),
    )
    .unwrap();
    let input = "kind: Secret\nmetadata: {name: other, labels: {new: \"2\"}}\nstringData: {l: w}\n";
    let merged = [
        "--cert",
        "small.crt",
        "--merge-into",
        "sealed.yaml",
        "-oyaml",
    ];
    assert_eq!(program.answer(&merged, input), "");
    let mode = fs::metadata(program.path("sealed.yaml"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
    let opened = program.answer(&OPEN, program.read("sealed.yaml"));
    for line in [
        "  k: dg==\n",
        "  l: dw==\n",
        "  name: a\n",
        "    new: \"2\"\n",
        "    old: \"1\"\n",
    ] {
        assert!(opened.contains(line), "{line:?} in {opened}");
    }
}

#[test]
fn templates_of_plain_fields_are_rendered_and_null_takes_an_item_out() {
    let program = Program::ours();
    let sealed = program.answer(&["--cert", "small.crt", "-oyaml"], SECRET);
    let data =
        "    data:\n      k: loses\n      t: 'k is {{ .k }}, u is {{ .u }}'\n      u: plain\n";
    let templated = sealed.replace("  template:\n", &format!("  template:\n{data}"));
    let opened = program.answer(&OPEN, &templated);
    assert!(
        opened.contains("data:\n  k: dg==\n  t: ayBpcyB2LCB1IGlzIHBsYWlu\n  u: cGxhaW4=\n"),
        "{opened}"
    );
    let hidden = templated.replace("      k: loses\n", "      k: null\n");
    let opened = program.answer(&OPEN, &hidden);
    assert!(
        opened.contains("data:\n  t: ayBpcyB2LCB1IGlzIHBsYWlu\n"),
        "{opened}"
    );
}

#[test]
fn the_namespace_comes_from_the_kubeconfig_in_its_order() {
    let program = Program::ours();
    let config = |contexts: &str| {
        format!(
            "apiVersion: v1\nkind: Config\nclusters: []\ncurrent-context: x\ncontexts: {contexts}\n"
        )
    };
    program.put(
        "one",
        config("[{name: x, context: {cluster: c}}, {name: other, context: {namespace: why}}]"),
    );
    let secret = SECRET.replace(", namespace: b", "");
    for (extra, wanted) in [
        (&["--kubeconfig", "one"][..], "default"),
        (&["--kubeconfig", "one", "--context", "other"], "why"),
        (&["--kubeconfig", "nowhere", "-n", "flag"], "flag"),
    ] {
        let mut arguments = vec!["--cert", "small.crt", "-oyaml"];
        arguments.extend(extra);
        let sealed = program.answer(&arguments, &secret);
        assert!(
            sealed.contains(&format!("\n  namespace: {wanted}\n")),
            "{sealed}"
        );
    }
    for (extra, wanted) in [
        (
            &["--kubeconfig", "nowhere"][..],
            "stat nowhere: no such file or directory",
        ),
        (
            &["--kubeconfig", "one", "--context", "z"],
            "invalid configuration: [context was not found for specified context: z, cluster has no server defined]",
        ),
    ] {
        let mut arguments = vec!["--cert", "small.crt"];
        arguments.extend(extra);
        let done = program.run(&arguments, &secret);
        assert_eq!(done.stderr, format!("error: {wanted}\n"));
    }
}

#[test]
fn help_goes_to_the_output() {
    let program = Program::ours();
    let done = program.run(&["--help"], "");
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    assert!(done.stdout.starts_with("Usage of "), "{}", done.stdout);
    let done = program.run(&["-h"], "");
    assert_eq!(done.code, 0);
    assert!(done.stderr.starts_with("Usage of "), "{}", done.stderr);
    assert!(done.stdout.ends_with("pflag: help requested\n"));
    let done = program.run(&["-x"], "");
    assert_eq!(done.code, 2);
    assert!(
        done.stdout
            .ends_with("\nunknown shorthand flag: 'x' in -x\n")
    );
}
