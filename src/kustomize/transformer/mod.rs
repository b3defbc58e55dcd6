//! What changes resources, one file a transformer, and the list of them in the order of one build.

mod image;
mod json_patch;
mod label;
mod name;
mod namespace;
mod patch;
mod replacement;
mod replica;
mod step;
mod structured;
pub(super) mod value_add;

pub(super) use json_patch::Operations;
pub(super) use namespace::Subjects;
pub(super) use replacement::load as load_replacements;
pub(super) use step::{Step, TextKind, configure};
