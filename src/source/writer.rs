//! Writes commits: a bare repository that begins empty, for stories that need one.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use gix::{ObjectId, objs::tree::EntryKind};
use jiff::Timestamp;

/// The branch that commits go to.
const BRANCH: &str = "refs/heads/main";

/// A bare repository with one branch, `main`. Whoever clones it may push to it as well: each commit is made on what
/// the branch holds then.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
}

/// Why a commit cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WriteError(String);

/// Files by path.
pub type Tree = BTreeMap<String, String>;

/// Who makes a commit, when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<'a> {
    /// Name of the author.
    pub name: &'a str,
    /// Its address.
    pub email: &'a str,
    /// The instant.
    pub at: Timestamp,
    /// The message.
    pub message: &'a str,
}

impl Writer {
    /// Makes an empty repository in a folder.
    ///
    /// # Errors
    /// The folder cannot be written.
    #[expect(clippy::disallowed_methods, reason = "a door to files")]
    pub fn new(folder: &Path) -> Result<Self, WriteError> {
        gix::init_bare(folder).map_err(|error| WriteError(error.to_string()))?;
        // Whatever this machine calls its first branch.
        std::fs::write(folder.join("HEAD"), format!("ref: {BRANCH}\n"))
            .map_err(|error| WriteError(error.to_string()))?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// The folder of the repository.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Commits a whole tree on top of the branch, and gives the id.
    ///
    /// # Errors
    /// The repository cannot be written.
    pub fn commit(&self, files: &Tree, signed: &Signed<'_>) -> Result<String, WriteError> {
        let failed = |error: &dyn std::error::Error| WriteError(error.to_string());
        let options = gix::open::Options::isolated().open_path_as_is(true);
        let repository = gix::open_opts(&self.folder, options).map_err(|error| failed(&error))?;
        let paths: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        let tree = write_tree(&repository, &paths)?;
        let head = repository
            .try_find_reference(BRANCH)
            .map_err(|error| failed(&error))?
            .map(|reference| reference.id().detach());
        let time = format!("{} +0000", signed.at.as_second());
        let signature = gix::actor::SignatureRef {
            name: signed.name.into(),
            email: signed.email.into(),
            time: &time,
        };
        let id = repository
            .commit_as(signature, signature, BRANCH, signed.message, tree, head)
            .map_err(|error| failed(&error))?;
        Ok(id.to_string())
    }
}

/// Writes the files of one folder and of those below it; paths are sorted.
fn write_tree(
    repository: &gix::Repository,
    paths: &[(&str, &str)],
) -> Result<ObjectId, WriteError> {
    let failed = |error: &dyn std::error::Error| WriteError(error.to_string());
    let mut entries = Vec::new();
    let mut folders: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for (path, text) in paths {
        if let Some((folder, rest)) = path.split_once('/') {
            folders.entry(folder).or_default().push((rest, text));
            continue;
        }
        let id = repository
            .write_blob(text)
            .map_err(|error| failed(&error))?;
        entries.push(gix::objs::tree::Entry {
            mode: EntryKind::Blob.into(),
            filename: (*path).into(),
            oid: id.detach(),
        });
    }
    for (folder, paths) in folders {
        entries.push(gix::objs::tree::Entry {
            mode: EntryKind::Tree.into(),
            filename: folder.into(),
            oid: write_tree(repository, &paths)?,
        });
    }
    entries.sort();
    let tree = gix::objs::Tree { entries };
    let id = repository
        .write_object(&tree)
        .map_err(|error| failed(&error))?;
    Ok(id.detach())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        object::tree::{Entry, Files},
        source::{Git, GitOptions, Mapping},
    };

    #[tokio::test]
    async fn commits_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let writer = Writer::new(&folder.path().join("a.git")).unwrap();
        let signed = |message| Signed {
            name: "a",
            email: "a@example.com",
            at: Timestamp::from_second(1_000).unwrap(),
            message,
        };
        let mut tree = Tree::from([
            ("b.yaml".to_owned(), "one".to_owned()),
            ("b/c/d.yaml".to_owned(), "two".to_owned()),
            ("a/x.yaml".to_owned(), "three".to_owned()),
        ]);
        let first = writer.commit(&tree, &signed("first")).unwrap();
        tree.insert("b.yaml".to_owned(), "four".to_owned());
        let second = writer.commit(&tree, &signed("second")).unwrap();
        let url = "https://git.example/a.git";
        let git = Git::new(GitOptions {
            store: folder.path().join("store"),
            mappings: vec![Mapping {
                from: url.to_owned(),
                to: writer.folder().display().to_string(),
            }],
            ssh_command: None,
        });
        git.fetch(url).await.unwrap();
        assert_eq!(git.resolve(url, "main").await.unwrap(), second);
        assert!(git.follows(url, &first, &second).await);
        let snapshot = git.snapshot(url, &second).await.unwrap();
        assert_eq!(
            snapshot.tree.entry("/b.yaml"),
            Entry::File(b"four".as_slice().into())
        );
        assert_eq!(
            snapshot.tree.entry("/b/c/d.yaml"),
            Entry::File(b"two".as_slice().into())
        );
    }
}
