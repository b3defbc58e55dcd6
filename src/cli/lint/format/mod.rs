//! The forms of a report, a file each.

mod csv;
mod github;
mod gitlab;
mod json;
mod junit;
mod sarif;
mod text;
mod write;

pub use json::rule_set_hash;
pub use write::{Format, write};
