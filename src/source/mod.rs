//! Where manifests come from.

mod folder;

pub use folder::{Folder, MAX_FILE_BYTES, MAX_READ_BYTES};
