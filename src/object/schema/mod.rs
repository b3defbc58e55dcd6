//! What is known of the fields of each kind: types, merge keys, list kinds.
//!
//! Built-in kinds come from `table.txt` and `resources.txt`, which `tests/peers/schema` writes from the
//! OpenAPI documents that Kubernetes publishes; custom kinds come from their structural schema.

mod kind;
mod resource;
#[expect(
    clippy::module_inception,
    reason = "the type of this module is the schema itself"
)]
mod schema;
mod structural;
mod table;

pub use kind::{ListKind, MapKind, PatchStrategy, ValueType};
pub use resource::{BuiltIn, SubResource, built_ins};
pub use schema::Schema;
pub use table::{definition_names, kinds};
