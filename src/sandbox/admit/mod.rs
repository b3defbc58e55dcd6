//! What the server adds to an object and what it demands of it: one file a kind, one line in [`ALL`].

pub mod definition;
mod metadata;
mod name;
pub mod namespace;
mod rules;

pub use rules::{
    Rules, from_storage, prepare_create, prepare_update, to_storage, validate_create,
    validate_update,
};

/// The rules of kinds that have their own.
pub const ALL: &[Rules] = &[definition::RULES, namespace::RULES];
