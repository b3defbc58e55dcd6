//! The house rules that the compiler does not police: import floors, file sizes, forgotten files.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The most lines that a Rust file may have.
const MAX_LINES: usize = 500;

/// The floor of each top-level module; a module imports only from lower floors, or from itself.
const FLOORS: &[(&str, u8)] = &[
    ("object", 0),
    ("plan", 0),
    ("secret", 0),
    ("template", 0),
    ("api", 1),
    ("kustomize", 2),
    ("lint", 2),
    ("promql", 2),
    ("rollout", 2),
    ("seal", 2),
    ("simulation", 2),
    ("sync", 2),
    ("version", 2),
    ("workload", 2),
    ("clock", 3),
    ("cluster", 3),
    ("sandbox", 3),
    ("source", 3),
    ("web", 3),
    ("controller", 4),
    ("cli", 5),
    ("dashboard", 5),
    ("kubeseal", 5),
    ("main", 5),
    ("lib", 5),
];

/// Modules of floor 3 that their siblings may import (docs/decisions/clock.md).
const SHARED_DOORS: &[&str] = &["clock"];

/// Words of crates and of the standard library that floors 0 to 2 must not use.
const IMPURE: &[&str] = &[
    "tokio::",
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "Timestamp::now",
    "SystemTime",
    "Instant",
    "async fn",
    "async move",
    "reqwest",
    "hyper",
    "axum",
    "kube::",
    "thread_local!",
    "static mut",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

fn files_below(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    rust_files(&root().join(folder), &mut found);
    found
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

fn module_of(file: &str) -> &str {
    let inner = file.strip_prefix("src/").unwrap();
    inner
        .split_once('/')
        .map_or_else(|| inner.strip_suffix(".rs").unwrap(), |(module, _)| module)
}

fn floor_of(module: &str) -> Option<u8> {
    FLOORS
        .iter()
        .find(|(name, _)| *name == module)
        .map(|(_, floor)| *floor)
}

/// The part of a file before its inline tests, without comments.
fn code_of(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The top-level modules that a piece of code names by `crate::`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for piece in code.split("crate::").skip(1) {
        let mut names = Vec::new();
        if let Some(group) = piece.strip_prefix('{') {
            let mut depth = 0;
            let mut name = String::new();
            for letter in group.chars() {
                match letter {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => names.push(std::mem::take(&mut name)),
                    _ if depth == 0 => name.push(letter),
                    _ => {}
                }
            }
            names.push(name);
        } else {
            names.push(piece.to_owned());
        }
        for name in names {
            let word: String = name
                .trim()
                .chars()
                .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                .collect();
            if !word.is_empty() {
                found.insert(word);
            }
        }
    }
    found
}

#[test]
fn modules_import_only_lower_floors() {
    let mut wrong = Vec::new();
    for (file, text) in files_below("src") {
        let module = module_of(&file);
        let Some(floor) = floor_of(module) else {
            wrong.push(format!("{file}: module {module} has no floor"));
            continue;
        };
        for import in imports(&code_of(&text)) {
            if import == module {
                continue;
            }
            match floor_of(&import) {
                Some(other) if other < floor => {}
                Some(3) if floor == 3 && SHARED_DOORS.contains(&import.as_str()) => {}
                // Within floor 0 the smaller pieces are shared; nothing is below them.
                Some(0) if floor == 0 => {}
                Some(5) if floor == 5 => {}
                _ => wrong.push(format!("{file} imports {import}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_floors_touch_no_machine() {
    let mut wrong = Vec::new();
    for (file, text) in files_below("src") {
        if floor_of(module_of(&file)).is_none_or(|floor| floor > 2) {
            continue;
        }
        let code = code_of(&text);
        for word in IMPURE {
            if code.contains(word) {
                wrong.push(format!("{file} uses {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_longer_than_the_limit() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests"] {
        for (file, text) in files_below(folder) {
            let lines = text.lines().count();
            if lines > MAX_LINES {
                wrong.push(format!("{file}: {lines} lines"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_test_file_is_part_of_the_binary() {
    let mut wrong = Vec::new();
    for (file, _) in files_below("tests/it") {
        let path = Path::new(&file);
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let folder = path.parent().unwrap();
        let (parent, word) = match stem {
            "main" => continue,
            "mod" => (
                folder.parent().unwrap(),
                folder.file_name().unwrap().to_str().unwrap(),
            ),
            other => (folder, other),
        };
        let declared = ["main.rs", "mod.rs"].iter().any(|name| {
            fs::read_to_string(root().join(parent).join(name)).is_ok_and(|text| {
                text.lines()
                    .any(|line| line.trim().trim_start_matches("pub ") == format!("mod {word};"))
            })
        });
        if !declared {
            wrong.push(file);
        }
    }
    assert!(wrong.is_empty(), "not declared: {}", wrong.join(", "));
}

#[test]
fn the_check_itself_sees_imports() {
    let code =
        "use crate::{object::{Object, yaml}, plan::Plan};\nlet a = crate::seal::Scope::Strict;";
    let expected: BTreeSet<String> = ["object", "plan", "seal"].map(str::to_owned).into();
    assert_eq!(imports(code), expected);
}
