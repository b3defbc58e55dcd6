//! A finished node of a document.

use serde_json::Value;

use super::{
    error::YamlError,
    position::{Places, Position},
    scalar::Scalar,
};

/// What a node says. A scalar stays one until it is known whether it is a key or a value.
#[derive(Clone)]
pub(super) enum Content {
    Scalar(Scalar),
    Tree(Value),
}

impl Content {
    pub(super) fn into_value(self, at: Position) -> Result<Value, YamlError> {
        match self {
            Self::Tree(value) => Ok(value),
            Self::Scalar(scalar) => scalar
                .into_value()
                .map_err(|what| YamlError::Unrepresentable { at, what }),
        }
    }

    pub(super) fn into_key(self, at: Position) -> Result<String, YamlError> {
        match self {
            Self::Tree(_) => Err("a map or a list cannot be a key"),
            Self::Scalar(scalar) => scalar.into_key(),
        }
        .map_err(|what| YamlError::Unrepresentable { at, what })
    }
}

/// A finished node with what it costs to repeat it.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) content: Content,
    /// Itself and all below it, keys included.
    pub(super) nodes: usize,
    /// Bytes of all its texts.
    pub(super) bytes: usize,
    /// Levels of maps and lists.
    pub(super) height: usize,
    /// Present where positions are asked for.
    pub(super) places: Option<Places>,
}
