//! One thing to say: which rule, how grave, where, about what. It holds no value of any secret.

use std::fmt;

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::{rule::Rule, set::Source};

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Probably wrong.
    Warning,
    /// Wrong.
    Error,
}

impl Severity {
    /// The word of configuration and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// Reads the word.
    pub fn read(word: &str) -> Option<Self> {
        [Self::Info, Self::Warning, Self::Error]
            .into_iter()
            .find(|severity| severity.as_str() == word)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Follows from the text.
    Proved,
    /// By name or form; seldom wrong.
    Likely,
    /// By a sign that proves nothing.
    Possible,
}

impl Confidence {
    /// The word of reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
}

/// A range in a file, lines and columns (in characters) from 1; the end column is behind the last character.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Path from the root of what is scanned, with `/`.
    pub path: String,
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// Column behind the end.
    pub end_column: usize,
}

impl Place {
    /// The first character of a line.
    pub fn line(path: &str, line: usize) -> Self {
        Self {
            path: path.to_owned(),
            line,
            column: 1,
            end_line: line,
            end_column: 1,
        }
    }
}

/// What an object is called.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// `apiVersion` as written.
    pub api_version: String,
    /// `kind` as written.
    pub kind: String,
    /// `metadata.namespace`, empty when absent.
    pub namespace: String,
    /// `metadata.name`, empty when absent.
    pub name: String,
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.kind.is_empty() {
            "object"
        } else {
            &self.kind
        };
        if self.namespace.is_empty() {
            write!(f, "{kind} {}", self.name)
        } else {
            write!(f, "{kind} {}/{}", self.namespace, self.name)
        }
    }
}

/// The commits between which something stood in the repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// Id of the first commit that has it.
    pub first: String,
    /// When that was made, RFC 3339.
    pub first_date: String,
    /// Id of the last commit that has it.
    pub last: String,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suppressed {
    /// What the author of the exception wrote.
    pub reason: String,
    /// The last day of the exception.
    pub until: Option<Date>,
}

/// One thing to say.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How grave, the configuration considered.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What is wrong, one sentence without a value.
    pub message: String,
    /// What to do.
    pub remedy: String,
    /// Where.
    pub place: Place,
    /// In which object.
    pub object: Option<ObjectId>,
    /// In which field, such as `stringData.password`; empty for none.
    pub field: String,
    /// The line as it may be shown, made up: `password: ****`.
    pub excerpt: String,
    /// The overlay whose rendering shows it.
    pub overlay: Option<String>,
    /// When it stood in the history.
    pub seen: Option<Seen>,
    /// Whether the baseline knows it.
    pub in_baseline: bool,
    /// Why it does not count.
    pub suppressed: Option<Suppressed>,
    /// The object's place in its file and the field in it, where the finding comes from facts and its place is still
    /// to be looked up.
    pub source: Option<(Source, String)>,
}

impl Finding {
    /// Identity that survives moved lines and changed values: rule, object, field; path where there is no object.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        let empty = ObjectId::default();
        let object = self.object.as_ref().unwrap_or(&empty);
        let path = match &self.object {
            Some(object) if !object.name.is_empty() => "",
            _ => &self.place.path,
        };
        for part in [
            self.rule.id,
            &object.api_version,
            &object.kind,
            &object.namespace,
            &object.name,
            &self.field,
            path,
        ] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let digest = hash.finalize();
        digest.iter().take(16).map(|b| format!("{b:02x}")).collect()
    }

    /// Whether it counts towards the exit code.
    pub fn counts(&self, at_least: Severity) -> bool {
        self.severity >= at_least && !self.in_baseline && self.suppressed.is_none()
    }

    /// What findings are sorted by.
    pub fn order(&self) -> (&Place, &str, &str, &Option<String>, &str) {
        (
            &self.place,
            self.rule.id,
            &self.field,
            &self.overlay,
            &self.message,
        )
    }
}

/// Something that was not looked at, which is worth the exit code 3.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unscanned {
    /// Path from the root of what is scanned.
    pub path: String,
    /// Line, 0 where none can be told.
    pub line: usize,
    /// Why, without any of the content.
    pub reason: String,
}
