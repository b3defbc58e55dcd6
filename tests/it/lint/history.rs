//! The history and ranges of it.

use std::fs;

use super::program::{CLEAN, PLAIN, commit, findings, lint, repository, write};

#[test]
fn what_was_removed_is_still_in_the_history() {
    let repository = repository(&[("a.yaml", CLEAN), ("db.yaml", PLAIN)]);
    commit(&repository, "first");
    let first = repository.git(&["rev-parse", "HEAD"]);
    write(&repository, &[("a.yaml", &CLEAN.replace("fast", "slow"))]);
    commit(&repository, "second");
    let second = repository.git(&["rev-parse", "HEAD"]);
    fs::remove_file(repository.path().join("db.yaml")).unwrap();
    write(
        &repository,
        &[("still.yaml", &PLAIN.replace("hunter2", "third4"))],
    );
    commit(&repository, "third");
    fs::remove_file(repository.path().join("still.yaml")).unwrap();
    write(
        &repository,
        &[("b/still.yaml", &PLAIN.replace("hunter2", "other3"))],
    );
    commit(&repository, "fourth");
    let said = lint(repository.path(), &["--history", "--format", "json"]);
    assert_eq!(said.code, 1, "{said:?}");
    let value: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let found: Vec<_> = value["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["ruleId"].as_str().unwrap(),
                one["location"]["path"].as_str().unwrap(),
                &one["commit"],
            )
        })
        .collect();
    let shown: Vec<_> = found.iter().map(|(rule, path, _)| (*rule, *path)).collect();
    assert_eq!(
        shown,
        [
            ("P101", "b/still.yaml"),
            ("P112", "db.yaml"),
            ("P112", "still.yaml")
        ]
    );
    assert_eq!(found[1].2["sha"], first.trim());
    assert_eq!(found[1].2["last"], second.trim());
    assert!(!said.out.contains("hunter2") && !said.out.contains("third4"));
}

#[test]
fn what_was_looked_at_is_not_looked_at_again() {
    let repository = repository(&[("db.yaml", PLAIN)]);
    commit(&repository, "first");
    write(&repository, &[("db.yaml", CLEAN)]);
    commit(&repository, "second");
    let once = findings(repository.path(), &["--history"]);
    let cache = repository.path().join(".git/waxwing/lint-history.json");
    let kept = fs::read_to_string(&cache).unwrap();
    assert!(!kept.contains("hunter2") && kept.contains("P101"));
    assert_eq!(once, ["P112 db.yaml:7"]);
    assert_eq!(findings(repository.path(), &["--history"]), once);
    // The cache is what is read: without its findings there are none.
    let mut value: serde_json::Value = serde_json::from_str(&kept).unwrap();
    value["versions"] = serde_json::json!([]);
    fs::write(&cache, value.to_string()).unwrap();
    assert_eq!(
        findings(repository.path(), &["--history"]),
        Vec::<String>::new()
    );
    assert_eq!(
        findings(repository.path(), &["--history", "--no-cache"]),
        once
    );
    // A new commit is looked at, and a cache of other rules counts for nothing.
    write(
        &repository,
        &[("c.yaml", &PLAIN.replace("hunter2", "other3"))],
    );
    commit(&repository, "third");
    assert_eq!(
        findings(repository.path(), &["--history"]),
        ["P101 c.yaml:7"]
    );
    value["rules"] = "others".into();
    fs::write(&cache, value.to_string()).unwrap();
    assert_eq!(findings(repository.path(), &["--history"]).len(), 2);
}

#[test]
fn a_range_is_what_its_commits_bring() {
    let repository = repository(&[("old.yaml", PLAIN)]);
    commit(&repository, "base");
    repository.git(&["branch", "base"]);
    write(
        &repository,
        &[("gone.yaml", &PLAIN.replace("hunter2", "gone5"))],
    );
    commit(&repository, "one");
    fs::remove_file(repository.path().join("gone.yaml")).unwrap();
    write(
        &repository,
        &[("new.yaml", &PLAIN.replace("hunter2", "new6"))],
    );
    commit(&repository, "two");
    assert_eq!(
        findings(repository.path(), &["--range", "base..HEAD"]),
        ["P112 gone.yaml:7", "P101 new.yaml:7"]
    );
    assert_eq!(
        findings(repository.path(), &["--range", "HEAD..HEAD"]),
        Vec::<String>::new()
    );
    assert_eq!(lint(repository.path(), &["--range", "base"]).code, 2);
    assert_eq!(lint(repository.path(), &["--range", "none..HEAD"]).code, 2);
}

#[test]
fn thirty_removed_secrets_are_found_and_thirty_removed_placeholders_are_not() {
    let repository = repository(&[]);
    for number in 0..30 {
        let folder = format!("team-{}/app-{number}", number % 4);
        write(
            &repository,
            &[
                (
                    &format!("{folder}/db.yaml"),
                    &PLAIN.replace("hunter2", &format!("pw{number}x")),
                ),
                (
                    &format!("{folder}/near.yaml"),
                    &PLAIN.replace("hunter2", "CHANGEME"),
                ),
            ],
        );
    }
    commit(&repository, "planted");
    for number in 0..30 {
        fs::remove_dir_all(
            repository
                .path()
                .join(format!("team-{}/app-{number}", number % 4)),
        )
        .unwrap();
    }
    write(&repository, &[("a.yaml", CLEAN)]);
    commit(&repository, "removed");
    let found = findings(repository.path(), &["--history"]);
    assert_eq!(found.len(), 30);
    assert!(
        found
            .iter()
            .all(|one| one.starts_with("P112") && one.contains("db.yaml")),
        "{found:?}"
    );
}
