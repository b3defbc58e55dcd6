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

pub(super) use namespace::Subjects;
pub(super) use replacement::load as load_replacements;
pub(super) use step::{Step, TextKind, configure};
