//! Planted values are searched in everything that the linter gives out: in none of it, in no encoding.

use std::{fs, path::Path};

use waxwing::api::base64;

use super::{
    program::{Said, commit, lint, lint_with, repository},
    tokens::Noise,
};

const LETTERS: &str = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

/// The forms in which a value may show itself.
fn forms(value: &str) -> Vec<String> {
    let mut forms = vec![
        value.to_owned(),
        value.to_lowercase(),
        value.chars().rev().collect(),
    ];
    for before in ["", "a", "ab"] {
        // At each of the three alignments, without the letters that the neighbours change.
        let encoded = base64::encode(format!("{before}{value}").as_bytes());
        let start = if before.is_empty() { 0 } else { 4 };
        let end = encoded.trim_end_matches('=').len() - 2;
        let inner = encoded[start..end].to_owned();
        forms.push(inner.replace('+', "-").replace('/', "_"));
        forms.push(inner);
    }
    forms.push(value.bytes().map(|byte| format!("{byte:02x}")).collect());
    forms.push(
        value
            .bytes()
            .map(|byte| format!("\\u00{byte:02x}"))
            .collect(),
    );
    forms.push(value.bytes().map(|byte| format!("%{byte:02X}")).collect());
    forms
}

/// All places that a value can be planted in, as files by name.
fn places(value: &str, number: usize) -> (String, String) {
    let encoded = base64::encode(value.as_bytes());
    let secret = format!("{{\"kind\":\"Secret\",\"stringData\":{{\"pw\":\"{value}\"}}}}");
    let text = match number % 16 {
        0 => format!("{{%S%, metadata: {{name: s{number}}}, stringData: {{pw: {value}}}}}"),
        1 => format!("{{%S%, metadata: {{name: s{number}}}, data: {{pw: {encoded}}}}}"),
        2 => format!("{{%CM%, metadata: {{name: c{number}}}, data: {{DB_PASSWORD: {value}}}}}"),
        3 => format!("{{%POD%, metadata: {{name: p{number}}}, spec: {{containers: [{{name: c, env: [{{name: TOKEN, value: {value}}}], args: ['--password={value}']}}]}}}}"),
        4 => format!("url: https://app:{value}{}host/x\n", '@'),
        5 => format!("{{%SS%, metadata: {{name: x{number}, namespace: b}}, spec: {{encryptedData: {{pw: {encoded}}}, template: {{data: {{password: {value}}}}}}}}}"),
        6 => format!("{{%SS%, metadata: {{name: x{number}, namespace: b}}, spec: {{template: {{metadata: {{annotations: {{%kubectl%: '{secret}'}}}}}}}}}}"),
        7 => format!("{{%SS%, metadata: {{name: x{number}, namespace: b}}, spec: {{encryptedData: {{pw: '{value}'}}}}}}"),
        8 => format!("a: [\n# {value}\n{value}: {{ {value}\n"),
        9 => format!("{{%SS%, metadata: {{name: x{number}, namespace: b}}, spec: {{template: {{data: {{t: '{{{{ {value} }}}}', u: '{{{{ .a {value}'}}}}}}}}"),
        10 => format!("apiVersion: v1\nkind: Secret\nstringData: {{pw: {value}}}\nstringData: {{pw: {value}}}\n"),
        11 => format!("{{%CM%, metadata: {{name: c{number}}}, data: {{a.ini: \"password = {value}\\n\", s.yaml: \"apiVersion: v1\\nkind: Secret\\nstringData: {{pw: {value}}}\\n\"}}}}"),
        12 => format!("{{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"stringData\": {{\"pw\": \"{value}\"}}"),
        13 => format!("{{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {{name: h{number}}}, spec: {{values: {{password: {value}}}}}}}"),
        14 => format!("{{apiVersion: v1, kind: Config, users: [{{name: a, user: {{token: {value}}}}}]}}"),
        _ => format!("# kubectl create secret generic a %fl%=pw={value}\nx: 1 # %ignore% P114 reason=\"{value}x\"\n").replace(&format!("reason=\"{value}x\""), "reason=\"r\""),
    };
    let end = if number % 16 == 12 { "json" } else { "yaml" };
    (format!("f{number}.{end}"), text)
}

fn search(what: &str, text: &str, values: &[String], wrong: &mut Vec<String>) {
    for (number, value) in values.iter().enumerate() {
        for form in forms(value) {
            if text.contains(&form) {
                wrong.push(format!("value {number} in {what}"));
            }
        }
    }
}

fn said(what: &str, said: &Said, values: &[String], wrong: &mut Vec<String>) {
    assert!(matches!(said.code, 0..=3), "{what}: {said:?}");
    assert!(!said.err.contains("panicked"), "{what}");
    search(what, &said.out, values, wrong);
    search(what, &said.err, values, wrong);
}

fn files(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned());
        }
    }
}

#[test]
fn no_planted_value_comes_out() {
    let mut noise = Noise::new(2027);
    let values: Vec<String> = (0..64).map(|_| noise.letters(22, LETTERS)).collect();
    let planted: Vec<(String, String)> = values
        .iter()
        .enumerate()
        .map(|(number, value)| places(value, number))
        .collect();
    let mut all: Vec<(&str, &str)> = planted
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let generator = format!(
        "secretGenerator: [{{name: g, literals: [pw={0}, '{0}']}}]\npatches: [{{target: {{kind: Secret}}, patch: '[{{op: add, path: /data/pw, value: {0}}}]'}}, {{patch: '{0}'}}]\n",
        values[0]
    );
    all.push(("o/kustomization.yaml", &generator));
    let repository = repository(&all);
    commit(&repository, "first");
    repository.git(&["rm", "--quiet", "--cached", "f0.yaml", "f1.yaml"]);
    repository.git(&["commit", "--quiet", "-m", "second"]);
    repository.git(&["add", "f0.yaml", "f1.yaml"]);
    let mut wrong = Vec::new();
    for format in ["text", "json", "sarif", "github", "gitlab", "junit", "csv"] {
        for mode in [
            &[][..],
            &["--staged"],
            &["--history"],
            &["--range", "HEAD~1..HEAD"],
            &["f0.yaml", "f8.yaml"],
        ] {
            if !matches!(format, "text" | "json") && mode.len() > 1 {
                continue;
            }
            let mut words = vec!["--format", format];
            words.extend(mode);
            let found = lint(repository.path(), &words);
            assert_ne!(found.code, 2, "{words:?}: {found:?}");
            said(&format!("{words:?}"), &found, &values, &mut wrong);
        }
        // One of each kind is enough here.
        for (_, text) in all.iter().take(16) {
            let expanded = super::tokens::expand(text);
            if format == "json" {
                said(
                    "stdin",
                    &lint_with(repository.path(), &["--format", format, "-"], &expanded),
                    &values,
                    &mut wrong,
                );
            }
        }
    }
    said(
        "baseline",
        &lint(repository.path(), &["--write-baseline"]),
        &values,
        &mut wrong,
    );
    let mut kept = Vec::new();
    files(&repository.path().join(".git/waxwing"), &mut kept);
    kept.push(fs::read_to_string(repository.path().join(".waxwing-lint-baseline.json")).unwrap());
    assert!(kept.len() > 1);
    for text in &kept {
        search("a kept file", text, &values, &mut wrong);
    }
    let certificate = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/kubeseal/keys/primary.crt"
    );
    said(
        "fix",
        &lint(
            repository.path(),
            &["--fix", "--seal", certificate, "--now", "2026-12-01"],
        ),
        &values,
        &mut wrong,
    );
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_search_itself_finds_what_is_there() {
    let value = "Zw4xV9kQpL2mNb7RtYc3Hs".to_owned();
    let mut wrong = Vec::new();
    for text in [
        value.clone(),
        base64::encode(format!("xy{value}z").as_bytes()),
        value.bytes().map(|byte| format!("{byte:02x}")).collect(),
    ] {
        search("here", &text, std::slice::from_ref(&value), &mut wrong);
    }
    wrong.dedup();
    assert!(!wrong.is_empty());
    let mut none = Vec::new();
    search("there", "nothing", &[value], &mut none);
    assert!(none.is_empty());
}
