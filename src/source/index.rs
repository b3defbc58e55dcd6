//! The repository around a folder as the linter sees it: what the index holds, what differs from the newest commit,
//! what is ignored, and the blobs of all commits.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use gix::{ObjectId, objs::tree::EntryKind};

use super::error::{SourceError, chain};
use crate::object::tree::{Entry, Files};

/// The most commits that a walk visits.
pub const MAX_COMMITS: usize = 1_000_000;

/// The deepest folder that is read from a tree.
pub const MAX_TREE_DEPTH: usize = 256;

/// What stands at a path of an index or a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A symbolic link.
    Link,
    /// A submodule.
    Submodule,
}

/// One entry of an index or a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Its id.
    pub id: ObjectId,
    /// What it is.
    pub kind: Kind,
}

/// One commit of a walk.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Its id.
    pub id: ObjectId,
    /// When it was made, seconds since 1970.
    pub time: i64,
    /// Its first parent.
    pub parent: Option<ObjectId>,
}

/// A file that a commit changed: path, before, after.
pub type Change = (String, Option<ObjectId>, Option<ObjectId>);

/// A repository of this machine with its work tree.
pub struct Repository {
    repo: gix::ThreadSafeRepository,
    root: PathBuf,
}

impl Repository {
    /// The repository around a folder; `None` where there is none.
    ///
    /// # Errors
    /// The folder cannot be looked at.
    pub fn around(folder: &Path) -> Result<Option<Self>, SourceError> {
        let isolated = gix::open::Options::isolated;
        let found = gix::ThreadSafeRepository::discover_opts(
            folder,
            gix::discover::upwards::Options::default(),
            gix::sec::trust::Mapping {
                full: isolated(),
                reduced: isolated(),
            },
        );
        let Ok(repo) = found else { return Ok(None) };
        let local = repo.to_thread_local();
        let top = local.workdir().unwrap_or_else(|| local.git_dir());
        let root = std::fs::canonicalize(top).map_err(|error| SourceError::Store {
            url: folder.display().to_string(),
            cause: error.to_string(),
        })?;
        drop(local);
        Ok(Some(Self { repo, root }))
    }

    /// The folder of the work tree, or of a bare repository itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where Git keeps its own files.
    pub fn git_dir(&self) -> PathBuf {
        self.repo.to_thread_local().common_dir().to_owned()
    }

    /// The commits whose parents a shallow clone lacks.
    pub fn shallow(&self) -> BTreeSet<ObjectId> {
        let repo = self.repo.to_thread_local();
        let ends = repo.shallow_commits().ok().flatten();
        ends.map(|ends| ends.iter().copied().collect())
            .unwrap_or_default()
    }

    fn lost(&self, cause: String) -> SourceError {
        SourceError::Store {
            url: self.root.display().to_string(),
            cause,
        }
    }

    /// What the index holds, by path.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn index(&self) -> Result<BTreeMap<String, Blob>, SourceError> {
        let repo = self.repo.to_thread_local();
        let index = repo
            .index_or_empty()
            .map_err(|error| self.lost(chain(&error)))?;
        let mut found = BTreeMap::new();
        for entry in index.entries() {
            use gix::index::entry::Mode;
            let kind = match entry.mode {
                Mode::SYMLINK => Kind::Link,
                Mode::COMMIT => Kind::Submodule,
                _ => Kind::File,
            };
            let path = entry.path(&index).to_string();
            found.insert(path, Blob { id: entry.id, kind });
        }
        Ok(found)
    }

    /// The files of a commit, by path; nothing where there is no commit yet.
    ///
    /// # Errors
    /// The revision is unknown, or the commit cannot be read.
    pub fn files_of(&self, revision: &str) -> Result<BTreeMap<String, Blob>, SourceError> {
        let repo = self.repo.to_thread_local();
        let mut found = BTreeMap::new();
        if revision == "HEAD" && repo.head_id().is_err() {
            return Ok(found);
        }
        let commit = self.commit(&repo, revision)?;
        let tree = repo
            .find_commit(commit)
            .ok()
            .and_then(|commit| Some(commit.tree_id().ok()?.detach()))
            .ok_or_else(|| self.lost(format!("commit {commit} cannot be read")))?;
        self.flatten(&repo, tree, "", &mut found)?;
        Ok(found)
    }

    fn commit(&self, repo: &gix::Repository, revision: &str) -> Result<ObjectId, SourceError> {
        let id = repo.rev_parse_single(revision).ok();
        let commit = id.and_then(|id| id.object().ok()?.peel_to_commit().ok());
        commit
            .map(|commit| commit.id)
            .ok_or_else(|| SourceError::Revision {
                url: self.root.display().to_string(),
                revision: revision.to_owned(),
            })
    }

    fn flatten(
        &self,
        repo: &gix::Repository,
        tree: ObjectId,
        prefix: &str,
        found: &mut BTreeMap<String, Blob>,
    ) -> Result<(), SourceError> {
        // Whoever asks compares with what the index holds, which shows what is deeper as changed.
        if prefix.matches('/').count() > MAX_TREE_DEPTH {
            return Ok(());
        }
        for (name, mode, id) in self.entries(repo, tree)? {
            let path = format!("{prefix}{name}");
            let kind = match mode {
                EntryKind::Tree => {
                    self.flatten(repo, id, &format!("{path}/"), found)?;
                    continue;
                }
                EntryKind::Commit => Kind::Submodule,
                EntryKind::Link => Kind::Link,
                _ => Kind::File,
            };
            found.insert(path, Blob { id, kind });
        }
        Ok(())
    }

    fn entries(
        &self,
        repo: &gix::Repository,
        tree: ObjectId,
    ) -> Result<Vec<(String, EntryKind, ObjectId)>, SourceError> {
        let unread = || self.lost(format!("tree {tree} cannot be read"));
        let tree = repo.find_tree(tree).map_err(|_| unread())?;
        let mut entries = Vec::new();
        for entry in tree.iter() {
            let entry = entry.map_err(|_| unread())?;
            entries.push((
                entry.filename().to_string(),
                entry.mode().kind(),
                entry.object_id(),
            ));
        }
        Ok(entries)
    }

    /// The bytes of a blob; `Err` says why they are not read.
    ///
    /// # Errors
    /// It is missing, or larger than what is allowed.
    pub fn blob(&self, id: ObjectId, most: usize) -> Result<Vec<u8>, String> {
        let repo = self.repo.to_thread_local();
        let header = repo
            .find_header(id)
            .map_err(|_| "it is not in the repository".to_owned())?;
        if header.size() > most as u64 {
            return Err(format!("it has more than {most} bytes"));
        }
        let mut blob = repo
            .find_blob(id)
            .map_err(|_| "it is not in the repository".to_owned())?;
        Ok(blob.take_data())
    }

    /// Which of the paths of the work tree are ignored: `is_folder` says what each is. Paths are asked in order.
    ///
    /// # Errors
    /// The patterns cannot be read.
    pub fn ignored(
        &self,
        paths: impl IntoIterator<Item = (String, bool)>,
    ) -> Result<BTreeSet<String>, SourceError> {
        use gix::worktree::stack::state::ignore::Source;
        let repo = self.repo.to_thread_local();
        let index = repo
            .index_or_empty()
            .map_err(|error| self.lost(chain(&error)))?;
        let mut stack = repo
            .excludes(&index, None, Source::WorktreeThenIdMappingIfNotSkipped)
            .map_err(|error| self.lost(chain(&error)))?;
        let mut found = BTreeSet::new();
        for (path, is_folder) in paths {
            let mode = if is_folder {
                gix::index::entry::Mode::DIR
            } else {
                gix::index::entry::Mode::FILE
            };
            let at = stack
                .at_path(&path, Some(mode))
                .map_err(|error| self.lost(chain(&error)))?;
            if at.is_excluded() {
                found.insert(path);
            }
        }
        Ok(found)
    }

    /// Takes files out of the index; they stay in the work tree.
    ///
    /// # Errors
    /// The index cannot be read or written.
    pub fn forget(&self, paths: &[String]) -> Result<(), SourceError> {
        let repo = self.repo.to_thread_local();
        let mut index = repo
            .open_index()
            .map_err(|error| self.lost(chain(&error)))?;
        index.remove_entries(|_, path, _| paths.iter().any(|own| own.as_bytes() == &**path));
        index
            .write(gix::index::write::Options::default())
            .map_err(|error| self.lost(error.to_string()))
    }

    /// The ids that revisions name; all branches and tags for none.
    ///
    /// # Errors
    /// A revision is unknown.
    pub fn tips(&self, revisions: &[&str]) -> Result<Vec<ObjectId>, SourceError> {
        let repo = self.repo.to_thread_local();
        if !revisions.is_empty() {
            return revisions
                .iter()
                .map(|revision| self.commit(&repo, revision))
                .collect();
        }
        let mut tips: BTreeSet<ObjectId> = repo
            .head_id()
            .ok()
            .map(|id| id.detach())
            .into_iter()
            .collect();
        let platform = repo
            .references()
            .map_err(|error| self.lost(chain(&error)))?;
        let all = platform.all().map_err(|error| self.lost(chain(&error)))?;
        for mut reference in all.filter_map(Result::ok) {
            let commit = reference
                .peel_to_id()
                .ok()
                .and_then(|id| id.object().ok()?.peel_to_commit().ok());
            tips.extend(commit.map(|commit| commit.id));
        }
        Ok(tips.into_iter().collect())
    }

    /// The commits that can be reached from tips and not from what is hidden, oldest first.
    ///
    /// # Errors
    /// A commit cannot be read.
    pub fn commits(
        &self,
        tips: &[ObjectId],
        hidden: &[ObjectId],
    ) -> Result<Vec<Commit>, SourceError> {
        let repo = self.repo.to_thread_local();
        let hidden: Vec<ObjectId> = hidden
            .iter()
            .copied()
            .filter(|id| repo.find_commit(*id).is_ok())
            .collect();
        let walk = repo
            .rev_walk(tips.iter().copied())
            .with_hidden(hidden)
            .all()
            .map_err(|error| self.lost(chain(&error)))?;
        let mut commits = Vec::new();
        for info in walk {
            let info = info.map_err(|error| self.lost(chain(&error)))?;
            if commits.len() >= MAX_COMMITS {
                return Err(self.lost(format!("it has more than {MAX_COMMITS} commits")));
            }
            let commit = repo
                .find_commit(info.id)
                .map_err(|error| self.lost(chain(&error)))?;
            let time = commit.time().map(|time| time.seconds).unwrap_or_default();
            commits.push(Commit {
                id: info.id,
                time,
                parent: info.parent_ids.first().copied(),
            });
        }
        commits.reverse();
        Ok(commits)
    }

    /// A reader of changes, which keeps what it has open: make one a thread.
    pub fn changes(&self) -> Changes<'_> {
        let mut repo = self.repo.to_thread_local();
        repo.object_cache_size(Some(CACHE_BYTES));
        Changes { own: self, repo }
    }
}

/// How many bytes of objects one reader of changes keeps.
const CACHE_BYTES: usize = 16 << 20;

/// Reads what commits changed.
pub struct Changes<'a> {
    own: &'a Repository,
    repo: gix::Repository,
}

impl Changes<'_> {
    /// What a commit changed against its first parent.
    ///
    /// # Errors
    /// A tree cannot be read.
    pub fn of(&self, commit: &Commit) -> Result<Vec<Change>, SourceError> {
        let tree = |id: ObjectId| {
            let commit = self.repo.find_commit(id).ok()?;
            Some(commit.tree_id().ok()?.detach())
        };
        // The history of a shallow clone ends at a parent that is not there.
        let before = commit.parent.and_then(tree);
        let mut changes = Vec::new();
        self.diff(before, tree(commit.id), "", &mut changes)?;
        Ok(changes)
    }

    /// The bytes of a blob.
    ///
    /// # Errors
    /// It is missing, or larger than what is allowed.
    pub fn blob(&self, id: ObjectId, most: usize) -> Result<Vec<u8>, String> {
        let header = self
            .repo
            .find_header(id)
            .map_err(|_| "it is not in the repository".to_owned())?;
        if header.size() > most as u64 {
            return Err(format!("it has more than {most} bytes"));
        }
        let mut blob = self
            .repo
            .find_blob(id)
            .map_err(|_| "it is not in the repository".to_owned())?;
        Ok(blob.take_data())
    }

    fn diff(
        &self,
        before: Option<ObjectId>,
        after: Option<ObjectId>,
        prefix: &str,
        changes: &mut Vec<Change>,
    ) -> Result<(), SourceError> {
        if before == after {
            return Ok(());
        }
        if prefix.matches('/').count() > MAX_TREE_DEPTH {
            return Err(self.own.lost(format!(
                "its folders are nested more than {MAX_TREE_DEPTH} deep"
            )));
        }
        let read = |tree: Option<ObjectId>| match tree {
            Some(tree) => self.own.entries(&self.repo, tree),
            None => Ok(Vec::new()),
        };
        type Found = Option<(EntryKind, ObjectId)>;
        let mut pairs: BTreeMap<String, (Found, Found)> = BTreeMap::new();
        for (name, kind, id) in read(before)? {
            pairs.entry(name).or_default().0 = Some((kind, id));
        }
        for (name, kind, id) in read(after)? {
            pairs.entry(name).or_default().1 = Some((kind, id));
        }
        for (name, (before, after)) in pairs {
            if before == after {
                continue;
            }
            let path = format!("{prefix}{name}");
            let of = |one: Option<(EntryKind, ObjectId)>, is_tree: bool| {
                let one = one.filter(|(kind, _)| {
                    (*kind == EntryKind::Tree) == is_tree && *kind != EntryKind::Commit
                });
                one.filter(|(kind, _)| *kind != EntryKind::Link)
                    .map(|(_, id)| id)
            };
            let trees = (of(before, true), of(after, true));
            if trees != (None, None) {
                self.diff(trees.0, trees.1, &format!("{path}/"), changes)?;
            }
            let blobs = (of(before, false), of(after, false));
            if blobs.0 != blobs.1 {
                changes.push((path, blobs.0, blobs.1));
            }
        }
        Ok(())
    }
}

/// The files of an index or a commit, for renderings.
pub struct Blobs<'a> {
    /// Where they are kept.
    pub repository: &'a Repository,
    /// What there is.
    pub entries: &'a BTreeMap<String, Blob>,
    /// The largest that is read.
    pub most: usize,
}

impl Files for Blobs<'_> {
    fn entry(&self, path: &str) -> Entry {
        let path = path.trim_start_matches('/');
        let Some(blob) = self.entries.get(path) else {
            let inside = format!("{path}/");
            let next = self.entries.range(inside.clone()..).next();
            let is_folder =
                path.is_empty() || next.is_some_and(|(other, _)| other.starts_with(&inside));
            return if is_folder {
                Entry::Folder
            } else {
                Entry::Missing
            };
        };
        match blob.kind {
            Kind::Submodule => Entry::Refused(format!("{path} is a submodule")),
            kind => match self.repository.blob(blob.id, self.most) {
                Err(why) => Entry::Refused(why),
                Ok(bytes) if kind == Kind::Link => match String::from_utf8(bytes) {
                    Ok(target) => Entry::Link(target),
                    Err(_) => Entry::Refused("the link's target is not text".to_owned()),
                },
                Ok(bytes) => Entry::File(bytes.into()),
            },
        }
    }
}
