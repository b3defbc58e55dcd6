//! How to read: limits, duplicate keys, positions.

use super::error::Limit;

/// The most bytes of one document, before and after its aliases are expanded.
pub const MAX_DOCUMENT_BYTES: usize = 3 << 20;
/// The most bytes of a whole stream.
pub const MAX_STREAM_BYTES: usize = 64 << 20;
/// The most nodes (keys and values) of one document after its aliases are expanded.
pub const MAX_NODES: usize = 100_000;
/// The most nodes of a whole stream.
pub const MAX_STREAM_NODES: usize = 1_000_000;
/// The most aliases followed in one document.
pub const MAX_ALIASES: usize = 1_000;
/// The deepest nesting of maps and lists.
pub const MAX_DEPTH: usize = 64;

/// What a reader refuses to exceed; [`Default`] gives the named constants of this module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one document, before and after its aliases are expanded.
    pub document_bytes: usize,
    /// Bytes of the whole stream.
    pub stream_bytes: usize,
    /// Nodes (keys and values) of one document after its aliases are expanded.
    pub nodes: usize,
    /// Nodes of the whole stream.
    pub stream_nodes: usize,
    /// Aliases followed in one document.
    pub aliases: usize,
    /// Nesting of maps and lists.
    pub depth: usize,
}

impl Limits {
    /// The most that is allowed of something.
    pub fn most(&self, limit: Limit) -> usize {
        match limit {
            Limit::DocumentBytes => self.document_bytes,
            Limit::StreamBytes => self.stream_bytes,
            Limit::Nodes => self.nodes,
            Limit::StreamNodes => self.stream_nodes,
            Limit::Aliases => self.aliases,
            Limit::Depth => self.depth,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: MAX_DOCUMENT_BYTES,
            stream_bytes: MAX_STREAM_BYTES,
            nodes: MAX_NODES,
            stream_nodes: MAX_STREAM_NODES,
            aliases: MAX_ALIASES,
            depth: MAX_DEPTH,
        }
    }
}

/// What becomes of a key that a map has twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DuplicateKeys {
    /// The last one wins, as in kubectl without strict validation.
    #[default]
    LastWins,
    /// It is an error, as in kubectl's and the server's strict validation.
    Refuse,
}

/// Whose reading of plain scalars is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// kubectl's: the booleans of YAML 1.1, numbers of 64 bits with a sign.
    #[default]
    Kubectl,
    /// That of kustomize for resources: `yes`, `on` and the like are text, numbers of 64 bits without a
    /// sign are exact, and times are written out as RFC 3339.
    Kustomize,
}

/// How to read a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// What is refused for its size.
    pub limits: Limits,
    /// What becomes of duplicate keys.
    pub duplicate_keys: DuplicateKeys,
    /// Whether documents carry the places of their values.
    pub positions: bool,
    /// Whose reading of plain scalars is followed.
    pub dialect: Dialect,
}
