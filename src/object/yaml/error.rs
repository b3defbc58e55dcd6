//! Why a stream cannot be read: the class and the position, never the content, which may be a secret.

use std::fmt;

use super::position::Position;

/// What can be too large; see [`super::Limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Bytes of one document.
    DocumentBytes,
    /// Bytes of the stream.
    StreamBytes,
    /// Nodes of one document.
    Nodes,
    /// Nodes of the stream.
    StreamNodes,
    /// Aliases of one document.
    Aliases,
    /// Nesting.
    Depth,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DocumentBytes => "bytes in one document",
            Self::StreamBytes => "bytes in the stream",
            Self::Nodes => "values in one document",
            Self::StreamNodes => "values in the stream",
            Self::Aliases => "aliases in one document",
            Self::Depth => "levels of nesting",
        })
    }
}

/// Why a stream cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// The text is neither YAML nor JSON.
    #[error("{at}: {what}")]
    Syntax {
        /// Where.
        at: Position,
        /// Which rule is broken.
        what: &'static str,
    },
    /// Something is larger than the options allow.
    #[error("{at}: more than {most} {limit}")]
    TooLarge {
        /// Where the limit was passed.
        at: Position,
        /// What is too large.
        limit: Limit,
        /// The most that is allowed.
        most: usize,
    },
    /// A map has the same key twice, and the options refuse that.
    #[error("{at}: the key is already in this map")]
    DuplicateKey {
        /// Where the second one stands.
        at: Position,
    },
    /// The text is YAML, but JSON has no such value (a null key, infinity, a map as key).
    #[error("{at}: {what}")]
    Unrepresentable {
        /// Where.
        at: Position,
        /// What cannot be said in JSON.
        what: &'static str,
    },
}

impl YamlError {
    /// Where the error is.
    pub fn position(&self) -> Position {
        match self {
            Self::Syntax { at, .. }
            | Self::TooLarge { at, .. }
            | Self::DuplicateKey { at }
            | Self::Unrepresentable { at, .. } => *at,
        }
    }
}
