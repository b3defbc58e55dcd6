//! Structural schemas of custom kinds.

/// One level of a structural schema.
#[derive(Debug, PartialEq)]
pub(super) struct Node;
