//! Functions that change labels.

use regex::Regex;

use crate::promql::{Element, QueryError, eval::unique};

/// Sets a label by what an expression finds in another.
pub(super) fn replace(
    elements: Vec<Element>,
    target: &str,
    replacement: &str,
    source: &str,
    pattern: &str,
) -> Result<Vec<Element>, QueryError> {
    let whole = Regex::new(&format!("^(?s:{pattern})$")).map_err(|_| {
        QueryError::execution(format!(
            "invalid regular expression in label_replace(): {pattern}"
        ))
    })?;
    check("label_replace", target)?;
    let replaced = elements.into_iter().map(|element| {
        let Some(found) = whole.captures(element.labels.get(source)) else {
            return element;
        };
        let mut value = String::new();
        found.expand(replacement, &mut value);
        Element {
            labels: element.labels.with(target, &value),
            value: element.value,
        }
    });
    unique(replaced.collect())
}

/// Sets a label to the values of others, joined.
pub(super) fn join(
    elements: Vec<Element>,
    target: &str,
    separator: &str,
    sources: &[String],
) -> Result<Vec<Element>, QueryError> {
    check("label_join", target)?;
    let joined = elements.into_iter().map(|element| {
        let values: Vec<&str> = sources
            .iter()
            .map(|source| element.labels.get(source))
            .collect();
        Element {
            labels: element.labels.with(target, &values.join(separator)),
            value: element.value,
        }
    });
    unique(joined.collect())
}

fn check(function: &str, name: &str) -> Result<(), QueryError> {
    if name.is_empty() {
        return Err(QueryError::execution(format!(
            "invalid destination label name in {function}(): {name}"
        )));
    }
    Ok(())
}
