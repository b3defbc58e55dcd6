//! The baseline: findings that were there when the linter came. Rule, object and field; no line, no value, no hash.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::finding::Finding;

/// The name that the file has unless said otherwise.
pub const FILE_NAME: &str = ".waxwing-lint-baseline.json";

/// One finding that is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Entry {
    /// The rule.
    pub rule: String,
    /// The path, where the finding is about no named object.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// `apiVersion` of the object.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// Its kind.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Its namespace.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The field.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub field: String,
}

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The version of the form, 1.
    pub version: u32,
    /// What is known.
    pub entries: BTreeSet<Entry>,
}

impl Entry {
    /// What stands for a finding.
    pub fn of(finding: &Finding) -> Self {
        let object = finding.object.clone().unwrap_or_default();
        Self {
            rule: finding.rule.id.to_owned(),
            path: if object.name.is_empty() {
                finding.place.path.clone()
            } else {
                String::new()
            },
            api_version: object.api_version,
            kind: object.kind,
            namespace: object.namespace,
            name: object.name,
            field: finding.field.clone(),
        }
    }
}

impl Baseline {
    /// What stands for findings.
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        Self {
            version: 1,
            entries: findings.into_iter().map(Entry::of).collect(),
        }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let baseline: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if baseline.version == 1 {
            Ok(baseline)
        } else {
            Err(format!("version {} is not known here", baseline.version))
        }
    }

    /// The file.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Marks the findings that it knows, and gives the entries that match none any more.
    pub fn mark(&self, findings: &mut [Finding]) -> Vec<Entry> {
        let mut left: BTreeSet<&Entry> = self.entries.iter().collect();
        for finding in findings {
            let entry = Entry::of(finding);
            if self.entries.contains(&entry) {
                finding.in_baseline = true;
                left.remove(&entry);
            }
        }
        left.into_iter().cloned().collect()
    }
}
