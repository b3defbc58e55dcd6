//! Where the files come from, what takes findings out, and the exit codes.

use std::fs;

use super::program::{
    CLEAN, PLAIN, SEALED, commit, findings, folder, lint, lint_with, repository, write,
};

#[test]
fn exit_codes_say_clean_findings_usage_incomplete() {
    let clean = folder(&[("a.yaml", CLEAN), ("s.yaml", SEALED)]);
    let said = lint(clean.path(), &[]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    let plain = folder(&[("a.yaml", PLAIN)]);
    let said = lint(plain.path(), &[]);
    assert_eq!(said.code, 1);
    assert!(said.out.starts_with("a.yaml:7:13: error P101: key \"password\" of Secret shop/db is not encrypted\n    password: ****\n"), "{said:?}");
    let broken = folder(&[("a.yaml", PLAIN), ("b.yaml", "a: [\n")]);
    let said = lint(broken.path(), &[]);
    assert_eq!(said.code, 3);
    assert!(
        said.out.contains("P101") && said.out.contains("b.yaml:") && said.out.contains("O602"),
        "{said:?}"
    );
    assert_eq!(lint(clean.path(), &["--fail-on", "never"]).code, 2);
    assert_eq!(lint(clean.path(), &["gone.yaml"]).code, 2);
    assert_eq!(lint(clean.path(), &["--staged"]).code, 2);
    assert_eq!(lint(clean.path(), &["--no-such-flag"]).code, 2);
    let wrong = folder(&[(".waxwing-lint.yaml", "rulez: {}\n")]);
    let said = lint(wrong.path(), &[]);
    assert!(
        said.code == 2 && said.err.contains("unknown field"),
        "{said:?}"
    );
}

#[test]
fn the_severity_that_fails_can_be_chosen() {
    let warned = folder(&[(
        "a.yaml",
        "{%CM%, metadata: {name: a}, data: {DB_PASSWORD: hunter2}}",
    )]);
    assert_eq!(lint(warned.path(), &[]).code, 0);
    assert_eq!(lint(warned.path(), &["--fail-on", "warning"]).code, 1);
    let configured = folder(&[
        (
            ".waxwing-lint.yaml",
            "failOn: warning\nrules: {P103: info}\n",
        ),
        (
            "a.yaml",
            "{%CM%, metadata: {name: a}, data: {DB_PASSWORD: hunter2}}",
        ),
    ]);
    assert_eq!(lint(configured.path(), &[]).code, 0);
    assert_eq!(lint(configured.path(), &["--fail-on", "info"]).code, 1);
}

#[test]
fn a_stream_and_single_files_are_scanned() {
    let empty = folder(&[]);
    let said = lint_with(empty.path(), &["-"], PLAIN);
    assert!(said.code == 1 && said.out.starts_with("-:7:"), "{said:?}");
    assert_eq!(lint_with(empty.path(), &["-"], CLEAN).code, 0);
    assert_eq!(lint_with(empty.path(), &["-"], "a: [").code, 3);
    let files = folder(&[("a.yaml", PLAIN), ("x/b.yaml", CLEAN), ("x/c.yaml", PLAIN)]);
    assert_eq!(findings(files.path(), &["x/b.yaml"]), Vec::<String>::new());
    assert_eq!(findings(files.path(), &["x/c.yaml", "a.yaml"]).len(), 2);
    assert!(findings(files.path(), &["x"])[0].contains("c.yaml"));
}

#[test]
fn what_is_ignored_by_git_is_left_alone_unless_tracked() {
    let repository = repository(&[
        (".gitignore", "*.secret.yaml\nbuild/\n"),
        ("db.secret.yaml", PLAIN),
        ("build/a.yaml", PLAIN),
        ("b.yaml", CLEAN),
    ]);
    assert_eq!(findings(repository.path(), &[]), Vec::<String>::new());
    repository.git(&["add", "--force", "db.secret.yaml"]);
    let found = findings(repository.path(), &[]);
    assert_eq!(found, ["P113 db.secret.yaml:1", "P101 db.secret.yaml:7"]);
    // An untracked file that is not ignored is one `git add` away.
    write(&repository, &[("new.yaml", PLAIN)]);
    assert!(findings(repository.path(), &[]).contains(&"P101 new.yaml:7".to_owned()));
}

#[test]
fn staged_is_the_index_not_the_work_tree() {
    let repository = repository(&[("a.yaml", CLEAN), ("old.yaml", PLAIN)]);
    commit(&repository, "first");
    assert_eq!(
        findings(repository.path(), &["--staged"]),
        Vec::<String>::new()
    );
    write(&repository, &[("b.yaml", PLAIN)]);
    repository.git(&["add", "b.yaml"]);
    write(&repository, &[("b.yaml", CLEAN)]);
    assert_eq!(
        findings(repository.path(), &["--staged"]),
        ["P101 b.yaml:7"]
    );
    repository.git(&["add", "b.yaml"]);
    write(&repository, &[("b.yaml", PLAIN)]);
    assert_eq!(
        findings(repository.path(), &["--staged"]),
        Vec::<String>::new()
    );
}

#[test]
fn staged_renders_the_overlays_that_reach_a_staged_file() {
    let deployment = "{%D%, metadata: {name: w}, spec: {template: {spec: {containers: [{name: c, envFrom: [{secretRef: {name: db}}]}]}}}}";
    let repository = repository(&[
        ("base/kustomization.yaml", "resources: [w.yaml, db.yaml]\n"),
        ("base/w.yaml", deployment),
        ("base/db.yaml", SEALED),
        (
            "o/prod/kustomization.yaml",
            "resources: [../../base]\nnamespace: shop\n",
        ),
        ("o/broken/kustomization.yaml", "resources: [gone.yaml]\n"),
    ]);
    commit(&repository, "first");
    repository.git(&["rm", "--quiet", "base/db.yaml"]);
    write(
        &repository,
        &[("base/kustomization.yaml", "resources: [w.yaml]\n")],
    );
    repository.git(&["add", "--all"]);
    let said = lint(repository.path(), &["--staged"]);
    // The overlay that does not build is not reached, so it does not matter here.
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.out.contains("base/w.yaml:1:") && said.out.contains("R401"),
        "{said:?}"
    );
    assert!(said.out.contains("o/prod"), "{said:?}");
    assert_eq!(lint(repository.path(), &[]).code, 3);
}

#[test]
fn comments_the_baseline_and_the_configuration_take_findings_out() {
    let marked = PLAIN.replace("hunter2", "hunter2 # %ignore% P101 reason=\"sample\"");
    let files = folder(&[("a.yaml", &marked)]);
    assert_eq!(lint(files.path(), &[]).code, 0);
    let bare = PLAIN.replace("hunter2", "hunter2 # %ignore% P101");
    let files = folder(&[("a.yaml", &bare)]);
    assert_eq!(findings(files.path(), &[]), ["O601 a.yaml:7"]);
    assert_eq!(
        findings(files.path(), &["--strict-ignores"]),
        ["O601 a.yaml:7", "P101 a.yaml:7"]
    );
    let files = folder(&[
        (
            ".waxwing-lint.yaml",
            "ignore: [{path: 'fixtures/**', rules: [P101], reason: test data}]\n",
        ),
        ("fixtures/a.yaml", PLAIN),
        (
            "b.json",
            "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"stringData\": {\"pw\": \"hunter2\"}}",
        ),
    ]);
    assert_eq!(findings(files.path(), &[]), ["P101 b.json:1"]);
}

#[test]
fn the_baseline_knows_no_lines_and_no_values() {
    let files = folder(&[("a.yaml", PLAIN)]);
    assert_eq!(lint(files.path(), &["--write-baseline"]).code, 0);
    let text = fs::read_to_string(files.path().join(".waxwing-lint-baseline.json")).unwrap();
    assert!(
        !text.contains("hunter2") && !text.contains("line") && !text.contains("sha"),
        "{text}"
    );
    assert_eq!(lint(files.path(), &[]).code, 0);
    // Moved and changed, it is the same finding.
    let moved = format!("# moved\n\n{}", PLAIN.replace("hunter2", "other3"));
    fs::write(files.path().join("a.yaml"), moved).unwrap();
    assert_eq!(lint(files.path(), &[]).code, 0);
    fs::write(files.path().join("a.yaml"), CLEAN).unwrap();
    let said = lint(files.path(), &[]);
    assert!(
        said.code == 0 && said.out.contains("matches nothing any more"),
        "{said:?}"
    );
    fs::write(
        files.path().join("a.yaml"),
        PLAIN.replace("password", "other"),
    )
    .unwrap();
    assert_eq!(lint(files.path(), &[]).code, 1);
}

#[test]
fn a_change_cannot_weaken_the_configuration_of_its_base() {
    let repository = repository(&[("a.yaml", CLEAN)]);
    commit(&repository, "base");
    repository.git(&["branch", "base"]);
    write(
        &repository,
        &[
            (".waxwing-lint.yaml", "rules: {P101: off}\n"),
            ("a.yaml", PLAIN),
        ],
    );
    commit(&repository, "change");
    assert_eq!(lint(repository.path(), &[]).code, 0);
    assert_eq!(lint(repository.path(), &["--config-from", "base"]).code, 1);
    assert_eq!(lint(repository.path(), &["--config-from", "gone"]).code, 2);
}

#[test]
fn odd_files_are_told_and_the_rest_is_scanned() {
    let files = folder(&[
        ("plain.yaml", PLAIN),
        (
            "bomb.yaml",
            "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e, *e, *e, *e, *e, *e]\n",
        ),
        (
            "twice.yaml",
            "apiVersion: v1\nkind: Secret\nstringData: {pw: hunter2}\nstringData: {}\n",
        ),
        ("chart/Chart.yaml", "name: c\n"),
        ("chart/templates/a.yaml", "a: {{ .b }}\n"),
        (
            "remote/kustomization.yaml",
            "resources: ['https://example.com/x?ref=1']\n",
        ),
    ]);
    let at = |name: &str| files.path().join(name);
    fs::write(at("deep.yaml"), "[".repeat(10_000)).unwrap();
    fs::write(at("latin.yaml"), b"a: \xe9\n").unwrap();
    fs::write(at("binary.yaml"), b"a: \0\n").unwrap();
    fs::File::create(at("large.yaml"))
        .unwrap()
        .set_len(11 << 20)
        .unwrap();
    std::os::unix::fs::symlink("/etc/passwd", at("out.yaml")).unwrap();
    std::os::unix::fs::symlink("../../x.yaml", at("up.yaml")).unwrap();
    std::os::unix::fs::symlink("plain.yaml", at("in.yaml")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket.yaml")).unwrap();
    let latin = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"name-\xe9.yaml");
    fs::write(files.path().join(latin), "a: b\n").unwrap();
    let said = lint(files.path(), &[]);
    assert_eq!(said.code, 3);
    let expected = [
        "name-\u{fffd}.yaml",
        "bomb.yaml",
        "twice.yaml",
        "chart/Chart.yaml",
        "remote/kustomization.yaml",
        "deep.yaml",
        "latin.yaml",
        "binary.yaml",
        "large.yaml",
        "out.yaml",
        "up.yaml",
        "socket.yaml",
    ];
    for name in expected {
        let line = said.out.lines().find(|line| line.starts_with(name));
        assert!(
            line.is_some_and(|line| line.contains("O602")),
            "{name}: {}",
            said.out
        );
    }
    assert_eq!(
        said.out
            .lines()
            .filter(|line| line.contains("O602"))
            .count(),
        expected.len(),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("plain.yaml:7:13: error P101") && !said.out.contains("\nin.yaml"),
        "{}",
        said.out
    );
    // What is accepted with a reason and a date is no longer counted.
    let accept: Vec<String> = expected
        .iter()
        .map(|name| format!("{{path: '{name}', reason: known, until: 2099-01-01}}"))
        .collect();
    fs::write(
        at(".waxwing-lint.yaml"),
        format!("accept: [{}]\n", accept.join(", ")),
    )
    .unwrap();
    assert_eq!(lint(files.path(), &[]).code, 1);
}

#[test]
fn a_submodule_is_unscanned() {
    let inner = repository(&[("a.yaml", CLEAN)]);
    commit(&inner, "inner");
    let outer = repository(&[("b.yaml", CLEAN)]);
    commit(&outer, "outer");
    let id = inner.git(&["rev-parse", "HEAD"]);
    outer.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{},sub", id.trim()),
    ]);
    let said = lint(outer.path(), &[]);
    assert!(said.code == 3 && said.out.contains("submodule"), "{said:?}");
}

#[test]
fn explanations_are_the_documentation_of_the_rules() {
    let empty = folder(&[]);
    let said = lint(empty.path(), &["--explain", "p101"]);
    assert!(
        said.code == 0
            && said
                .out
                .starts_with("P101 (error): A Secret carries values in plain\n"),
        "{said:?}"
    );
    assert_eq!(lint(empty.path(), &["--explain", "P999"]).code, 2);
    let page = lint(empty.path(), &["--explain", "all"]).out;
    assert_eq!(
        page,
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules.md")).unwrap()
    );
}
