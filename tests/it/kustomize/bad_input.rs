//! What strangers may write: it ends soon, in an error of its own kind, and nothing outside is read.

use std::{
    cell::RefCell,
    fs,
    time::{Duration, Instant},
};

use waxwing::{
    kustomize::{Build, BuildError, Options, build},
    object::tree::{Entry, Files, Kind, Tree},
    source::{Folder, MAX_FILE_BYTES},
};

/// Far more than any of it takes, far less than for ever.
const SOON: Duration = Duration::from_secs(20);

fn run(files: &[(&str, String)]) -> Result<Build, BuildError> {
    let mut tree = Tree::new();
    for (path, text) in files {
        tree.insert(path, text.as_bytes());
    }
    let start = Instant::now();
    let built = build(&tree, "/app", &Options::default());
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    built
}

fn refused(files: &[(&str, String)]) -> String {
    run(files).unwrap_err().to_string()
}

#[test]
fn bombs_of_the_parser_do_not_go_off() {
    let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    let laughs: String = (1..30)
        .map(|level| {
            format!(
                "l{level}: &l{level} [*l{0}, *l{0}, *l{0}, *l{0}]\n",
                level - 1
            )
        })
        .collect();
    let bombs = [
        ("laughs", format!("{head}l0: &l0 x\n{laughs}")),
        (
            "long scalar",
            format!("{head}data: {{a: {}}}\n", "x".repeat(5 << 20)),
        ),
        (
            "documents",
            format!("{head}{}", "---\na: b\n".repeat(100_000)),
        ),
        ("nesting", format!("{head}a: {}", "[".repeat(10_000))),
        ("nested maps", format!("{head}a: {}", "{a: ".repeat(10_000))),
        (
            "keys",
            format!(
                "{head}a: {{{}}}\n",
                (0..200_000)
                    .map(|key| format!("k{key}: 1,"))
                    .collect::<String>()
            ),
        ),
        (
            "json keys",
            format!(
                "{{{}\"z\": 1}}",
                (0..200_000)
                    .map(|key| format!("\"k{key}\": 1,"))
                    .collect::<String>()
            ),
        ),
        ("duplicate keys", format!("{head}a: 1\na: 2\n")),
        ("nul", format!("{head}a: \"x\0y\"\n")),
        ("alias of itself", format!("{head}a: &a [*a]\n")),
        ("broken tag", format!("{head}a: !!binary '???'\n")),
    ];
    for (name, text) in bombs {
        for role in ["resources: [a.yaml]", "patches: [{path: a.yaml}]"] {
            let files = [
                ("app/kustomization.yaml", format!("{role}\n")),
                ("app/a.yaml", text.clone()),
            ];
            let error = refused(&files);
            assert!(error.len() < 4096, "{name}: {} bytes of error", error.len());
        }
        if name != "documents" && name != "broken tag" {
            let error = refused(&[("app/kustomization.yaml", text)]);
            assert!(
                error.starts_with("invalid Kustomization") || error.contains("json: "),
                "{name}: {error}"
            );
        }
    }
}

#[test]
fn what_doubles_itself_is_stopped() {
    // Each kustomization takes the next one twice: two to the power of sixty folders.
    let mut files = Vec::new();
    for level in 0..60 {
        for side in ["a", "b"] {
            let text = format!(
                "namePrefix: {side}\nresources: [../../{0}/a, ../../{0}/b]\n",
                level + 1
            );
            files.push((format!("l/{level}/{side}/kustomization.yaml"), text));
        }
    }
    files.push((
        "l/60/a/kustomization.yaml".to_owned(),
        "resources: [c.yaml]\n".to_owned(),
    ));
    files.push((
        "l/60/a/c.yaml".to_owned(),
        "kind: A\nmetadata: {name: a}\n".to_owned(),
    ));
    files.push((
        "l/60/b/kustomization.yaml".to_owned(),
        "configMapGenerator: [{name: b}]\n".to_owned(),
    ));
    files.push((
        "app/kustomization.yaml".to_owned(),
        "resources: [../l/0/a]\n".to_owned(),
    ));
    let files: Vec<(&str, String)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.clone()))
        .collect();
    assert!(refused(&files).contains("more than 10000 kustomizations"));

    // A value is copied into itself.
    let step = "- source: {kind: A, fieldPath: spec}\n  targets: [{select: {kind: A}, fieldPaths: [spec.N], options: {create: true}}]\n";
    let steps: String = (0..60)
        .map(|at| step.replace('N', &format!("n{at}")))
        .collect();
    let one = "kind: A\nmetadata: {name: a}\nspec: {text: x}\n".to_owned();
    let error = refused(&[
        (
            "app/kustomization.yaml",
            format!("resources: [a.yaml]\nreplacements:\n{steps}"),
        ),
        ("app/a.yaml", one.clone()),
    ]);
    assert!(error.contains("grows larger than"), "{error}");

    // A text is put behind itself.
    let step = "- source: {kind: A, fieldPath: spec.text}\n  targets: [{select: {kind: A}, fieldPaths: [spec.text], options: {delimiter: \"-\", index: 99}}]\n";
    let error = refused(&[
        (
            "app/kustomization.yaml",
            format!("resources: [a.yaml]\nreplacements:\n{}", step.repeat(60)),
        ),
        ("app/a.yaml", one.clone()),
    ]);
    assert!(error.contains("grows larger than"), "{error}");

    // A patch copies what it has copied.
    let step = |at: usize| {
        format!(
            "- target: {{kind: A}}\n  patch: '[{{\"op\": \"copy\", \"from\": \"/spec\", \"path\": \"/spec/c{at}\"}}]'\n"
        )
    };
    let steps: String = (0..60).map(step).collect();
    let error = refused(&[
        (
            "app/kustomization.yaml",
            format!("resources: [a.yaml]\npatches:\n{steps}"),
        ),
        ("app/a.yaml", one),
    ]);
    assert!(
        error.contains("copies are larger than") || error.contains("grows larger than"),
        "{error}"
    );

    // A variable stands in a text again and again.
    let error = refused(&[
        (
            "app/kustomization.yaml",
            "resources: [a.yaml]\nvars: [{name: V, objref: {kind: ConfigMap, name: c, apiVersion: v1}, fieldref: {fieldpath: data.v}}]\n".to_owned(),
        ),
        (
            "app/a.yaml",
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{v: {}}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: c, args: [\"{}\"]}}]}}\n",
                "x".repeat(1 << 20),
                "$(V)".repeat(1000)
            ),
        ),
    ]);
    assert!(error.contains("grows larger than"), "{error}");

    // A generator takes a large file many times.
    let many: String = (0..300)
        .map(|at| format!("- {{name: g{at}, files: [large]}}\n"))
        .collect();
    let error = refused(&[
        (
            "app/kustomization.yaml",
            format!("configMapGenerator:\n{many}"),
        ),
        ("app/large", "x".repeat(1 << 20)),
    ]);
    assert!(error.contains("bytes of generated resources"), "{error}");
}

/// Files that fail the test when anything outside of a folder is opened.
struct Guarded<'a> {
    tree: &'a Tree,
    inside: &'a [&'a str],
    opened: RefCell<Vec<String>>,
}

impl Files for Guarded<'_> {
    fn entry(&self, path: &str) -> Entry {
        let found = self.tree.entry(path);
        if matches!(found, Entry::File(_)) {
            let is_inside = self.inside.iter().any(|folder| path.starts_with(folder));
            assert!(is_inside, "{path} was opened");
            self.opened.borrow_mut().push(path.to_owned());
        }
        found
    }

    fn kind(&self, path: &str) -> Kind {
        self.tree.entry(path).into()
    }
}

#[test]
fn nothing_outside_the_root_is_opened() {
    for text in [
        "resources: [../secret.yaml]",
        "resources: [/secret.yaml]",
        "resources: [link.yaml]",
        "resources: [chain.yaml]",
        "resources: [folder/secret.yaml]",
        "resources: [absolute.yaml]",
        "resources: [loop.yaml]",
        "resources: [loops/a.yaml]",
        "resources: [/etc/passwd]",
        "resources: [a/../../secret.yaml]",
        "components: [../secret.yaml]",
        "patches: [{path: ../secret.yaml}]",
        "patchesStrategicMerge: [../secret.yaml]",
        "patchesJson6902: [{path: ../secret.yaml, target: {name: a, kind: A, version: v1}}]",
        "configMapGenerator: [{name: a, files: [link.yaml]}]",
        "configMapGenerator: [{name: a, files: [k=/secret.yaml]}]",
        "secretGenerator: [{name: a, envs: [../secret.yaml]}]",
        "replacements: [{path: link.yaml}]",
        "crds: [link.yaml]",
        "configurations: [link.yaml]",
        "openapi: {path: link.yaml}",
        "transformers: [link.yaml]",
        "generators: [link.yaml]",
        "validators: [link.yaml]",
    ] {
        let mut tree = Tree::new();
        tree.insert("secret.yaml", &b"kind: A\nmetadata: {name: planted}\n"[..]);
        tree.insert("etc/passwd", &b"kind: A\nmetadata: {name: planted}\n"[..]);
        tree.insert("app/kustomization.yaml", format!("{text}\n").into_bytes());
        tree.insert("app/a/x", &b""[..]);
        tree.link("app/link.yaml", "../secret.yaml");
        tree.link("app/chain.yaml", "link.yaml");
        tree.link("app/folder", "..");
        tree.link("app/absolute.yaml", "/secret.yaml");
        tree.link("app/loop.yaml", "loop.yaml");
        tree.link("app/loops", "a/back");
        tree.link("app/a/back", "../loops");
        let guarded = Guarded {
            tree: &tree,
            inside: &["/app/"],
            opened: RefCell::default(),
        };
        let error = build(&guarded, "/app", &Options::default()).unwrap_err();
        assert!(!error.to_string().contains("planted"), "{text}: {error}");
        assert!(!guarded.opened.borrow().is_empty());
    }
}

#[test]
fn cycles_end_and_say_so() {
    for (text, said) in [
        ("resources: [../app]", "cycle detected"),
        ("resources: [..]", "cycle detected"),
        ("resources: [.]", "cycle detected"),
        ("resources: [../b]", "cycle detected"),
        ("components: [../app]", "cycle detected"),
        ("resources: [../gone]", "no such file or directory"),
        ("resources: ['']", "new root cannot be empty"),
    ] {
        let error = refused(&[
            ("app/kustomization.yaml", format!("{text}\n")),
            ("b/kustomization.yaml", "resources: [../c]\n".to_owned()),
            ("c/kustomization.yaml", "resources: [../app]\n".to_owned()),
        ]);
        assert!(error.contains(said), "{text}: {error}");
    }
}

#[test]
fn a_folder_of_ten_thousand_files_costs_what_is_named_of_it() {
    let mut tree = Tree::new();
    for at in 0..10_000 {
        tree.insert(
            &format!("app/f{at}.yaml"),
            &b"kind: A\nmetadata: {name: a}\n"[..],
        );
    }
    tree.insert("app/kustomization.yaml", &b"resources: [f7.yaml]\n"[..]);
    let start = Instant::now();
    assert_eq!(
        build(&tree, "/app", &Options::default())
            .unwrap()
            .read
            .len(),
        2
    );
    assert!(start.elapsed() < SOON);
    // All of them by name; each has one resource, and two of one name are an error at the second one.
    let names: String = (0..10_000).map(|at| format!("- f{at}.yaml\n")).collect();
    let files = [("app/kustomization.yaml", format!("resources:\n{names}"))];
    for (path, text) in files {
        tree.insert(path, text.into_bytes());
    }
    let error = build(&tree, "/app", &Options::default()).unwrap_err();
    assert!(
        error.to_string().contains("already registered id"),
        "{error}"
    );
    assert!(start.elapsed() < SOON);
}

#[test]
fn odd_things_of_the_file_system_are_refused() {
    use std::os::unix::ffi::OsStrExt;

    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let odd = std::ffi::OsStr::from_bytes(b"\xff\xfe.yaml");
    fs::write(folder.path().join(odd), "kind: A\nmetadata: {name: a}\n").unwrap();
    std::os::unix::fs::symlink(odd, at("link.yaml")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket.yaml")).unwrap();
    let large = fs::File::create(at("large.yaml")).unwrap();
    large.set_len(MAX_FILE_BYTES + (36 << 20)).unwrap();
    let root = Folder::absolute(folder.path()).unwrap();
    for (name, said) in [
        ("link.yaml", "not Unicode"),
        ("socket.yaml", "neither a file, a folder nor a link"),
        ("large.yaml", "too large"),
    ] {
        fs::write(at("kustomization.yaml"), format!("resources: [{name}]\n")).unwrap();
        let error = build(&Folder::new(), &root, &Options::default()).unwrap_err();
        assert!(error.to_string().contains(said), "{name}: {error}");
    }
    fs::write(at("kustomization.yaml"), b"resources: [\xff\xfe.yaml]\n").unwrap();
    let error = build(&Folder::new(), &root, &Options::default()).unwrap_err();
    assert!(
        error.to_string().starts_with("invalid Kustomization"),
        "{error}"
    );
    // Names that nobody asks for harm nobody.
    fs::write(at("kustomization.yaml"), "resources: []\n").unwrap();
    build(&Folder::new(), &root, &Options::default()).unwrap();
}
