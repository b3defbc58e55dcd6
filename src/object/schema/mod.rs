//! What is known of the fields of each kind: types, merge keys, list kinds.

#[expect(
    clippy::module_inception,
    reason = "the type of this module is the schema itself"
)]
mod schema;

pub use schema::{ListKind, Schema};
