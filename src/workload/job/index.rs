//! The completion indexes of an Indexed Job: as a status lists them, and as its pods carry them.

use std::{collections::BTreeSet, fmt::Write};

use serde_json::{Value, json};

use crate::{object::Object, workload::field};

/// Annotation and label of a pod with its completion index.
pub const COMPLETION_INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// Variable of each container with the same.
const VARIABLE: &str = "JOB_COMPLETION_INDEX";

/// A set of indexes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Indexes(pub(super) BTreeSet<i64>);

impl Indexes {
    /// Reads what a status lists (`1,3-5,7`), up to a number of completions.
    pub(super) fn read(text: &str, completions: i64) -> Self {
        let mut indexes = BTreeSet::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            if let (Ok(first), Ok(last)) = (first.parse::<i64>(), last.parse::<i64>()) {
                indexes.extend(first..=last.min(completions - 1));
            }
        }
        Self(indexes)
    }

    /// As a status lists them: three and more in a row with a dash.
    pub(super) fn write(&self) -> String {
        let mut text = String::new();
        let mut rest = self.0.iter().copied().peekable();
        while let Some(first) = rest.next() {
            let mut last = first;
            while let Some(next) = rest.next_if_eq(&(last + 1)) {
                last = next;
            }
            if !text.is_empty() {
                text.push(',');
            }
            // Writing to a text cannot fail.
            let _ = match last - first {
                0 => write!(text, "{first}"),
                1 => write!(text, "{first},{last}"),
                _ => write!(text, "{first}-{last}"),
            };
        }
        text
    }

    pub(super) fn count(&self) -> i64 {
        i64::try_from(self.0.len()).unwrap_or(i64::MAX)
    }
}

/// The index of a pod, if it has one below the number of completions.
pub(super) fn of(pod: &Object, completions: i64) -> Option<i64> {
    let index: i64 = pod.annotation(COMPLETION_INDEX)?.parse().ok()?;
    (0..completions).contains(&index).then_some(index)
}

/// Gives a pod template an index: annotation, label, host name and variable.
pub(super) fn give(template: &mut Object, job: &str, index: i64) {
    let text = index.to_string();
    template.set(
        &["metadata", "annotations", COMPLETION_INDEX],
        text.clone().into(),
    );
    template.set(
        &["metadata", "labels", COMPLETION_INDEX],
        text.clone().into(),
    );
    template.set(&["spec", "hostname"], format!("{job}-{index}").into());
    for list in ["initContainers", "containers"] {
        let mut containers = field::list(template, &["spec", list]).to_vec();
        for container in &mut containers {
            add_variable(container);
        }
        if !containers.is_empty() {
            template.set(&["spec", list], containers.into());
        }
    }
}

fn add_variable(container: &mut Value) {
    let Some(container) = container.as_object_mut() else {
        return;
    };
    let variables = container.entry("env").or_insert_with(|| json!([]));
    if variables.is_null() {
        *variables = json!([]);
    }
    if let Some(variables) = variables.as_array_mut()
        && !variables
            .iter()
            .any(|variable| variable.get("name").and_then(Value::as_str) == Some(VARIABLE))
    {
        let path = format!("metadata.labels['{COMPLETION_INDEX}']");
        variables.push(json!({"name": VARIABLE, "valueFrom": {"fieldRef": {"fieldPath": path}}}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_listed_as_upstream() {
        for (text, completions, written) in [
            ("", 5, ""),
            ("0", 5, "0"),
            ("0,1", 5, "0,1"),
            ("0-2", 5, "0-2"),
            ("0,1,2,4", 9, "0-2,4"),
            ("1,3-5,7,8", 9, "1,3-5,7,8"),
            ("3-9", 5, "3,4"),
            ("x,2", 5, "2"),
        ] {
            assert_eq!(Indexes::read(text, completions).write(), written, "{text}");
        }
    }
}
