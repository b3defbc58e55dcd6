//! What is kept of a walk beside the repository, so that no version is looked at again.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    lint::{
        finding::{Confidence, Finding, ObjectId as Name, Place, Severity, Suppressed},
        rules,
    },
    source::Repository,
};

/// The version of the cache's form.
const FORM: u32 = 2;

/// What one version of a file has, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) rule: String,
    severity: String,
    confidence: u8,
    message: String,
    pub(super) line: [usize; 4],
    object: Option<[String; 4]>,
    pub(super) field: String,
    excerpt: String,
    /// The last day of the comment that takes it out, with the reason.
    ignored: Option<(jiff::civil::Date, String)>,
}

/// One version of a file with findings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) path: String,
    pub(super) blob: String,
    pub(super) first: String,
    pub(super) first_time: i64,
    /// The last commit that has it; empty while it is still there.
    pub(super) last: String,
    pub(super) kept: Vec<Kept>,
    pub(super) unscanned: Vec<(usize, String)>,
}

/// What is kept of a walk: no value, as in any finding.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Cache {
    form: u32,
    rules: String,
    pub(super) tips: BTreeSet<String>,
    pub(super) files: usize,
    pub(super) bytes: usize,
    pub(super) versions: Vec<Version>,
}

impl Kept {
    pub(super) fn of(finding: &Finding) -> Self {
        let place = &finding.place;
        Self {
            rule: finding.rule.id.to_owned(),
            severity: finding.severity.as_str().to_owned(),
            confidence: finding.confidence as u8,
            message: finding.message.clone(),
            line: [place.line, place.column, place.end_line, place.end_column],
            object: finding.object.as_ref().map(|one| {
                [
                    one.api_version.clone(),
                    one.kind.clone(),
                    one.namespace.clone(),
                    one.name.clone(),
                ]
            }),
            field: finding.field.clone(),
            excerpt: finding.excerpt.clone(),
            ignored: finding
                .suppressed
                .as_ref()
                .and_then(|one| Some((one.until?, one.reason.clone()))),
        }
    }

    /// The finding of a version at a path; nothing where the rule is no longer known.
    pub(super) fn finding(&self, path: &str) -> Option<Finding> {
        let rule = rules::find(&self.rule)?;
        let [line, column, end_line, end_column] = self.line;
        Some(Finding {
            rule,
            severity: Severity::read(&self.severity)?,
            confidence: match self.confidence {
                0 => Confidence::Proved,
                1 => Confidence::Likely,
                _ => Confidence::Possible,
            },
            message: self.message.clone(),
            remedy: rule.part("Instead:"),
            place: Place {
                path: path.to_owned(),
                line,
                column,
                end_line,
                end_column,
            },
            object: self
                .object
                .clone()
                .map(|[api_version, kind, namespace, name]| Name {
                    api_version,
                    kind,
                    namespace,
                    name,
                }),
            field: self.field.clone(),
            excerpt: self.excerpt.clone(),
            overlay: None,
            seen: None,
            in_baseline: false,
            suppressed: self.ignored.as_ref().map(|(until, reason)| Suppressed {
                reason: reason.clone(),
                until: Some(*until),
            }),
            source: None,
        })
    }
}

/// Where the cache of a repository is.
pub(super) fn path(repository: &Repository) -> PathBuf {
    repository
        .git_dir()
        .join("waxwing")
        .join("lint-history.json")
}

impl Cache {
    /// An empty one for a set of rules.
    pub(super) fn new(rules: &str) -> Self {
        Self {
            form: FORM,
            rules: rules.to_owned(),
            ..Self::default()
        }
    }

    /// What was kept for the same rules, else an empty one.
    #[expect(
        clippy::disallowed_methods,
        reason = "the face keeps a cache beside the repository"
    )]
    pub(super) fn load(path: &Path, rules: &str) -> Self {
        let read = fs::read(path).ok();
        let cache: Option<Self> = read.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        cache
            .filter(|cache| cache.form == FORM && cache.rules == rules)
            .unwrap_or_else(|| Self::new(rules))
    }

    /// Writes it; where that fails the next run looks at everything again.
    #[expect(
        clippy::disallowed_methods,
        reason = "the face keeps a cache beside the repository"
    )]
    pub(super) fn save(&self, path: &Path) {
        let Some(folder) = path.parent() else { return };
        if fs::create_dir_all(folder).is_err() {
            return;
        }
        if let Ok(text) = serde_json::to_vec(self) {
            let new = path.with_extension("new");
            if fs::write(&new, text).is_ok() {
                let _ = fs::rename(&new, path);
            }
        }
    }
}
