//! Folders and files as something that can be asked, wherever they are kept.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Nothing.
    Missing,
    /// A folder.
    Folder,
    /// A file with its bytes.
    File(Arc<[u8]>),
    /// A symbolic link with its target, as written.
    Link(String),
    /// Something that is not read, and why: a pipe, a file that is too large.
    Refused(String),
}

/// What kind of thing stands at a path, told without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Missing,
    /// A folder.
    Folder,
    /// A file.
    File,
    /// A symbolic link with its target, as written.
    Link(String),
    /// Something that is not read, and why.
    Refused(String),
}

impl From<Entry> for Kind {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Missing => Self::Missing,
            Entry::Folder => Self::Folder,
            Entry::File(_) => Self::File,
            Entry::Link(target) => Self::Link(target),
            Entry::Refused(why) => Self::Refused(why),
        }
    }
}

/// Folders and files.
///
/// Paths are absolute, with single slashes, without `.` and `..`; links are not followed. An answer must stay
/// the same while one job is done.
pub trait Files {
    /// What stands at a path.
    fn entry(&self, path: &str) -> Entry;

    /// What kind of thing stands at a path; a file is not read for that.
    fn kind(&self, path: &str) -> Kind {
        self.entry(path).into()
    }

    /// The folder that stands for a repository on another machine, at a revision (empty for the default branch).
    /// Unless someone allows it, there is none.
    ///
    /// # Errors
    /// Why the repository is not read.
    fn repository(&self, url: &str, revision: &str, timeout: Duration) -> Result<String, String> {
        let _ = (revision, timeout);
        Err(format!("'{url}' is remote, and remote sources are off"))
    }

    /// The status and the body that a server answers for a file on another machine. Unless someone allows it,
    /// there is none.
    ///
    /// # Errors
    /// Why the file is not asked for.
    fn download(&self, url: &str) -> Result<(u16, Arc<[u8]>), String> {
        Err(format!("'{url}' is remote, and remote sources are off"))
    }
}

/// Folders and files in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<String, Entry>);

impl Tree {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a file at a path, with or without the slash in front; the folders above it come by themselves.
    pub fn insert(&mut self, path: &str, bytes: impl Into<Arc<[u8]>>) {
        self.put(path, Entry::File(bytes.into()));
    }

    /// Puts a symbolic link at a path.
    pub fn link(&mut self, path: &str, target: impl Into<String>) {
        self.put(path, Entry::Link(target.into()));
    }

    fn put(&mut self, path: &str, entry: Entry) {
        self.0
            .insert(format!("/{}", path.trim_start_matches('/')), entry);
    }

    /// The files and links, sorted by path.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.0.iter().map(|(path, entry)| (path.as_str(), entry))
    }
}

impl Files for Tree {
    fn entry(&self, path: &str) -> Entry {
        if let Some(entry) = self.0.get(path) {
            return entry.clone();
        }
        let inside = format!("{}/", path.trim_end_matches('/'));
        let next = self.0.range(inside.clone()..).next();
        match next {
            Some((other, _)) if other.starts_with(&inside) => Entry::Folder,
            _ => Entry::Missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_with_their_files() {
        let mut tree = Tree::new();
        tree.insert("a/b/c.yaml", *b"x");
        tree.link("/a/l", "b");
        assert_eq!(tree.entry("/"), Entry::Folder);
        assert_eq!(tree.entry("/a/b"), Entry::Folder);
        assert_eq!(tree.entry("/a/b/c.yaml"), Entry::File((*b"x").into()));
        assert_eq!(tree.entry("/a/l"), Entry::Link("b".to_owned()));
        assert_eq!(tree.entry("/a/b/c"), Entry::Missing);
    }
}
