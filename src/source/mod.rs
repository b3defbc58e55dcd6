//! Where manifests come from: folders, and Git repositories read as blobs only. No work tree, no hook, no filter,
//! no submodule.

mod credentials;
mod error;
mod folder;
mod git;
mod git_tree;
mod index;
mod listed;
pub mod local;
mod revision;
mod url;
mod watched;
mod writer;

pub use credentials::{Credentials, HostKeys, is_for, is_prefix};
pub use error::SourceError;
pub use folder::{Folder, MAX_FILE_BYTES, MAX_READ_BYTES};
pub use git::{Git, GitOptions, Snapshot};
pub use git_tree::{GitTree, MAX_BLOB_BYTES, MAX_FOLDER_ENTRIES, MAX_TREE_BYTES};
pub use index::{Blob, Blobs, Change, Changes, Commit, Kind, MAX_COMMITS, Repository};
pub use listed::Listed;
pub use revision::Refs;
pub use url::{Mapping, UrlError, is_same, scrub};
pub use watched::{Seen, Watched};
pub use writer::{Signed, Tree, WriteError, Writer};
