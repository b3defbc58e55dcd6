//! Custom resource definitions: which are accepted, and what their schemas do to objects.

mod accept;
mod count;
mod defaulting;
mod format;
mod list_rules;
mod names;
mod prune;
mod schema_rules;
mod spec_rules;
mod status;
mod structural;
mod validate;

pub use accept::{accept, complete, warnings};
pub use status::established;
pub use structural::Structural;
