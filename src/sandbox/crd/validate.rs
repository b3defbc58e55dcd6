//! Checks an object against a structural schema, in the words of the API server
//! (`k8s.io/kube-openapi/pkg/validation/validate`, and how apiextensions tells its results).

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    count::width,
    format, list_rules,
    structural::{Additional, Rules, Structural},
};
use crate::sandbox::error::Cause;

/// Where errors of `allOf` and its like are told: upstream knows no field for them.
const NO_FIELD: &str = "<nil>";

impl Structural {
    /// Everything in a pruned and defaulted object that breaks the schema, in the order of its
    /// fields; CEL rules are not evaluated.
    pub fn validate(&self, object: &Value) -> Vec<Cause> {
        let mut found = check(self, object, "").errors;
        list_rules::check(self, object, "", &mut found);
        let mut seen = BTreeSet::new();
        found.retain(|error| seen.insert((error.field.clone(), error.message.clone())));
        found
    }
}

/// What a check found, and how many checks were passed on the way: of several branches that fail,
/// the one with most is told.
#[derive(Default)]
struct Outcome {
    errors: Vec<Cause>,
    matches: usize,
}

impl Outcome {
    fn merge(&mut self, other: Self) {
        self.errors.extend(other.errors);
        self.matches += other.matches;
    }

    fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }
}

fn check(schema: &Structural, value: &Value, path: &str) -> Outcome {
    let mut outcome = Outcome::default();
    match type_error(schema, value, path) {
        Some(error) => outcome.errors.push(error),
        None => outcome.matches += 1,
    }
    if value.is_null() {
        outcome
            .errors
            .extend(not_in_enum(&schema.rules, value, path));
        return outcome;
    }
    outcome.matches += 1;
    outcome.merge(branches(&schema.rules, value, path));
    outcome.matches += 1;
    match value {
        Value::String(text) => text_rules(schema, text, path, &mut outcome),
        Value::Number(_) => number_rules(&schema.rules, value, path, &mut outcome.errors),
        Value::Array(list) => list_checks(schema, list, path, &mut outcome),
        _ => {}
    }
    outcome
        .errors
        .extend(not_in_enum(&schema.rules, value, path));
    outcome.matches += 1;
    if let Value::Object(_) = value {
        map_checks(schema, value, path, &mut outcome);
    }
    outcome.matches += 1;
    outcome
}

/// The types that a schema admits, as messages name them.
fn admitted(schema: &Structural) -> Vec<&str> {
    if schema.int_or_string {
        vec!["integer", "string"]
    } else if schema.kind.is_empty() {
        Vec::new()
    } else {
        vec![&schema.kind]
    }
}

fn type_error(schema: &Structural, value: &Value, path: &str) -> Option<Cause> {
    let admitted = admitted(schema);
    let (seen, seen_format) = match value {
        Value::Null => ("null", ""),
        Value::Bool(_) => ("boolean", ""),
        Value::Number(number) if number.is_f64() => ("number", "float64"),
        Value::Number(_) => ("integer", "int64"),
        Value::String(_) => ("string", ""),
        Value::Array(_) => ("array", ""),
        Value::Object(_) => ("object", ""),
    };
    let wrong = |wanted: &str, seen: &str| {
        let detail = format!("{path} in body must be of type {wanted}: {seen:?}");
        Some(Cause::type_invalid(path, seen, &detail))
    };
    if value.is_null() {
        if admitted.is_empty() || schema.nullable {
            return None;
        }
        return wrong(&admitted.join(","), seen);
    }
    let format = format::known(&schema.kind, &schema.rules.format);
    if admitted.is_empty() && format.is_empty() {
        return None;
    }
    let whole = value.as_f64().is_some_and(|number| number.fract() == 0.0);
    let fits = admitted.contains(&seen)
        || (seen == "number" && whole && admitted.contains(&"integer"))
        || (seen == "integer" && admitted.contains(&"number"));
    let numeric = admitted.contains(&"number") || admitted.contains(&"integer");
    if matches!(seen, "string" | "array") {
        // A text with a format is judged by the format alone.
        if !format.is_empty() && !numeric {
            return None;
        }
    } else if !format.is_empty() && !fits && format != seen_format {
        return wrong(format, seen_format);
    }
    if fits {
        return None;
    }
    wrong(&admitted.join(","), seen)
}

fn not_in_enum(rules: &Rules, value: &Value, path: &str) -> Option<Cause> {
    let values = rules.one_of_values.as_ref()?;
    if values.is_empty() || values.iter().any(|known| same(known, value)) {
        return None;
    }
    let known: Vec<String> = values
        .iter()
        .map(|known| match known {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect();
    Some(Cause::unsupported(path, value, &known))
}

/// Equal, numbers by their amount.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

fn branches(rules: &Rules, value: &Value, path: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let no_field = |what: String| Cause::invalid(NO_FIELD, &"".into(), &format!("{path:?} {what}"));
    if !rules.any_of.is_empty() {
        let (valid, best) = best(&rules.any_of, value, path, true);
        if valid == 0 {
            outcome
                .errors
                .push(no_field("must validate at least one schema (anyOf)".into()));
        }
        outcome.merge(best);
    }
    if !rules.one_of.is_empty() {
        let (valid, best) = best(&rules.one_of, value, path, false);
        if valid != 1 {
            let seen = match valid {
                0 => "Found none valid".to_owned(),
                count => format!("Found {count} valid alternatives"),
            };
            outcome.errors.push(no_field(format!(
                "must validate one and only one schema (oneOf). {seen}"
            )));
        }
        if valid < 2 {
            outcome.merge(best);
        }
    }
    if !rules.all_of.is_empty() {
        let mut valid = 0;
        for schema in &rules.all_of {
            let one = check(schema, value, path);
            valid += usize::from(one.is_valid());
            outcome.merge(one);
        }
        if valid != rules.all_of.len() {
            let none = if valid == 0 { ". None validated" } else { "" };
            outcome.errors.push(no_field(format!(
                "must validate all the schemas (allOf){none}"
            )));
        }
    }
    if let Some(schema) = &rules.not
        && check(schema, value, path).is_valid()
    {
        outcome
            .errors
            .push(no_field("must not validate the schema (not)".into()));
    }
    outcome.matches += 1;
    outcome
}

/// How many schemas hold, and the outcome to tell: the first that holds, else the best that fails.
fn best(
    schemas: &[Structural],
    value: &Value,
    path: &str,
    one_is_enough: bool,
) -> (usize, Outcome) {
    let mut valid = 0;
    let mut told: Option<Outcome> = None;
    for schema in schemas {
        let outcome = check(schema, value, path);
        if outcome.is_valid() {
            valid += 1;
            if valid == 1 {
                told = Some(outcome);
            }
            if one_is_enough {
                break;
            }
        } else if valid == 0
            && told
                .as_ref()
                .is_none_or(|best| outcome.matches > best.matches)
        {
            told = Some(outcome);
        }
    }
    (valid, told.unwrap_or_default())
}

fn text_rules(schema: &Structural, text: &str, path: &str, outcome: &mut Outcome) {
    let rules = &schema.rules;
    let errors = &mut outcome.errors;
    let invalid =
        |detail: String| Cause::invalid(path, &text.into(), &format!("{path} in body {detail}"));
    let length = || width(text.chars().count());
    // The first rule that is broken hides the others.
    if let Some(limit) = rules.max_length.filter(|limit| length() > *limit) {
        errors.push(Cause::too_long(
            path,
            usize::try_from(limit).unwrap_or(usize::MAX),
        ));
    } else if let Some(limit) = rules.min_length.filter(|limit| length() < *limit) {
        errors.push(invalid(format!("should be at least {limit} chars long")));
    } else if let Some(pattern) = rules.pattern.as_ref().filter(|p| !p.is_match(text)) {
        errors.push(invalid(format!("should match '{}'", pattern.as_str())));
    }
    let format = format::known(&schema.kind, &rules.format);
    if !format.is_empty() && !format::holds(format, text) {
        let detail = format!("{path} in body must be of type {format}: {text:?}");
        errors.push(Cause::type_invalid(path, text, &detail));
    }
}

fn number_rules(rules: &Rules, value: &Value, path: &str, errors: &mut Vec<Cause>) {
    let Some(number) = value.as_f64() else {
        return;
    };
    let mut wrong = |detail: String| {
        errors.push(Cause::invalid(
            path,
            value,
            &format!("{path} in body should be {detail}"),
        ));
    };
    if let Some(factor) = rules.multiple_of.filter(|factor| *factor > 0.0) {
        let times = number / factor;
        if times.fract() != 0.0 {
            wrong(format!("a multiple of {factor}"));
        }
    }
    match rules.maximum {
        Some(limit) if rules.exclusive_maximum && number >= limit => {
            wrong(format!("less than {limit}"));
        }
        Some(limit) if !rules.exclusive_maximum && number > limit => {
            wrong(format!("less than or equal to {limit}"));
        }
        _ => {}
    }
    match rules.minimum {
        Some(limit) if rules.exclusive_minimum && number <= limit => {
            wrong(format!("greater than {limit}"));
        }
        Some(limit) if !rules.exclusive_minimum && number < limit => {
            wrong(format!("greater than or equal to {limit}"));
        }
        _ => {}
    }
}

fn list_checks(schema: &Structural, list: &[Value], path: &str, outcome: &mut Outcome) {
    if let Some(items) = &schema.items {
        for (index, item) in list.iter().enumerate() {
            outcome.merge(check(items, item, &format!("{path}[{index}]")));
        }
    }
    let (rules, count) = (&schema.rules, width(list.len()));
    if let Some(limit) = rules.min_items.filter(|limit| count < *limit) {
        outcome.errors.push(Cause::invalid(
            path,
            &count.into(),
            &format!("{path} in body should have at least {limit} items"),
        ));
    }
    if let Some(limit) = rules.max_items.filter(|limit| count > *limit) {
        outcome.errors.push(Cause::too_many(path, count, limit));
    }
    if rules.unique_items && !list_rules::repeated(list).is_empty() {
        outcome.errors.push(Cause::invalid(
            path,
            &"".into(),
            &format!("{path} in body shouldn't contain duplicates"),
        ));
    }
    outcome.matches += 1;
}

fn map_checks(schema: &Structural, value: &Value, path: &str, outcome: &mut Outcome) {
    let Some(map) = value.as_object() else {
        return;
    };
    let (rules, count) = (&schema.rules, width(map.len()));
    if let Some(limit) = rules.min_properties.filter(|limit| count < *limit) {
        outcome.errors.push(Cause::invalid(
            path,
            &count.into(),
            &format!("{path} in body should have at least {limit} properties"),
        ));
    }
    if let Some(limit) = rules.max_properties.filter(|limit| count > *limit) {
        outcome.errors.push(Cause::too_many(path, count, limit));
    }
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    for (name, value) in map {
        match (schema.properties.get(name), &schema.additional) {
            (Some(schema), _) => outcome.merge(check(schema, value, &below(name))),
            (None, Some(Additional::Schema(schema))) => {
                outcome.merge(check(schema, value, &below(name)));
            }
            (None, Some(Additional::Allowed(false))) => outcome.errors.push(Cause::invalid(
                path,
                &name.as_str().into(),
                &format!("{path}.{name} in body is a forbidden property"),
            )),
            _ => {}
        }
    }
    for name in rules
        .required
        .iter()
        .filter(|name| !map.contains_key(*name))
    {
        outcome.errors.push(Cause::required(below(name), ""));
    }
}

#[cfg(test)]
mod tests;
