//! `waxwing reencrypt` over a tree of files that people wrote.

use std::fs;

use serde_json::Value;

use super::desk::Desk;

fn secret(name: &str) -> String {
    format!(
        "kind: Secret\nmetadata: {{name: {name}, namespace: shop}}\nstringData: {{a: planted-{name}, b: x}}\n"
    )
}

/// A tree of three files, sealed for the small key but for one that is for the primary one.
fn tree() -> Desk {
    let desk = Desk::new();
    for (file, cert, scope) in [
        ("one.yaml", "small.crt", "strict"),
        ("deep/two.yaml", "small.crt", "namespace-wide"),
        ("new.yaml", "primary.crt", "strict"),
    ] {
        let name = file.trim_end_matches(".yaml").rsplit('/').next().unwrap();
        let sealed = desk.said(&["seal", "--cert", cert, "--scope", scope], secret(name));
        desk.put(&format!("tree/{file}"), format!("# kept\n{sealed}# end\n"));
    }
    desk.put("tree/values.yaml", "# no SealedSecret\nkind: ConfigMap\n");
    desk
}

const KEYS: [&str; 6] = [
    "--key",
    "small.key",
    "--key",
    "primary.key",
    "--cert",
    "primary.crt",
];

fn words<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ["reencrypt", "tree"]
        .iter()
        .chain(&KEYS)
        .chain(more)
        .copied()
        .collect()
}

#[test]
fn only_stale_items_change_and_no_other_byte() {
    let desk = tree();
    let files = ["tree/one.yaml", "tree/deep/two.yaml", "tree/new.yaml"];
    let before = files.map(|file| desk.read(file));
    let out = desk.said(&words(&["--dry-run"]), "");
    assert!(
        out.contains("tree/one.yaml: shop/one a, shop/one b\n"),
        "{out}"
    );
    assert!(
        out.contains(
            "4 items in 2 files stale, 2 items are for the newest key already; nothing was written"
        ),
        "{out}"
    );
    desk.refused(&words(&["--check"]), "", 1, "4 items in 2 files stale");
    assert_eq!(files.map(|file| desk.read(file)), before);
    let out = desk.said(&words(&[]), "");
    assert!(out.contains("4 items in 2 files sealed again"), "{out}");
    let after = files.map(|file| desk.read(file));
    assert_eq!(after[2], before[2]);
    let bare = |text: &str| -> String {
        let lines = text.lines().filter(|line| !line.contains(": A"));
        lines.map(|line| format!("{line}\n")).collect()
    };
    for place in [0, 1] {
        assert_ne!(after[place], before[place]);
        assert_eq!(bare(&after[place]), bare(&before[place]));
        assert_eq!(after[place].lines().count(), before[place].lines().count());
    }
    let open = [
        "unseal",
        "tree/deep/two.yaml",
        "--key",
        "primary.key",
        "--item",
        "a",
    ];
    assert_eq!(desk.said(&open, ""), "planted-two");
    let out = desk.said(&words(&["--check"]), "");
    assert!(out.contains("0 items in 0 files stale, 6 items"), "{out}");
}

#[test]
fn the_scope_is_never_widened() {
    let desk = tree();
    // Whatever the template says, the object's own metadata binds.
    for file in ["tree/one.yaml", "tree/deep/two.yaml"] {
        let text = desk.read(file).replace(
            "  template:\n    metadata:\n",
            "  template:\n    metadata:\n      finalizers: [sealedsecrets.bitnami.com/cluster-wide]\n",
        );
        desk.put(file, text);
    }
    desk.said(&words(&[]), "");
    for (file, own) in [
        ("tree/one.yaml", "name: one"),
        ("tree/deep/two.yaml", "namespace: shop"),
    ] {
        let moved = desk.read(file).replace(own, &format!("{own}-elsewhere"));
        desk.put("moved.yaml", moved);
        let open = ["unseal", "moved.yaml", "--key", "primary.key"];
        desk.refused(&open, "", 1, "no key could decrypt secret");
    }
}

#[test]
fn what_does_not_open_stays_and_is_named_and_the_rest_is_done() {
    let desk = tree();
    let moved = desk
        .read("tree/one.yaml")
        .replace("name: one", "name: moved");
    desk.put("tree/one.yaml", &moved);
    desk.put("tree/broken.yaml", "kind: SealedSecret\na: [\n");
    let done = desk.refused(&words(&[]), "", 2, "2 items in 1 files sealed again");
    assert!(
        done.err
            .contains("error: tree/one.yaml: document 1 (line 3): a: no key could decrypt secret"),
        "{}",
        done.err
    );
    assert!(
        done.err.contains("error: tree/broken.yaml cannot be read"),
        "{}",
        done.err
    );
    assert_eq!(desk.read("tree/one.yaml"), moved);
    let quiet = words(&["--exclude", "{broken,one}.yaml", "--check"]);
    desk.said(&quiet, "");
}

#[test]
fn the_report_is_for_programs_too_and_keys_come_from_secrets() {
    let desk = tree();
    let told = desk.said(&words(&["--dry-run", "-o", "json"]), "");
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["stale"], &told["current"]), (&4.into(), &2.into()));
    assert_eq!(told["files"][0]["file"], "tree/deep/two.yaml");
    assert_eq!(told["written"], false);
    // A key Secret brings its certificate: then none is needed.
    let encode = |file: &str| waxwing::api::base64::encode(desk.read(file).as_bytes());
    let one = |name: &str| {
        format!(
            "---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\ndata: {{tls.key: {}, tls.crt: {}}}\n",
            encode(&format!("{name}.key")),
            encode(&format!("{name}.crt"))
        )
    };
    desk.put("keys.yaml", format!("{}{}", one("small"), one("primary")));
    let out = desk.said(
        &["reencrypt", "tree", "--key", "keys.yaml", "--dry-run"],
        "",
    );
    assert!(out.contains(" stale, "), "{out}");
    desk.refused(
        &["reencrypt", "tree"],
        "",
        2,
        "sealing again needs the private keys",
    );
}

#[test]
fn a_link_goes_on_to_lead_to_its_file_and_the_mode_stays() {
    use std::os::unix::fs::PermissionsExt;
    let desk = tree();
    fs::rename(desk.path("tree/one.yaml"), desk.path("one.yaml")).unwrap();
    std::os::unix::fs::symlink("../one.yaml", desk.path("tree/one.yaml")).unwrap();
    fs::set_permissions(desk.path("one.yaml"), fs::Permissions::from_mode(0o640)).unwrap();
    let mut line = vec!["reencrypt", "tree/one.yaml"];
    line.extend(KEYS);
    desk.said(&line, "");
    assert!(
        fs::symlink_metadata(desk.path("tree/one.yaml"))
            .unwrap()
            .is_symlink()
    );
    let mode = fs::metadata(desk.path("one.yaml"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
    let hidden = fs::read_dir(desk.path("")).unwrap().filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with(".waxwing-")
    });
    assert_eq!(hidden.count(), 0);
}
