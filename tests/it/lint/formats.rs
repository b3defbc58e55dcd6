//! The forms of a report.

use std::fs;

use serde_json::Value;

use super::program::{PLAIN, folder, lint};

fn tree() -> tempfile::TempDir {
    folder(&[
        ("a,b: c.yaml", PLAIN),
        (
            "o/kustomization.yaml",
            "resources: [s.yaml]\nnamespace: prod\n",
        ),
        (
            "o/s.yaml",
            "{%SS%, metadata: {name: db, namespace: dev}, spec: {encryptedData: {pw: %sealed%}}}",
        ),
        (
            "f.yaml",
            "{%S%, metadata: {name: '=cmd|x'}, stringData: {'=1+1': hunter2}} # %ignore% P101 reason=\"a sample\" until=2099-01-01\n",
        ),
        ("broken.yaml", "a: [\n"),
    ])
}

fn json(format: &str) -> Value {
    let files = tree();
    let said = lint(files.path(), &["--format", format]);
    assert_eq!(said.code, 3, "{said:?}");
    serde_json::from_str(&said.out).unwrap()
}

#[test]
fn json_has_every_field() {
    let value = json("json");
    assert_eq!(value["schemaVersion"], 1);
    assert_eq!(value["tool"]["name"], "waxwing lint");
    assert_eq!(value["scan"]["mode"], "tree");
    assert_eq!(value["scan"]["unscanned"][0]["path"], "broken.yaml");
    let finding = &value["findings"][0];
    let names: Vec<&str> = finding
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        names,
        [
            "baseline",
            "commit",
            "confidence",
            "excerpt",
            "fieldPath",
            "fingerprint",
            "location",
            "message",
            "object",
            "remediation",
            "render",
            "ruleId",
            "severity",
            "suppressed"
        ]
    );
    assert_eq!(finding["excerpt"], "password: ****");
    assert_eq!(finding["location"]["endColumn"], 20);
    let rendered = value["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["ruleId"] == "S306")
        .unwrap();
    assert_eq!(rendered["render"]["overlay"], "o");
    assert_eq!(rendered["location"]["path"], "o/s.yaml");
    let ignored = value["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| !one["suppressed"].is_null())
        .unwrap();
    assert_eq!(ignored["suppressed"]["reason"], "a sample");
    assert_eq!(value["summary"]["byRule"]["P101"], 1);
}

#[test]
fn sarif_follows_its_schema() {
    let value = json("sarif");
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/sarif/sarif-schema-2.1.0.json"
    );
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut wrong = Vec::new();
    check(&schema, &schema, &value, "", &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let run = &value["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    assert_eq!(run["invocations"][0]["exitCode"], 3);
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 48);
    let uris: Vec<&str> = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                .as_str()
                .unwrap()
        })
        .collect();
    assert!(uris.contains(&"a%2Cb%3A%20c.yaml"), "{uris:?}");
    assert!(!value.to_string().contains("snippet"));
}

#[test]
fn the_schema_check_itself_finds_faults() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/sarif/sarif-schema-2.1.0.json"
    );
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    for broken in [
        serde_json::json!({"version": "2.1.0"}),
        serde_json::json!({"version": "2.0.0", "runs": []}),
        serde_json::json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": 1}}}]}),
        serde_json::json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "a", "other": 1}}}]}),
        serde_json::json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "a"}}, "results": [{"message": {"text": "x"}, "level": "bad"}]}]}),
        serde_json::json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "a"}}, "results": [{"message": {}}]}]}),
    ] {
        let mut wrong = Vec::new();
        check(&schema, &schema, &broken, "", &mut wrong);
        assert!(!wrong.is_empty(), "{broken}");
    }
}

/// Checks a value by a JSON schema (draft 7, the words that the schema of SARIF uses).
fn check(root: &Value, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap();
        check(root, target, value, at, wrong);
    }
    if let Some(kind) = schema.get("type") {
        let kinds: Vec<&str> = match kind {
            Value::Array(list) => list.iter().map(|one| one.as_str().unwrap()).collect(),
            one => vec![one.as_str().unwrap()],
        };
        let is_of = |kind: &&str| match *kind {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "null" => value.is_null(),
            other => panic!("{other}"),
        };
        if !kinds.iter().any(is_of) {
            wrong.push(format!("{at}: not of type {kinds:?}"));
            return;
        }
    }
    if let Some(list) = schema["enum"].as_array()
        && !list.contains(value)
    {
        wrong.push(format!("{at}: not one of {list:?}"));
    }
    if let (Some(pattern), Some(text)) = (schema["pattern"].as_str(), value.as_str())
        && !regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
    {
        wrong.push(format!("{at}: not of the form {pattern}"));
    }
    if let (Some(least), Some(number)) = (schema["minimum"].as_f64(), value.as_f64())
        && number < least
    {
        wrong.push(format!("{at}: below {least}"));
    }
    for name in ["anyOf", "oneOf", "allOf"] {
        let Some(list) = schema[name].as_array() else {
            continue;
        };
        let good = list.iter().filter(|one| {
            let mut inner = Vec::new();
            check(root, one, value, at, &mut inner);
            inner.is_empty()
        });
        let (count, all) = (good.count(), list.len());
        if !(match name {
            "anyOf" => count > 0,
            "oneOf" => count == 1,
            _ => count == all,
        }) {
            wrong.push(format!("{at}: {count} of {all} of {name}"));
        }
    }
    if let Some(map) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            if !map.contains_key(name.as_str().unwrap()) {
                wrong.push(format!("{at}: {name} is missing"));
            }
        }
        for (name, inner) in map {
            let at = format!("{at}/{name}");
            match schema["properties"].get(name) {
                Some(own) => check(root, own, inner, &at, wrong),
                None => match &schema["additionalProperties"] {
                    Value::Bool(false) => wrong.push(format!("{at}: unknown")),
                    Value::Object(_) => {
                        check(root, &schema["additionalProperties"], inner, &at, wrong)
                    }
                    _ => {}
                },
            }
        }
    }
    if let Some(list) = value.as_array() {
        if schema["minItems"]
            .as_u64()
            .is_some_and(|least| (list.len() as u64) < least)
        {
            wrong.push(format!("{at}: too few"));
        }
        if schema["uniqueItems"] == true
            && list
                .iter()
                .enumerate()
                .any(|(index, one)| list[..index].contains(one))
        {
            wrong.push(format!("{at}: one is there twice"));
        }
        if schema["items"].is_object() {
            for (index, inner) in list.iter().enumerate() {
                check(
                    root,
                    &schema["items"],
                    inner,
                    &format!("{at}/{index}"),
                    wrong,
                );
            }
        }
    }
}

#[test]
fn annotations_are_escaped_and_few() {
    let files = tree();
    let said = lint(files.path(), &["--format", "github"]);
    assert!(
        said.out
            .contains("::error file=a%2Cb%3A c.yaml,line=7,endLine=7,title=P101::key"),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("::error file=broken.yaml,line="),
        "{}",
        said.out
    );
    let many: Vec<(String, String)> = (0..14)
        .map(|number| (format!("f{number}.yaml"), PLAIN.to_owned()))
        .collect();
    let many: Vec<(&str, &str)> = many
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let files = folder(&many);
    let said = lint(files.path(), &["--format", "github"]);
    assert_eq!(said.out.lines().count(), 11, "{}", said.out);
    assert!(said.out.contains("4 more of this severity"), "{}", said.out);
    let list = json("gitlab");
    assert!(
        list.as_array()
            .unwrap()
            .iter()
            .any(|one| one["check_name"] == "P101"
                && one["severity"] == "critical"
                && one["location"]["lines"]["begin"] == 7)
    );
    assert!(
        list.as_array()
            .unwrap()
            .iter()
            .any(|one| one["check_name"] == "O602")
    );
}

#[test]
fn junit_counts_and_csv_holds_no_formula() {
    let files = tree();
    let said = lint(files.path(), &["--format", "junit"]);
    assert!(
        said.out
            .contains("<testsuite name=\"P101\" tests=\"1\" failures=\"1\" errors=\"0\">"),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("<testcase classname=\"clean\"")
            && said.out.contains("<error type=\"unscanned\""),
        "{}",
        said.out
    );
    let said = lint(files.path(), &["--format", "csv"]);
    for line in said.out.lines() {
        for cell in line.split(',') {
            assert!(
                !cell.trim_start_matches('"').starts_with(['=', '+', '@']),
                "{line}"
            );
        }
    }
    assert!(said.out.contains("\"'=cmd|x\""), "{}", said.out);
}
