//! The history and ranges of it.

use std::fs;

use super::program::{CLEAN, PLAIN, SEALED, commit, commit_at, findings, lint, repository, write};

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

#[test]
fn what_was_sealed_before_the_newest_certificate_is_told_by_its_last_commit() {
    let repository = repository(&[
        (
            ".waxwing-lint.yaml",
            "certificates: [{environment: prod, file: c.pem}]\n",
        ),
        ("c.pem", "%CERT:4096%"),
        ("a.yaml", &SEALED.replace("%sealed%", "%below:512%")),
    ]);
    // The certificate is of January 2026.
    commit_at(&repository, "before", "2025-06-01T00:00:00Z");
    let words = ["--now", "2027-01-01"];
    let said = lint(repository.path(), &words);
    assert!(
        said.out.contains("warning K504") && said.out.contains("last committed before"),
        "{said:?}"
    );
    // What is staged and not committed yet has no last commit.
    let other = SEALED.replace("{password", "{other: %below:512%, password");
    let other = other.replace("%sealed%", "%below:512%");
    write(&repository, &[("a.yaml", &other)]);
    repository.git(&["add", "--all"]);
    assert_eq!(findings(repository.path(), &words), Vec::<String>::new());
    commit_at(&repository, "after", "2026-02-01T00:00:00Z");
    assert_eq!(findings(repository.path(), &words), Vec::<String>::new());
}

fn messages(repository: &crate::source::Repository, words: &[&str]) -> Vec<String> {
    let said = lint(repository.path(), words);
    let each = said.out.lines().filter(|line| line.contains(": error P"));
    each.map(str::to_owned).collect()
}

#[test]
fn one_version_at_several_paths_is_judged_for_each_and_told_once() {
    let env = "DB_PASSWORD=q7rkvx93t\n";
    // The same bytes: nothing by the first name, credentials by the second.
    let by_name = repository(&[("a.txt", env)]);
    commit(&by_name, "first");
    assert_eq!(
        findings(by_name.path(), &["--history"]),
        Vec::<String>::new()
    );
    write(&by_name, &[("b/.env", env)]);
    commit(&by_name, "second");
    assert_eq!(findings(by_name.path(), &["--history"]), ["P107 b/.env:1"]);
    assert_eq!(
        findings(by_name.path(), &["--history", "--no-cache"]),
        ["P107 b/.env:1"]
    );
    // The same bytes where the configuration allows them and where it does not, in one commit and in two.
    for in_two in [false, true] {
        let policy = "ignore: [{path: 'fixtures/**', rules: [P101], reason: made up}]\n";
        let allowed = repository(&[(".waxwing-lint.yaml", policy), ("fixtures/s.yaml", PLAIN)]);
        if in_two {
            commit(&allowed, "allowed");
        }
        write(&allowed, &[("live/s.yaml", PLAIN)]);
        commit(&allowed, "both");
        assert_eq!(
            findings(allowed.path(), &["--history"]),
            ["P101 live/s.yaml:7"]
        );
        fs::remove_dir_all(allowed.path().join("fixtures")).unwrap();
        fs::remove_dir_all(allowed.path().join("live")).unwrap();
        commit(&allowed, "none");
        // What the configuration took out is taken out of the past as well.
        assert_eq!(
            findings(allowed.path(), &["--history"]),
            ["P112 live/s.yaml:7"]
        );
    }
    // Moved, it is told where it is; moved and removed, once, with all its paths.
    let moved = repository(&[("one/s.yaml", PLAIN)]);
    commit(&moved, "one");
    moved.git(&["mv", "one", "two"]);
    commit(&moved, "two");
    assert_eq!(
        findings(moved.path(), &["--history"]),
        ["P101 two/s.yaml:7"]
    );
    let second = moved.git(&["rev-parse", "HEAD"]);
    moved.git(&["rm", "--quiet", "-r", "two"]);
    commit(&moved, "three");
    for words in [&["--history"][..], &["--history", "--no-cache"]] {
        let told = messages(&moved, words);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].starts_with("one/s.yaml:7") && told[0].contains("also two/s.yaml"),
            "{told:?}"
        );
    }
    let said = lint(moved.path(), &["--history", "--format", "json"]);
    assert!(
        said.out.contains(&format!("\"last\": \"{second}\"")),
        "{said:?}"
    );
}

#[test]
fn a_verdict_that_is_kept_follows_the_day_and_the_configuration() {
    let marked = PLAIN.replace(
        "hunter2",
        "hunter2 # %ignore% P101 reason=x until=2027-06-01",
    );
    let repository = repository(&[("a.yaml", &marked)]);
    commit(&repository, "first");
    let before = ["--history", "--now", "2027-05-01"];
    assert_eq!(findings(repository.path(), &before), Vec::<String>::new());
    let after = ["--history", "--now", "2027-07-01"];
    assert_eq!(findings(repository.path(), &after), ["P101 a.yaml:7"]);
    write(&repository, &[("a.yaml", CLEAN)]);
    commit(&repository, "second");
    assert_eq!(findings(repository.path(), &after), ["P112 a.yaml:7"]);
    write(
        &repository,
        &[(".waxwing-lint.yaml", "rules: {P101: off}\n")],
    );
    assert_eq!(findings(repository.path(), &after), Vec::<String>::new());
}

#[test]
fn a_history_that_was_rewritten_is_looked_at_anew() {
    let repository = repository(&[("a.yaml", CLEAN)]);
    commit(&repository, "first");
    write(&repository, &[("b.yaml", PLAIN)]);
    commit(&repository, "second");
    assert_eq!(
        findings(repository.path(), &["--history"]),
        ["P101 b.yaml:7"]
    );
    repository.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    assert_eq!(
        findings(repository.path(), &["--history"]),
        Vec::<String>::new()
    );
}

#[test]
fn a_shallow_clone_is_not_clean() {
    let origin = repository(&[("b.yaml", PLAIN)]);
    commit(&origin, "first");
    write(&origin, &[("b.yaml", CLEAN)]);
    commit(&origin, "second");
    let place = tempfile::tempdir().unwrap();
    let clone = place.path().join("clone");
    let url = format!("file://{}", origin.path().display());
    origin.git(&[
        "clone",
        "--quiet",
        "--depth",
        "1",
        &url,
        clone.to_str().unwrap(),
    ]);
    let said = lint(&clone, &["--history"]);
    assert!(
        said.code == 3 && said.out.contains("fetch --unshallow"),
        "{said:?}"
    );
    // What was learned of a part is not taken for the whole.
    origin.git(&[
        "-C",
        clone.to_str().unwrap(),
        "fetch",
        "--quiet",
        "--unshallow",
    ]);
    assert_eq!(findings(&clone, &["--history"]), ["P112 b.yaml:7"]);
}
