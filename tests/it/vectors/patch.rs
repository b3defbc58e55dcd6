//! Patches and selectors as the libraries of Kubernetes answer them (tests/peers/patch).

use std::collections::BTreeMap;

use serde_json::{Value, json};
use waxwing::object::{
    FieldSelector, Gvk, LabelSelector,
    patch::{PatchError, PatchProblem, apply, json as json_patch, merge, strategic},
    schema::Schema,
};

/// Runs each case; the function gives what came out, and whether an error is the expected one.
fn judge(text: &str, run: impl Fn(&Value) -> Result<Value, Refusal>) {
    let file: Value = serde_json::from_str(text).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert!(cases.len() >= 100, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let expected = match case.get("error") {
            Some(error) => Err(error.as_str().unwrap()),
            None => Ok(&case["result"]),
        };
        let seen = run(case);
        let is_right = match (&expected, &seen) {
            (Ok(expected), Ok(seen)) => *expected == seen,
            (Err(expected), Err(refusal)) => (refusal.is_same)(expected),
            _ => false,
        };
        if !is_right {
            let mut shown = case.clone();
            shown.as_object_mut().unwrap().remove("result");
            wrong.push(format!(
                "{shown}\n  expected {}\n  seen     {}",
                expected.map_or_else(|error| format!("error {error}"), Value::to_string),
                seen.map_or_else(
                    |refusal| format!("error {}", refusal.text),
                    |v| v.to_string()
                ),
            ));
        }
    }
    let shown: Vec<&str> = wrong.iter().take(5).map(String::as_str).collect();
    assert!(
        wrong.is_empty(),
        "{} of {} wrong, such as\n{}",
        wrong.len(),
        cases.len(),
        shown.join("\n")
    );
}

struct Refusal {
    text: String,
    is_same: Box<dyn Fn(&str) -> bool>,
}

impl From<PatchError> for Refusal {
    fn from(error: PatchError) -> Self {
        let words: &[&str] = match &error.problem {
            PatchProblem::NotMap => &["invalid JSON document"],
            PatchProblem::UnknownField => &["unable to find api field", "is not struct"],
            PatchProblem::Type { .. } => &["expected a", "expected slice", "is not a map"],
            PatchProblem::ListOfLists => &["lists of lists are not supported"],
            PatchProblem::MixedElements => &["list element types are not identical"],
            PatchProblem::NoElements => &["no elements in any of the given slices"],
            PatchProblem::NoMergeKey(_) => &["does not contain declared merge key"],
            PatchProblem::NoDeclaredKey => &["cannot merge lists without merge key"],
            PatchProblem::MergeDirective => &["merging lists cannot yet be specified"],
            PatchProblem::UnknownDirective => {
                &["unknown patch type", "invalid value for special key"]
            }
            PatchProblem::RetainKeys => &["invalid patch format of retainKeys"],
            PatchProblem::SetElementOrder => &["invalid patch format of setElementOrder list"],
            PatchProblem::OrderMismatch => &["The order in patch list"],
            PatchProblem::DeleteFromPrimitiveList => &["invalid patch format of primitive list"],
            PatchProblem::Identity => &["precondition failed"],
        };
        Self {
            text: error.to_string(),
            is_same: Box::new(move |upstream| words.iter().any(|word| upstream.contains(word))),
        }
    }
}

/// An error with the very words of upstream.
fn worded(error: impl ToString) -> Refusal {
    let text = error.to_string();
    let own = text.clone();
    Refusal {
        text,
        is_same: Box::new(move |upstream| upstream == own),
    }
}

fn schema_of(case: &Value) -> Option<Schema> {
    let (api_version, kind) = case["kind"].as_str()?.split_once(' ').unwrap();
    let schema = Schema::of(&Gvk::from_api_version(api_version, kind));
    assert!(schema.is_some(), "{}", case["kind"]);
    schema
}

#[test]
fn json_patches() {
    judge(include_str!("../../vectors/patch/json.json"), |case| {
        let mut target = case["original"].clone();
        let result = json_patch::apply(&mut target, &case["patch"]);
        if result.is_err() {
            assert_eq!(target, case["original"], "changed by a refused patch");
        }
        result.map(|()| target).map_err(|error| Refusal {
            text: error.to_string(),
            is_same: Box::new(|_| true),
        })
    });
}

#[test]
fn merge_patches() {
    judge(include_str!("../../vectors/patch/merge.json"), |case| {
        let mut target = case["original"].clone();
        merge::apply(&mut target, &case["patch"]);
        Ok(target)
    });
}

#[test]
fn merge_patches_created() {
    judge(
        include_str!("../../vectors/patch/merge-create.json"),
        |case| Ok(merge::create(&case["original"], &case["modified"])),
    );
}

#[test]
fn strategic_patches() {
    judge(include_str!("../../vectors/patch/strategic.json"), |case| {
        let mut target = case["original"].clone();
        let result = strategic::apply(&mut target, &case["patch"], schema_of(case).as_ref());
        if result.is_err() {
            assert_eq!(target, case["original"], "changed by a refused patch");
        }
        Ok(result.map(|()| target)?)
    });
}

#[test]
fn strategic_patches_created() {
    judge(
        include_str!("../../vectors/patch/strategic-create.json"),
        |case| {
            let schema = schema_of(case);
            Ok(strategic::create(
                &case["original"],
                &case["modified"],
                schema.as_ref(),
            )?)
        },
    );
}

#[test]
fn three_way_applies() {
    for text in [
        include_str!("../../vectors/patch/three-way-strategic.json"),
        include_str!("../../vectors/patch/three-way-merge.json"),
    ] {
        judge(text, |case| {
            Ok(apply::three_way(
                case.get("original"),
                &case["modified"],
                &case["current"],
                schema_of(case).as_ref(),
            )?)
        });
    }
}

fn some_labels() -> [BTreeMap<&'static str, &'static str>; 4] {
    [
        BTreeMap::new(),
        BTreeMap::from([("a", "b")]),
        BTreeMap::from([("a", ""), ("in", "x")]),
        BTreeMap::from([("a", "5"), ("b", "x"), ("app.kubernetes.io/name", "web")]),
    ]
}

fn taken(selector: &LabelSelector) -> Value {
    let matches = some_labels().map(|labels| selector.matches(&labels));
    json!({"text": selector.to_string(), "matches": matches})
}

#[test]
fn label_selectors() {
    judge(
        include_str!("../../vectors/patch/label-selector.json"),
        |case| match LabelSelector::parse(case["text"].as_str().unwrap()) {
            Ok(selector) => Ok(taken(&selector)),
            Err(error) => Err(worded(error)),
        },
    );
    judge(
        include_str!("../../vectors/patch/label-selector-value.json"),
        |case| match LabelSelector::from_value(&case["original"]) {
            Ok(selector) => Ok(taken(&selector)),
            Err(error) => Err(worded(error)),
        },
    );
}

#[test]
fn field_selectors() {
    let some_fields = [
        BTreeMap::new(),
        BTreeMap::from([("metadata.name", "a")]),
        BTreeMap::from([("metadata.name", "a,b=c\\"), ("status.phase", "Running")]),
    ];
    judge(
        include_str!("../../vectors/patch/field-selector.json"),
        |case| match FieldSelector::parse(case["text"].as_str().unwrap()) {
            Ok(selector) => {
                let matches = some_fields
                    .each_ref()
                    .map(|fields| selector.matches(|field| fields.get(field).copied()));
                let terms: Vec<String> = selector
                    .terms()
                    .iter()
                    .map(|term| {
                        let operator = if term.is_equal { "=" } else { "!=" };
                        format!("{} {operator} {}", term.field, term.value)
                    })
                    .collect();
                Ok(json!({"terms": terms, "matches": matches}))
            }
            Err(error) => Err(worded(error)),
        },
    );
}
