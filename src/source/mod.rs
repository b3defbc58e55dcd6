//! Where manifests come from: Git repositories, read as blobs only. No work tree, no hook, no filter, no submodule.

mod error;
mod git;
mod git_tree;
mod revision;
mod url;

pub use error::SourceError;
pub use git::{Git, GitOptions, Snapshot};
pub use git_tree::{GitTree, MAX_FILE_BYTES, MAX_FOLDER_ENTRIES, MAX_READ_BYTES};
pub use revision::Refs;
pub use url::{Mapping, UrlError, is_same, scrub};
