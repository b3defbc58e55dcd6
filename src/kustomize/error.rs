//! Why a build stops, in kustomize's words: a chain of prefixes before the reason; and where it is to be mended.

use std::fmt;

/// Where something is to be mended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file, as seen from the folder that is built.
    pub file: String,
    /// The line in it, from 1, where it is known.
    pub line: Option<usize>,
    /// The field, such as `patches[1]`, where it is known.
    pub field: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.field.is_empty() {
            write!(f, ": {}", self.field)?;
        }
        Ok(())
    }
}

/// Why a build stops. Its text is kustomize's, letter for letter: what was being done, then the reason. The place
/// is told apart from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    message: String,
    is_malformed: bool,
    field: String,
    place: Option<Box<Place>>,
}

impl BuildError {
    /// An error with its text.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_malformed: false,
            field: String::new(),
            place: None,
        }
    }

    /// A file that is no YAML: its own text suffices where others get more around them.
    pub(super) fn malformed(message: impl fmt::Display, file: &str) -> Self {
        Self {
            is_malformed: true,
            ..Self::new(format!("MalformedYAMLError: {message} in File: {file}"))
        }
    }

    /// The same error with a prefix.
    #[must_use]
    pub(super) fn under(mut self, prefix: impl fmt::Display) -> Self {
        self.message = format!("{prefix}: {}", self.message);
        self
    }

    /// The same error with other words.
    #[must_use]
    pub(super) fn said(mut self, words: impl FnOnce(&str) -> String) -> Self {
        self.message = words(&self.message);
        self
    }

    /// The same error, of a field of the kustomization file being read. The innermost field stays.
    #[must_use]
    pub(super) fn of_field(mut self, field: impl FnOnce() -> String) -> Self {
        if self.field.is_empty() {
            self.field = field();
        }
        self
    }

    /// The same error with its place, made from the field that is known so far. The innermost place stays.
    #[must_use]
    pub(super) fn at(mut self, place: impl FnOnce(&str) -> Place) -> Self {
        if self.place.is_none() {
            self.place = Some(Box::new(place(&self.field)));
        }
        self
    }

    /// Where it is to be mended.
    pub fn place(&self) -> Option<&Place> {
        self.place.as_deref()
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
