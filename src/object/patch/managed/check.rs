//! Whether a configuration fits the schema (`typed/validate.go`), in the words of the original.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    element::PathElement,
    form::{Form, Keys, Scalar, Take},
};

/// What is wrong with a configuration: `PATH: why`, or several such lines.
///
/// # Errors
/// All that is wrong, as one text.
pub(super) fn check(form: &Form, config: &Map<String, Value>) -> Result<(), String> {
    let mut walk = Walk::default();
    walk.map(form, config);
    match walk.wrong.as_slice() {
        [] => Ok(()),
        [one] => Err(one.clone()),
        several => Err(format!("errors:\n  {}", several.join("\n  "))),
    }
}

#[derive(Default)]
struct Walk {
    path: Vec<String>,
    wrong: Vec<String>,
}

impl Walk {
    fn blame(&mut self, why: &str) {
        let path = self.path.concat();
        self.wrong.push(if path.is_empty() {
            why.to_owned()
        } else {
            format!("{path}: {why}")
        });
    }

    fn map(&mut self, form: &Form, map: &Map<String, Value>) {
        for (name, value) in map {
            self.path.push(format!(".{name}"));
            match form.field(name) {
                Some((form, _)) => self.value(&form, value),
                None => self.blame("field not declared in schema"),
            }
            self.path.pop();
        }
    }

    fn value(&mut self, form: &Form, value: &Value) {
        let options = form.options().of(Some(value));
        match (options.take(), value) {
            (_, Value::Null) => {}
            (Take::Map, Value::Object(map)) => self.map(form, map),
            (Take::Map, _) => self.blame(&format!("expected map, got &{{{}}}", go_value(value))),
            (Take::List, Value::Array(items)) => self.list(form, items),
            (Take::List, _) => self.blame(&format!("expected list, got &{{{}}}", go_value(value))),
            (Take::Scalar, _) => {
                if let Some(why) = options.scalar.and_then(|scalar| misfit(scalar, value)) {
                    self.blame(&why);
                }
            }
        }
    }

    fn list(&mut self, form: &Form, items: &[Value]) {
        match form.keys() {
            Some(keys) => self.keyed(&keys, items),
            None => {
                let form = form.items();
                for (place, item) in items.iter().enumerate() {
                    self.path.push(format!("[{place}]"));
                    self.value(&form, item);
                    self.path.pop();
                }
            }
        }
    }

    fn keyed(&mut self, keys: &Keys, items: &[Value]) {
        let mut seen: BTreeSet<PathElement> = BTreeSet::new();
        for (place, item) in items.iter().enumerate() {
            let element = match keys.element(item) {
                Ok(element) => element,
                Err(why) => return self.blame(&format!("element {place}: {why}")),
            };
            if seen.contains(&element) {
                self.blame(&format!("duplicate entries for key {element}"));
            }
            self.path.push(element.to_string());
            self.value(&keys.items, item);
            self.path.pop();
            seen.insert(element);
        }
    }
}

fn misfit(scalar: Scalar, value: &Value) -> Option<String> {
    match (scalar, value) {
        (Scalar::Text, Value::String(_))
        | (Scalar::Number, Value::Number(_))
        | (Scalar::Boolean, Value::Bool(_))
        | (Scalar::Any, Value::String(_) | Value::Number(_) | Value::Bool(_)) => None,
        (Scalar::Text, _) => Some(format!(
            "expected string, got &value.valueUnstructured{{Value:{}}}",
            go_syntax(value)
        )),
        (Scalar::Number, _) => Some(format!(
            "expected numeric (int or float), got {}",
            go_type(value)
        )),
        (Scalar::Boolean, _) => Some(format!("expected boolean, got &{{{}}}", go_value(value))),
        (Scalar::Any, _) => Some(format!("expected any scalar, got &{{{}}}", go_value(value))),
    }
}

/// As Go's `%T` shows it.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// As Go's `%v` shows it.
fn go_value(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let shown: Vec<_> = items.iter().map(go_value).collect();
            format!("[{}]", shown.join(" "))
        }
        Value::Object(map) => {
            let shown: Vec<_> = map
                .iter()
                .map(|(name, value)| format!("{name}:{}", go_value(value)))
                .collect();
            format!("map[{}]", shown.join(" "))
        }
        other => other.to_string(),
    }
}

/// As Go's `%#v` shows it.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::String(text) => format!("{text:?}"),
        Value::Array(items) => {
            let shown: Vec<_> = items.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", shown.join(", "))
        }
        Value::Object(map) => {
            let shown: Vec<_> = map
                .iter()
                .map(|(name, value)| format!("{name:?}:{}", go_syntax(value)))
                .collect();
            format!("map[string]interface {{}}{{{}}}", shown.join(", "))
        }
        other => other.to_string(),
    }
}
