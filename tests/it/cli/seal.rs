//! `waxwing seal`: Secrets from files and literals, and values changed in place.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::json;

use super::desk::Desk;

const CERT: [&str; 2] = ["--cert", "small.crt"];
const SECRET: &str = "# of the shop\nkind: Secret\nmetadata:\n  name: db\n  namespace: shop\n  labels: {app: shop}\nstringData:\n  # who\n  user: me\n  # password: planted-old\n  password: planted-1\n";

fn with<'a>(words: &[&'a str]) -> Vec<&'a str> {
    ["seal"].iter().chain(words).chain(&CERT).copied().collect()
}

#[test]
fn a_secret_is_built_from_literals_files_and_env_files_and_sealed_in_one_go() {
    let desk = Desk::new();
    desk.put("tls/tls.crt", "c");
    desk.put("tls/not a key", "x");
    desk.put(".env", "# none\nMODE=live\n");
    let words = with(&[
        "--name",
        "db",
        "-n",
        "shop",
        "--from-literal",
        "user=me",
        "--from-file",
        "tls",
        "--from-file",
        "password=-",
        "--from-env-file",
        ".env",
        "--type",
        "example.com/db",
        "--label",
        "team=a",
        "--annotation",
        "argocd.argoproj.io/sync-wave=-1",
        "-w",
        "out/sealed.yaml",
    ]);
    fs::create_dir(desk.path("out")).unwrap();
    assert_eq!(desk.said(&words, "planted\n"), "");
    let secret = desk.opened("out/sealed.yaml").remove(0);
    assert_eq!(
        secret["data"],
        json!({"MODE": "bGl2ZQ==", "password": "cGxhbnRlZAo=", "tls.crt": "Yw==", "user": "bWU="})
    );
    assert_eq!(secret["type"], "example.com/db");
    assert_eq!(
        secret["metadata"],
        json!({"name": "db", "namespace": "shop"})
    );
    let sealed = desk.read("out/sealed.yaml");
    assert!(
        sealed.contains(
            "  annotations:\n    argocd.argoproj.io/sync-wave: \"-1\"\n  labels:\n    team: a\n"
        ),
        "{sealed}"
    );
    let mode = fs::metadata(desk.path("out/sealed.yaml"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o600, 0o600);
}

#[test]
fn comments_come_along_and_values_in_them_do_not() {
    let desk = Desk::new();
    let done = desk.run(&with(&[]), SECRET);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(
        done.out
            .starts_with("---\n# of the shop\napiVersion: bitnami.com"),
        "{}",
        done.out
    );
    assert!(done.out.contains("    # who\n    user: A"), "{}", done.out);
    assert!(!format!("{}{}", done.out, done.err).contains("planted"));
    assert!(
        done.err
            .contains("1 comments that look like values are left out"),
        "{}",
        done.err
    );
    let bare = desk.said(&with(&["--no-comments"]), SECRET);
    assert!(!bare.contains('#'), "{bare}");
}

#[test]
fn lists_and_streams_are_sealed_and_whatever_else_is_named() {
    let desk = Desk::new();
    let item = r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"NAME","namespace":"b"},"data":{"k":"dg=="}}"#;
    let list = format!(
        r#"{{"kind":"List","apiVersion":"v1","items":[{},{}]}}"#,
        item.replace("NAME", "one"),
        item.replace("NAME", "two")
    );
    desk.put("list.json", list);
    desk.put(
        "stream.yaml",
        format!("{SECRET}---\n{}", SECRET.replace("name: db", "name: cache")),
    );
    let words = with(&["list.json", "stream.yaml", "-w", "all.yaml"]);
    desk.said(&words, "");
    let names: Vec<_> = desk
        .opened("all.yaml")
        .into_iter()
        .map(|one| one["metadata"]["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["one", "two", "db", "cache"]);
    for (text, wanted) in [
        (
            "kind: ConfigMap\ndata: {a: b}\n",
            "document 2 (line 14) is ConfigMap, not a Secret",
        ),
        (
            "kind: SealedSecret\n",
            "document 2 (line 14) is sealed already",
        ),
        ("- a\n", "document 2 (line 14) is no object, not a Secret"),
        ("a: [\n", "standard input cannot be read"),
    ] {
        let before = desk.read("all.yaml");
        let stream = format!("{SECRET}---\n\n{text}");
        desk.refused(&with(&["-w", "all.yaml"]), stream, 2, wanted);
        assert_eq!(desk.read("all.yaml"), before);
    }
    desk.refused(
        &with(&[]),
        "# nothing\n",
        2,
        "standard input holds no Secret",
    );
}

#[test]
fn scope_name_and_namespace_are_those_that_are_asked_for() {
    let desk = Desk::new();
    let sealed = desk.said(
        &with(&["--scope", "cluster-wide", "--name", "other", "-o", "json"]),
        SECRET,
    );
    assert!(
        sealed.contains(r#""sealedsecrets.bitnami.com/cluster-wide": "true""#),
        "{sealed}"
    );
    assert!(sealed.contains(r#""name": "other""#), "{sealed}");
    let wide = SECRET.replace(
        "  labels:",
        "  annotations: {sealedsecrets.bitnami.com/cluster-wide: \"true\"}\n  labels:",
    );
    desk.put("wide.yaml", wide);
    let strict = desk.said(&with(&["wide.yaml", "--scope", "strict"]), "");
    assert!(!strict.contains("cluster-wide"), "{strict}");
    desk.refused(
        &with(&["-n", "other"]),
        SECRET,
        2,
        "is of namespace shop, and -n other was given",
    );
    let nameless = SECRET.replace("  name: db\n", "");
    desk.refused(&with(&[]), nameless, 2, "--name gives it one");
    let none = SECRET.replace("  namespace: shop\n", "");
    let done = desk.run(&with(&[]), none);
    assert!(done.out.contains("namespace: default"), "{}", done.out);
    assert!(
        done.err.contains("is sealed for namespace default"),
        "{}",
        done.err
    );
}

#[test]
fn one_value_is_sealed_for_a_hand_written_file() {
    let desk = Desk::new();
    let item = desk.said(&with(&["--raw", "--name", "db", "-n", "shop"]), "planted");
    let file = format!(
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {{name: db, namespace: shop}}\nspec:\n  encryptedData:\n    k: {item}"
    );
    desk.put("hand.yaml", file);
    assert_eq!(desk.item("hand.yaml", "k"), "planted");
    desk.refused(
        &with(&["--raw", "--name", "db"]),
        "x",
        2,
        "--raw with scope strict needs -n",
    );
    desk.refused(&with(&["--raw", "-n", "a"]), "x", 2, "needs --name");
}

#[test]
fn a_plain_file_that_git_would_take_is_told_of_and_never_written() {
    let desk = Desk::new();
    let git = std::process::Command::new("git")
        .args(["init", "--quiet"])
        .arg(desk.path(""))
        .status()
        .unwrap();
    assert!(git.success());
    desk.put("secret.yaml", SECRET);
    let words = with(&["secret.yaml", "-w", "sealed.yaml"]);
    let done = desk.run(&words, "");
    assert!(
        done.err.contains("warning: secret.yaml holds plain values"),
        "{}",
        done.err
    );
    let open = [
        "unseal",
        "sealed.yaml",
        "--key",
        "small.key",
        "-w",
        "plain.yaml",
    ];
    desk.refused(
        &open,
        "",
        2,
        "plain.yaml would hold plain values, and Git does not ignore it",
    );
    assert!(!desk.path("plain.yaml").exists());
    desk.put(".gitignore", "plain.yaml\nsecret.yaml\n");
    let done = desk.run(&words, "");
    assert_eq!(
        (done.code, done.err.contains("warning")),
        (0, false),
        "{}",
        done.err
    );
    desk.said(&open, "");
    let mode = fs::metadata(desk.path("plain.yaml"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// A file that people wrote in.
fn sealed_file(desk: &Desk) -> String {
    let item = |value: &str| {
        let words = with(&["--raw", "--name", "db", "-n", "shop"]);
        desk.said(&words, value).trim().to_owned()
    };
    let (user, password) = (item("me"), item("planted-1"));
    let text = format!(
        "# the database\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n    namespace: shop # odd indent\n    name: db\nspec:\n    template: {{type: Opaque, metadata: {{labels: {{app: shop}}}}}}\n    encryptedData:\n\n        # ask the team\n        user: \"{user}\"   # short\n        password: >-\n            {password}\n\n# the end\n"
    );
    desk.put("sealed.yaml", &text);
    text
}

#[test]
fn setting_a_value_leaves_every_other_byte_alone() {
    let desk = Desk::new();
    let before = sealed_file(&desk);
    let set = with(&["set", "sealed.yaml", "password"]);
    let done = desk.run(&set, "planted-2\n");
    assert_eq!((done.code, done.out.as_str()), (0, ""), "{}", done.err);
    assert_eq!(desk.item("sealed.yaml", "password"), "planted-2\n");
    assert_eq!(desk.item("sealed.yaml", "user"), "me");
    let after = desk.read("sealed.yaml");
    let head = before.find("        password:").unwrap();
    assert_eq!(after[..head], before[..head]);
    assert!(after.ends_with("\n\n# the end\n"), "{after}");
    assert_eq!(
        after.lines().count(),
        before.lines().count() - 1,
        "the value is on one line now"
    );
    // A new key comes in its place by name; another certificate does not matter for the others.
    let middle = desk.read("sealed.yaml");
    desk.said(&with(&["set", "sealed.yaml", "port=5432"]), "");
    let after = desk.read("sealed.yaml");
    let new = after
        .lines()
        .find(|line| line.starts_with("        port: Ag") || line.starts_with("        port: AQ"));
    let new = new.unwrap_or_else(|| panic!("{after}"));
    assert_eq!(after.replace(&format!("{new}\n"), ""), middle);
    assert_eq!(desk.item("sealed.yaml", "port"), "5432");
    desk.said(&["seal", "unset", "sealed.yaml", "port"], "");
    assert_eq!(desk.read("sealed.yaml"), middle);
}

#[test]
fn what_cannot_be_set_is_refused_and_the_file_stays() {
    let desk = Desk::new();
    let before = sealed_file(&desk);
    desk.put(
        "two.yaml",
        format!("{before}---\n{}", before.replace("name: db", "name: other")),
    );
    for (words, wanted) in [
        (vec!["set", "sealed.yaml", "a b=x"], "cannot be a key"),
        (vec!["set", "sealed.yaml", "a=x", "a"], "given twice"),
        (
            vec!["set", "sealed.yaml", "a", "b"],
            "2 keys wait for a value",
        ),
        (
            vec!["set", "nowhere.yaml", "a=x"],
            "failed to read nowhere.yaml",
        ),
        (
            vec!["set", "two.yaml", "a=x"],
            "holds 2 SealedSecrets: db, other",
        ),
        (
            vec!["set", "sealed.yaml", "--name", "x", "a=x"],
            "holds no SealedSecret x",
        ),
    ] {
        desk.refused(&with(&words), "", 2, wanted);
        assert_eq!(desk.read("sealed.yaml"), before);
    }
    desk.refused(
        &["seal", "unset", "sealed.yaml", "none"],
        "",
        1,
        "it has password, user",
    );
    desk.said(&with(&["set", "two.yaml", "--name", "other", "a=x"]), "");
    assert!(
        desk.read("two.yaml").starts_with(&before),
        "the first document is as it was"
    );
}

#[test]
fn json_and_lists_are_changed_in_place_too() {
    let desk = Desk::new();
    let sealed = desk.said(&with(&["-o", "json"]), SECRET);
    desk.put("sealed.json", &sealed);
    desk.said(&with(&["set", "sealed.json", "new=x"]), "");
    let after = desk.read("sealed.json");
    let line = after.lines().find(|line| line.contains("\"new\"")).unwrap();
    assert_eq!(after.replace(&format!("{line}\n"), ""), sealed);
    desk.said(&["seal", "unset", "sealed.json", "new"], "");
    assert_eq!(desk.read("sealed.json"), sealed);
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {}\n",
        sealed.trim().replace('\n', "\n  ")
    );
    desk.put("list.yaml", &list);
    desk.said(&with(&["set", "list.yaml", "user=you"]), "");
    assert_eq!(desk.item("list.yaml", "user"), "you");
}

#[test]
fn nothing_of_a_value_shows_up_anywhere() {
    let desk = Desk::new();
    sealed_file(&desk);
    let mut shown = String::new();
    for (words, input) in [
        (with(&["set", "sealed.yaml", "password"]), "planted-3"),
        (with(&["--raw", "--from-literal", "a=planted"]), ""),
        (with(&["--name", "x", "--from-literal", "planted"]), ""),
        (with(&[]), "kind: Secret\ndata: {k: planted}\n"),
        (with(&[]), "kind: Secret\nstringData: {k: [planted]}\n"),
        (
            vec!["seal", "check", "sealed.yaml", "--key", "small.key"],
            "",
        ),
        (
            vec![
                "reencrypt",
                ".",
                "--key",
                "small.key",
                "--cert",
                "primary.crt",
            ],
            "",
        ),
    ] {
        let done = desk.run(&words, input);
        shown.push_str(&format!("{}{}", done.out, done.err));
    }
    assert!(
        !shown.contains("planted") && !shown.contains("cGxhbnRlZ"),
        "{shown}"
    );
}
