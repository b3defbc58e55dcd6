//! Any manifest: reading, writing, naming, selecting and patching it. Everything here is pure.

pub mod edit;
pub mod name;
#[expect(
    clippy::module_inception,
    reason = "the type of this module is the object itself"
)]
mod object;
pub mod patch;
pub mod pod_template;
pub mod quantity;
mod reference;
pub mod schema;
pub mod selector;
pub mod tree;
pub mod yaml;

pub use object::{Object, ObjectError};
pub use reference::{Gvk, ObjectRef};
pub use selector::{FieldSelector, LabelSelector, SelectorError};
