//! `waxwing seal edit` with editors that are scripts.

use std::os::unix::fs::PermissionsExt;

use super::desk::Desk;

const EDIT: [&str; 8] = [
    "seal",
    "edit",
    "sealed.yaml",
    "--key",
    "small.key",
    "--cert",
    "small.crt",
    "--no-config",
];

/// A desk with a sealed file and an editor that runs a line of shell on `$1`. The folder in memory is the machine's own.
fn desk(line: &str) -> (Desk, String) {
    let desk = Desk::new();
    let editor = desk.path("editor");
    desk.put("editor", format!("#!/bin/sh\necho \"$1\" >>\"$(dirname \"$0\")/asked\"\nstat -c %a \"$1\" >\"$(dirname \"$0\")/mode\"\n{line}\n"));
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o755)).unwrap();
    let desk = desk.with_env("EDITOR", editor.to_str().unwrap());
    let secret = "kind: Secret\nmetadata: {name: db, namespace: shop}\nstringData: {user: me, password: planted-1}\n";
    let sealed = desk.said(&["seal", "--cert", "small.crt"], secret);
    let text = format!("# kept\n{}", sealed.replace("---\n", ""));
    desk.put("sealed.yaml", &text);
    (desk, text)
}

fn is_gone(desk: &Desk) {
    let asked = desk.read("asked");
    for path in asked.lines() {
        assert!(!std::path::Path::new(path).exists(), "{path} is wiped");
        assert!(!std::path::Path::new(path).parent().unwrap().exists());
    }
    assert_eq!(desk.read("mode"), "600\n");
}

#[test]
fn only_what_changed_is_sealed_again() {
    let (desk, before) = desk(
        "sed -i -e 's/planted-1/planted-2/' -e 's/stringData:/stringData:\\n  extra: new/' \"$1\"",
    );
    let done = desk.run(&EDIT, "");
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("extra, password sealed"), "{}", done.err);
    is_gone(&desk);
    let after = desk.read("sealed.yaml");
    let user = before.lines().find(|line| line.contains("user: ")).unwrap();
    assert!(
        after.starts_with("# kept\n") && after.contains(user),
        "{after}"
    );
    assert_eq!(desk.item("sealed.yaml", "password"), "planted-2");
    assert_eq!(desk.item("sealed.yaml", "extra"), "new");
}

#[test]
fn nothing_changed_is_nothing_written() {
    for line in ["true", ": >\"$1\"", "exit 3"] {
        let (desk, before) = desk(line);
        let done = desk.run(&EDIT, "");
        assert_eq!(
            done.code,
            if line == "exit 3" { 2 } else { 0 },
            "{}",
            done.err
        );
        assert!(done.err.contains("nothing was changed"), "{}", done.err);
        assert_eq!(desk.read("sealed.yaml"), before);
        is_gone(&desk);
    }
}

#[test]
fn values_that_go_are_taken_out() {
    let (desk, _) = desk("sed -i /user/d \"$1\"");
    let done = desk.run(&EDIT, "");
    assert!(done.err.contains("user taken out"), "{}", done.err);
    let after = desk.read("sealed.yaml");
    assert!(!after.contains("user:"), "{after}");
    assert_eq!(desk.item("sealed.yaml", "password"), "planted-1");
}

#[test]
fn a_text_that_cannot_be_read_comes_back_with_the_reason() {
    // The first time the text is broken, the second time it is left as it came back.
    let (desk, before) = desk("grep -q refused \"$1\" || echo 'a: [planted' >>\"$1\"");
    let done = desk.run(&EDIT, "");
    assert_eq!(done.code, 2);
    assert!(done.err.contains("nothing was changed"), "{}", done.err);
    assert!(!done.err.contains("planted"), "{}", done.err);
    assert_eq!(desk.read("asked").lines().count(), 2);
    assert_eq!(desk.read("sealed.yaml"), before);
    is_gone(&desk);
}

#[test]
fn without_a_key_it_says_what_can_be_done() {
    let (desk, _) = desk("true");
    let done = desk.refused(
        &EDIT[..3],
        "",
        2,
        "without a private key the values cannot be shown",
    );
    assert!(done.err.contains("waxwing seal set"), "{}", done.err);
    let other = [
        "seal",
        "edit",
        "sealed.yaml",
        "--key",
        "primary.key",
        "--cert",
        "small.crt",
    ];
    desk.refused(&other, "", 1, "does not open");
    assert!(!desk.path("asked").exists(), "the editor was not started");
}
