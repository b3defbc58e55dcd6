//! Why a build stops, in kustomize's words: a chain of prefixes before the reason.

use std::fmt;

/// Why a build stops. Kustomize's texts name what was being done, then the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    message: String,
    is_malformed: bool,
}

impl BuildError {
    /// An error with its text.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_malformed: false,
        }
    }

    /// A file that is no YAML: its own text suffices where others get more around them.
    pub(super) fn malformed(message: impl fmt::Display, file: &str) -> Self {
        Self {
            message: format!("MalformedYAMLError: {message} in File: {file}"),
            is_malformed: true,
        }
    }

    /// The same error with a prefix.
    #[must_use]
    pub(super) fn under(mut self, prefix: impl fmt::Display) -> Self {
        self.message = format!("{prefix}: {}", self.message);
        self
    }

    /// Whether the reason is a file that is no YAML.
    pub(super) fn is_malformed(&self) -> bool {
        self.is_malformed
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BuildError {}
