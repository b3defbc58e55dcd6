//! The files of one commit, read from the object store when they are asked for.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use gix::{ObjectId, objs::tree::EntryKind};

use crate::object::tree::{Entry, Files, Kind};

/// The most bytes of one file.
pub const MAX_BLOB_BYTES: u64 = 3 << 20;
/// The most bytes that are read of one tree in all.
pub const MAX_TREE_BYTES: usize = 64 << 20;
/// The most entries of one folder.
pub const MAX_FOLDER_ENTRIES: usize = 10_000;
/// The most parts of a path.
const MAX_DEPTH: usize = 64;
/// The longest name.
const MAX_NAME: usize = 255;
/// How a file begins that only points to its content.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// The files of one commit. Blobs only: submodules are refused, links are told and not followed, and names that
/// could mean something to a file system are not read.
pub struct GitTree {
    store: gix::ThreadSafeRepository,
    root: ObjectId,
    read: AtomicUsize,
    /// Folders that were looked into, by their ids.
    folders: Mutex<BTreeMap<ObjectId, Arc<Names>>>,
}

/// What a folder holds, by name.
type Names = BTreeMap<Vec<u8>, (EntryKind, ObjectId)>;

impl GitTree {
    pub(super) fn new(store: gix::ThreadSafeRepository, root: ObjectId) -> Self {
        Self {
            store,
            root,
            read: AtomicUsize::new(0),
            folders: Mutex::default(),
        }
    }

    /// The id of the tree: equal trees have equal files.
    pub fn id(&self) -> String {
        self.root.to_string()
    }

    /// The names in a folder, sorted, each with whether it is a folder; hostile names are left out.
    ///
    /// # Errors
    /// Why the folder is not read.
    pub fn folder(&self, path: &str) -> Result<Vec<(String, bool)>, String> {
        let repo = self.store.to_thread_local();
        let id = match self.find(&repo, path) {
            Ok(Some((EntryKind::Tree, id))) => id,
            Ok(_) => return Err(format!("{path} is not a folder")),
            Err(why) => return Err(why),
        };
        let tree = repo.find_tree(id).map_err(|_| unread(path))?;
        let mut names = Vec::new();
        for entry in tree.iter() {
            let entry = entry.map_err(|_| unread(path))?;
            if names.len() >= MAX_FOLDER_ENTRIES {
                return Err(format!(
                    "folder {path} has more than {MAX_FOLDER_ENTRIES} entries"
                ));
            }
            let Ok(name) = std::str::from_utf8(entry.filename()) else {
                continue;
            };
            if is_plain(name) {
                names.push((name.to_owned(), entry.mode().kind() == EntryKind::Tree));
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn find(
        &self,
        repo: &gix::Repository,
        path: &str,
    ) -> Result<Option<(EntryKind, ObjectId)>, String> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        if parts.len() > MAX_DEPTH {
            return Err(format!("path has more than {MAX_DEPTH} parts"));
        }
        if let Some(bad) = parts.iter().find(|part| !is_plain(part)) {
            return Err(format!("name {bad:?} is not read"));
        }
        let mut found = (EntryKind::Tree, self.root);
        for part in parts {
            if found.0 != EntryKind::Tree {
                return Ok(None);
            }
            let names = self.names(repo, found.1).ok_or_else(|| unread(path))?;
            match names.get(part.as_bytes()) {
                Some(next) => found = *next,
                None => return Ok(None),
            }
        }
        Ok(Some(found))
    }

    /// What a folder holds; looked up once, so that ten thousand files of one folder cost one reading of it.
    fn names(&self, repo: &gix::Repository, id: ObjectId) -> Option<Arc<Names>> {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = folders.get(&id) {
            return Some(found.clone());
        }
        let tree = repo.find_tree(id).ok()?;
        let mut names = Names::new();
        for entry in tree.iter() {
            let entry = entry.ok()?;
            names.insert(
                entry.filename().to_vec(),
                (entry.mode().kind(), entry.object_id()),
            );
        }
        let names = Arc::new(names);
        folders.insert(id, names.clone());
        Some(names)
    }

    /// What stands at a path, told without reading it: equal prints are equal entries.
    pub fn print(&self, path: &str) -> String {
        let repo = self.store.to_thread_local();
        match self.find(&repo, path) {
            Ok(None) => "missing".to_owned(),
            Ok(Some((EntryKind::Tree, _))) => "folder".to_owned(),
            Ok(Some((EntryKind::Link, id))) => format!("link {id}"),
            Ok(Some((EntryKind::Commit, _))) => "submodule".to_owned(),
            Ok(Some((EntryKind::Blob | EntryKind::BlobExecutable, id))) => format!("file {id}"),
            Err(why) => why,
        }
    }

    fn blob(&self, repo: &gix::Repository, path: &str, id: ObjectId) -> Result<Vec<u8>, String> {
        let header = repo.find_header(id).map_err(|_| unread(path))?;
        if header.size() > MAX_BLOB_BYTES {
            return Err(format!("{path} is larger than {MAX_BLOB_BYTES} bytes"));
        }
        let mut blob = repo.find_blob(id).map_err(|_| unread(path))?;
        let bytes = blob.take_data();
        let before = self.read.fetch_add(bytes.len(), Ordering::Relaxed);
        if before.saturating_add(bytes.len()) > MAX_TREE_BYTES {
            return Err(format!(
                "more than {MAX_TREE_BYTES} bytes of the repository were read"
            ));
        }
        Ok(bytes)
    }
}

impl Files for GitTree {
    fn kind(&self, path: &str) -> Kind {
        let repo = self.store.to_thread_local();
        match self.find(&repo, path) {
            Ok(Some((EntryKind::Tree, _))) => Kind::Folder,
            Ok(Some((EntryKind::Blob | EntryKind::BlobExecutable, _))) => Kind::File,
            Ok(None) => Kind::Missing,
            Ok(Some(_)) | Err(_) => self.entry(path).into(),
        }
    }

    fn entry(&self, path: &str) -> Entry {
        let repo = self.store.to_thread_local();
        let (kind, id) = match self.find(&repo, path) {
            Ok(Some(found)) => found,
            Ok(None) => return Entry::Missing,
            Err(why) => return Entry::Refused(why),
        };
        match kind {
            EntryKind::Tree => Entry::Folder,
            EntryKind::Commit => Entry::Refused(format!("{path} is a submodule")),
            EntryKind::Link => match self.blob(&repo, path, id) {
                Ok(target) => match String::from_utf8(target) {
                    Ok(target) => Entry::Link(target),
                    Err(_) => Entry::Refused(format!("the target of link {path} is not text")),
                },
                Err(why) => Entry::Refused(why),
            },
            EntryKind::Blob | EntryKind::BlobExecutable => match self.blob(&repo, path, id) {
                Ok(bytes) if bytes.starts_with(LFS_POINTER) => {
                    Entry::Refused(format!("{path} is kept by Git LFS, which is not fetched"))
                }
                Ok(bytes) => Entry::File(bytes.into()),
                Err(why) => Entry::Refused(why),
            },
        }
    }
}

fn unread(path: &str) -> String {
    format!("{path} cannot be read from the object store")
}

/// Whether a name means nothing special to any file system.
fn is_plain(name: &str) -> bool {
    let is_dots = name == "." || name == "..";
    let is_git = name.eq_ignore_ascii_case(".git");
    let is_odd = name.contains(['/', '\\', '\0']) || name.len() > MAX_NAME || name.is_empty();
    !is_dots && !is_git && !is_odd
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_something_are_not_read() {
        for (name, plain) in [
            ("a.yaml", true),
            ("..a", true),
            (".github", true),
            ("..", false),
            (".", false),
            (".GIT", false),
            ("a\\b", false),
            ("a\0", false),
            ("", false),
        ] {
            assert_eq!(is_plain(name), plain, "{name:?}");
        }
        assert!(!is_plain(&"a".repeat(256)));
    }
}
