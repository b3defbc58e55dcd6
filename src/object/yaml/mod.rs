//! Reading what kubectl reads, the way kubectl reads it, and writing what `sigs.k8s.io/yaml` writes.

mod build;
mod document;
mod error;
mod events;
mod ink;
mod json;
#[cfg(test)]
mod limit_tests;
mod node;
mod number;
mod options;
mod order;
mod position;
mod read;
mod scalar;
mod stream;
mod style;
mod syntax;
#[cfg(test)]
mod tests;
mod timestamp;
mod write;

pub use document::Document;
pub use error::{Limit, YamlError};
pub use options::{Dialect, DuplicateKeys, Limits, ReadOptions};
pub use position::{Place, Places, Position};
pub use read::{Documents, documents, read};
pub use write::write;
