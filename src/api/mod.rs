//! Typed resources with serde and schema, and the names that people have in their files.

pub mod crd;
