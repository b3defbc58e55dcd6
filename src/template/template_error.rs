//! Why a template gave no text: position and class, never a value.

use std::fmt;

/// A bound that a template came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`super::MAX_STEPS`].
    Steps,
    /// [`super::MAX_OUTPUT_BYTES`], of the result or of one text on the way.
    Output,
    /// [`super::MAX_DEPTH`], of calls, of brackets or of values within values.
    Depth,
    /// [`super::MAX_TEMPLATE_BYTES`].
    Template,
}

/// What kind of error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The template does not parse.
    Syntax(&'static str),
    /// A value is of the wrong type, an argument is missing, a field or a template does not exist.
    Wrong(&'static str),
    /// The named function failed.
    Failed(&'static str),
    /// The named function needs chance, a clock or the network, and the policy gives none.
    Refused(&'static str),
    /// A limit was reached.
    Limit(Limit),
}

/// Why a template gave no text.
///
/// It never holds a value, so that an error in a log, an event or a status tells nothing of the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("template: line {line}, column {column}: {class}")]
pub struct TemplateError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What kind of error it is.
    pub class: Class,
}

impl TemplateError {
    /// The error of a class at a byte of the text.
    pub(super) fn at(text: &str, place: usize, class: Class) -> Self {
        let before = text.get(..place).unwrap_or(text);
        Self {
            line: before.matches('\n').count() + 1,
            column: before.rsplit('\n').next().unwrap_or("").chars().count() + 1,
            class,
        }
    }

    /// The function that failed or was refused.
    pub fn function(&self) -> Option<&'static str> {
        match self.class {
            Class::Failed(name) | Class::Refused(name) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(what) | Self::Wrong(what) => f.write_str(what),
            Self::Failed(name) => write!(f, "function {name} failed"),
            Self::Refused(name) => write!(
                f,
                "function {name} is refused: its result is not the same each time"
            ),
            Self::Limit(Limit::Steps) => f.write_str("too many steps"),
            Self::Limit(Limit::Output) => f.write_str("too much output"),
            Self::Limit(Limit::Depth) => f.write_str("too deeply nested"),
            Self::Limit(Limit::Template) => f.write_str("the template is too long"),
        }
    }
}
