//! Which file and which step gave a resource each of its fields.

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

use crate::object::yaml::Document;

/// What gave a field its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The file, as seen from the folder that is built.
    pub file: String,
    /// The line of the value in it, from 1, where the value stands there as it is.
    pub line: Option<usize>,
    /// The field of the kustomization that did it, such as `patches[1]`; nothing for a resource's own file.
    pub step: String,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.step.is_empty() {
            write!(f, " {}", self.step)?;
        }
        Ok(())
    }
}

/// A way to a field: names, and entries of lists as `[name=web]` or `[0]`.
type Path = Vec<String>;

/// What gave each field of one resource its value, so far. `Debug` shows no value.
#[derive(Clone)]
pub(super) struct Trace {
    last: Value,
    causes: BTreeMap<Path, Cause>,
}

impl Trace {
    /// A resource as its own file has it.
    pub(super) fn of_file(value: &Value, file: &str, document: &Document) -> Self {
        let causes = leaves(value).into_iter().map(|(path, leaf)| {
            let cause = Cause {
                file: file.to_owned(),
                line: document.position(&leaf.pointer).map(|at| at.line),
                step: String::new(),
            };
            (path, cause)
        });
        Self {
            causes: causes.collect(),
            last: value.clone(),
        }
    }

    /// A resource that comes out of nothing.
    pub(super) fn empty() -> Self {
        Self {
            last: Value::Null,
            causes: BTreeMap::new(),
        }
    }

    /// Looks what a step has changed.
    pub(super) fn note(&mut self, value: &Value, cause: &Cause) {
        if *value == self.last {
            return;
        }
        let after = leaves(value);
        let before = leaves(&self.last);
        self.causes.retain(|path, _| after.contains_key(path));
        for (path, leaf) in &after {
            let was = before.get(path).map(|leaf| leaf.value);
            if was != Some(leaf.value) || !self.causes.contains_key(path) {
                self.causes.insert(path.clone(), cause.clone());
            }
        }
        self.last = value.clone();
    }

    /// The fields in their order, as people write them, each with what gave it.
    pub(super) fn fields(&self) -> Vec<(String, Cause)> {
        let each = self
            .causes
            .iter()
            .map(|(path, cause)| (shown(path), cause.clone()));
        each.collect()
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.causes).finish()
    }
}

struct Leaf<'a> {
    pointer: String,
    value: &'a Value,
}

/// Everything that holds nothing more, by its way.
fn leaves(value: &Value) -> BTreeMap<Path, Leaf<'_>> {
    let mut found = BTreeMap::new();
    walk(value, &mut Vec::new(), String::new(), &mut found);
    found
}

fn walk<'a>(
    value: &'a Value,
    path: &mut Path,
    pointer: String,
    found: &mut BTreeMap<Path, Leaf<'a>>,
) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let word = name.replace('~', "~0").replace('/', "~1");
                path.push(name.clone());
                walk(value, path, format!("{pointer}/{word}"), found);
                path.pop();
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let names = names(items);
            for (index, value) in items.iter().enumerate() {
                let name = names.as_ref().and_then(|names| names.get(index));
                path.push(match name {
                    Some(name) => format!("[name={name}]"),
                    None => format!("[{index}]"),
                });
                walk(value, path, format!("{pointer}/{index}"), found);
                path.pop();
            }
        }
        value => {
            found.insert(path.clone(), Leaf { pointer, value });
        }
    }
}

/// The names of the entries of a list, where each has one of its own: an entry keeps its way when others come before it.
fn names(items: &[Value]) -> Option<Vec<&str>> {
    let names: Option<Vec<&str>> = items
        .iter()
        .map(|item| item.get("name").and_then(Value::as_str))
        .collect();
    let names = names?;
    let distinct: std::collections::BTreeSet<&str> = names.iter().copied().collect();
    (distinct.len() == names.len()).then_some(names)
}

fn shown(path: &Path) -> String {
    let mut text = String::new();
    for word in path {
        let is_entry = word.starts_with('[');
        if !text.is_empty() && !is_entry {
            text.push('.');
        }
        if word.contains('.') && !is_entry {
            text.push_str(&format!("{word:?}"));
        } else {
            text.push_str(word);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cause(step: &str) -> Cause {
        Cause {
            file: "kustomization.yaml".to_owned(),
            line: None,
            step: step.to_owned(),
        }
    }

    #[test]
    fn each_field_has_what_changed_it_last() {
        let mut trace = Trace::empty();
        let mut value =
            json!({"spec": {"a.b": 1, "list": [{"name": "x", "image": "i"}], "gone": 1}});
        trace.note(&value, &cause("one"));
        value["spec"]["list"] = json!([{"name": "w"}, {"name": "x", "image": "j"}]);
        value["spec"]["gone"].take();
        value["spec"]["gone"] = json!({"deeper": true});
        trace.note(&value, &cause("two"));
        let fields: Vec<(String, String)> = trace
            .fields()
            .into_iter()
            .map(|(path, cause)| (path, cause.step))
            .collect();
        let pair = |path: &str, step: &str| (path.to_owned(), step.to_owned());
        assert_eq!(
            fields,
            [
                pair("spec.\"a.b\"", "one"),
                pair("spec.gone.deeper", "two"),
                pair("spec.list[name=w].name", "two"),
                pair("spec.list[name=x].image", "two"),
                pair("spec.list[name=x].name", "one"),
            ]
        );
    }

    #[test]
    fn debug_shows_no_value() {
        let mut trace = Trace::empty();
        trace.note(&json!({"data": {"k": "planted"}}), &cause("one"));
        let shown = format!("{trace:?}");
        assert!(
            shown.contains("one") && !shown.contains("planted"),
            "{shown}"
        );
    }
}
