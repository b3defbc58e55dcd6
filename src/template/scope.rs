//! What the parser keeps in mind of the place that it is at.

/// What a template declares, and how many `range` are around.
pub struct Scope<'t> {
    pub variables: Vec<&'t str>,
    pub ranges: usize,
}

impl Default for Scope<'_> {
    fn default() -> Self {
        Self {
            variables: vec!["$"],
            ranges: 0,
        }
    }
}

/// What ended a list of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    End,
    Else,
    Text,
}

/// Where a pipe stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Action,
    Range,
    Parenthesis,
}
