//! Mends in the text, and sealing.

use std::fs;

use waxwing::{
    api::sealed_secret::{SEALED_WITH, SealedSecret},
    object::yaml,
};

use super::program::{CLEAN, PLAIN, commit, findings, folder, lint, repository};

const CERTIFICATE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/vectors/kubeseal/keys/primary.crt"
);

#[test]
fn mends_are_made_and_nothing_else() {
    let sealed = "# kept\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: a\n  namespace: b\n  annotations:\n    %cluster%: \"True\"\n  creationTimestamp: null\nspec:\n  encryptedData:\n    pw: %sealed%\n  template:\n    metadata:\n      annotations:\n        %cluster%: \"true\"\n        %kubectl%: |\n          {\"kind\":\"Secret\",\"stringData\":{\"pw\":\"hunter2\"}}\n";
    let files = folder(&[
        ("s.yaml", sealed),
        (
            "o/kustomization.yaml",
            "images:\n- name: a\n  newTag: 1.10\n",
        ),
    ]);
    let before = findings(files.path(), &[]);
    assert!(
        before.iter().any(|one| one.starts_with("P106"))
            && before.iter().any(|one| one.starts_with("S304"))
    );
    let said = lint(files.path(), &["--fix"]);
    assert!(
        said.err.contains("mended s.yaml") && said.err.contains("tag quoted"),
        "{said:?}"
    );
    let text = fs::read_to_string(files.path().join("s.yaml")).unwrap();
    assert!(
        text.starts_with("# kept\n")
            && !text.contains("hunter2")
            && !text.contains("creationTimestamp"),
        "{text}"
    );
    let left = findings(files.path(), &[]);
    assert!(left.iter().all(|one| one.starts_with("S303")), "{left:?}");
    let again = lint(files.path(), &["--fix"]);
    assert!(!again.err.contains("mended"), "{again:?}");
}

#[test]
fn a_plain_secret_becomes_a_sealed_one_beside_it() {
    let repository = repository(&[
        ("db.secret.yaml", PLAIN),
        ("mixed.yaml", &format!("{CLEAN}---\n{PLAIN}")),
    ]);
    commit(&repository, "first");
    let said = lint(
        repository.path(),
        &["--fix", "--seal", CERTIFICATE, "--now", "2026-12-01"],
    );
    assert!(
        said.err.contains("sealed db.secret.yaml as db.sealed.yaml"),
        "{said:?}"
    );
    assert!(said.err.contains("not sealed: mixed.yaml"), "{said:?}");
    assert!(!said.err.contains("hunter2") && !said.out.contains("hunter2"));
    let text = fs::read_to_string(repository.path().join("db.sealed.yaml")).unwrap();
    let document = yaml::read(text.as_bytes(), &yaml::ReadOptions::default())
        .unwrap()
        .remove(0);
    let sealed = SealedSecret::from_value(document.value).unwrap();
    assert!(
        sealed
            .metadata
            .annotation(SEALED_WITH)
            .unwrap()
            .starts_with("SHA256:")
    );
    assert!(sealed.spec.encrypted_data["password"].len() > 300);
    // The plain file is still there, and no longer tracked.
    assert!(repository.path().join("db.secret.yaml").exists());
    let tracked = repository.git(&["ls-files"]);
    assert_eq!(tracked.trim(), "mixed.yaml");
    repository.write(".gitignore", "*.secret.yaml\n");
    let left = findings(repository.path(), &[]);
    assert!(
        !left.iter().any(|one| one.contains("db.secret.yaml")),
        "{left:?}"
    );
    assert!(
        !left
            .iter()
            .any(|one| one.starts_with("P101 db") || one.starts_with('C')),
        "{left:?}"
    );
}
