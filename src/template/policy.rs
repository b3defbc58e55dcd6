//! What a template may use beyond its values.

use jiff::Timestamp;

/// What a template may use beyond its values; the default is nothing, so that equal input gives equal output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The time that `now`, `ago` and their like see; without one they are refused.
    pub now: Option<Timestamp>,
}
