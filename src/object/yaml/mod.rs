//! Reading what kubectl reads, the way kubectl reads it, and writing what `sigs.k8s.io/yaml` writes.

mod document;
mod error;
mod options;
mod position;
mod read;
mod write;

pub use document::Document;
pub use error::{Limit, YamlError};
pub use options::{DuplicateKeys, Limits, ReadOptions};
pub use position::{Place, Places, Position};
pub use read::{Documents, documents, read};
pub use write::write;
