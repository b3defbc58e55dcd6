//! Where the files come from: the work tree, given paths, the index, standard input.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::settings::{Mode, Settings};
use crate::{
    cli::{Failure, Shell},
    lint::{finding::Unscanned, layout, scan::MAX_FILE_BYTES},
    object::tree::{Entry, Files, Tree},
    source::{Blob, Blobs, Folder, Kind, Repository},
};

/// The deepest folder that is walked into.
const MAX_DEPTH: usize = 128;
/// The most files of one run.
const MAX_FILES: usize = 1_000_000;

/// What is to be scanned, and how it is read.
pub struct Input {
    /// The folder that paths start from.
    pub root: PathBuf,
    /// Paths to scan.
    pub paths: BTreeSet<String>,
    /// All paths that there are, for kustomizations and what they reach.
    pub all: BTreeSet<String>,
    /// Paths that Git tracks; `None` without Git.
    pub tracked: Option<BTreeSet<String>>,
    /// Paths that only those overlays are rendered for that reach one; all overlays when it is empty.
    pub touched: BTreeSet<String>,
    /// What cannot be scanned.
    pub unscanned: Vec<Unscanned>,
    /// The repository.
    pub repository: Option<Repository>,
    /// Whether `all` is everything, so that what is missing can be told.
    pub is_complete: bool,
    content: Content,
}

enum Content {
    Disk(Folder),
    Index(BTreeMap<String, Blob>),
    Memory(Tree),
}

impl Input {
    /// Collects what is to be scanned.
    pub fn collect(settings: &Settings, shell: &mut Shell) -> Result<Self, Failure> {
        match &settings.mode {
            Mode::Input => {
                let mut bytes = Vec::new();
                shell
                    .input()
                    .take(MAX_FILE_BYTES as u64 + 1)
                    .read_to_end(&mut bytes)
                    .map_err(|error| {
                        Failure::new("failed to read standard input").because(error)
                    })?;
                let mut tree = Tree::new();
                tree.insert("stdin.yaml", bytes);
                Ok(Self::of_tree(tree, false))
            }
            Mode::Staged => Self::staged(settings),
            Mode::Paths(paths) => Self::given(settings, paths),
            _ => Self::tree(settings),
        }
    }

    /// Files in memory.
    pub fn of_tree(tree: Tree, is_complete: bool) -> Self {
        let entries = tree
            .entries()
            .map(|(path, _)| path.trim_start_matches('/').to_owned());
        let all: BTreeSet<String> = entries.collect();
        Self {
            root: PathBuf::new(),
            paths: all.clone(),
            all,
            tracked: None,
            touched: BTreeSet::new(),
            unscanned: Vec::new(),
            repository: None,
            is_complete,
            content: Content::Memory(tree),
        }
    }

    fn staged(settings: &Settings) -> Result<Self, Failure> {
        let repository = repository(&settings.directory)?.ok_or_else(|| {
            Failure::new("--staged needs a Git repository, and there is none here")
        })?;
        let failed = |error: crate::source::SourceError| {
            Failure::new("failed to read the index").because(error)
        };
        let index = repository.index().map_err(failed)?;
        let head = repository.files_of("HEAD").map_err(failed)?;
        let mut touched = BTreeSet::new();
        let mut paths = BTreeSet::new();
        for (path, blob) in &index {
            if head.get(path) != Some(blob) {
                touched.insert(path.clone());
                paths.insert(path.clone());
            }
        }
        touched.extend(head.into_keys().filter(|path| !index.contains_key(path)));
        let mut input = Self {
            root: repository.root().to_owned(),
            paths,
            all: index.keys().cloned().collect(),
            tracked: Some(index.keys().cloned().collect()),
            touched,
            unscanned: Vec::new(),
            repository: Some(repository),
            is_complete: false,
            content: Content::Index(index),
        };
        input.check_links();
        Ok(input)
    }

    fn given(settings: &Settings, given: &[PathBuf]) -> Result<Self, Failure> {
        let base = absolute(&settings.directory)?;
        let mut whole = Vec::new();
        for path in given {
            if std::fs::symlink_metadata(base.join(path)).is_err() {
                return Err(Failure::new(format!("there is no file {}", path.display())));
            }
            whole.push(absolute(&base.join(path))?);
        }
        let repository = repository(&settings.directory)?;
        let root = repository
            .as_ref()
            .map_or_else(|| base.clone(), |one| one.root().to_owned());
        let is_inside = whole.iter().all(|path| path.starts_with(&root));
        if let ([folder], false) = (whole.as_slice(), is_inside)
            && folder.is_dir()
        {
            // A folder elsewhere is a world of its own.
            let elsewhere = Settings {
                directory: folder.clone(),
                mode: Mode::Tree,
                ..settings.clone()
            };
            return Self::tree(&elsewhere);
        }
        if !is_inside || whole.iter().all(|path| !path.is_dir()) {
            let (root, repository) = if is_inside {
                (root, repository)
            } else {
                (PathBuf::from("/"), None)
            };
            let mut input = Self::on_disk(root, repository);
            for path in &whole {
                let shown = path
                    .strip_prefix(&input.root)
                    .unwrap_or(path)
                    .to_string_lossy()
                    .into_owned();
                if path.is_dir() {
                    input.walk(&shown, 0)?;
                } else {
                    input.all.insert(shown);
                }
            }
            input.paths = input.all.clone();
            input.is_complete = false;
            input.check_links();
            return Ok(input);
        }
        let mut input = Self::tree(settings)?;
        let shown: Vec<String> = whole
            .iter()
            .map(|path| {
                path.strip_prefix(&input.root)
                    .unwrap_or(path)
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        if shown.iter().any(String::is_empty) {
            return Ok(input);
        }
        let is_meant = |path: &String| {
            shown.iter().any(|one| {
                path.strip_prefix(one.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        let is_file = |path: &&String| input.look(path) == Entry::File(Arc::from(&[][..]));
        let files: Vec<String> = shown.iter().filter(is_file).cloned().collect();
        input.paths.extend(files);
        input.paths.retain(is_meant);
        input.unscanned.retain(|one| is_meant(&one.path));
        input.touched = input.paths.clone();
        input.is_complete = false;
        Ok(input)
    }

    fn tree(settings: &Settings) -> Result<Self, Failure> {
        let repository = repository(&settings.directory)?;
        let root = match &repository {
            Some(repository) => repository.root().to_owned(),
            None => absolute(&settings.directory)?,
        };
        let mut input = Self::on_disk(root, repository);
        input.walk("", 0)?;
        input.drop_ignored()?;
        input.paths = input.all.clone();
        input.is_complete = true;
        input.check_links();
        Ok(input)
    }

    fn on_disk(root: PathBuf, repository: Option<Repository>) -> Self {
        Self {
            root,
            paths: BTreeSet::new(),
            all: BTreeSet::new(),
            tracked: None,
            touched: BTreeSet::new(),
            unscanned: Vec::new(),
            repository,
            is_complete: true,
            content: Content::Disk(Folder::new()),
        }
    }

    /// All files below a folder; `.git` left out, links not followed.
    fn walk(&mut self, folder: &str, depth: usize) -> Result<(), Failure> {
        if depth > MAX_DEPTH || self.all.len() > MAX_FILES {
            self.skip(folder, format!("folders are nested more than {MAX_DEPTH} deep, or there are more than {MAX_FILES} files"));
            return Ok(());
        }
        let Content::Disk(_) = &self.content else {
            return Ok(());
        };
        let listed = match listed(&self.root.join(folder)) {
            Ok(listed) => listed,
            Err(error) => {
                self.skip(folder, error.to_string());
                return Ok(());
            }
        };
        let join = |name: &str| {
            if folder.is_empty() {
                name.to_owned()
            } else {
                format!("{folder}/{name}")
            }
        };
        let mut folders = Vec::new();
        for (name, is_folder) in listed {
            let name = match name.into_string() {
                Ok(name) if name == ".git" => continue,
                Ok(name) => name,
                Err(name) => {
                    let path = join(&name.to_string_lossy());
                    self.skip(&path, "its name is not UTF-8".to_owned());
                    continue;
                }
            };
            if is_folder {
                folders.push((join(&name), true));
            } else {
                self.all.insert(join(&name));
            }
        }
        let ignored = match &self.repository {
            Some(repository) => {
                let ignored = repository.ignored(folders.iter().cloned());
                ignored.map_err(|error| {
                    Failure::new("failed to read what is ignored").because(error)
                })?
            }
            None => BTreeSet::new(),
        };
        for (path, _) in folders {
            // A file below an ignored folder may be tracked all the same: the index knows.
            if !ignored.contains(&path) {
                self.walk(&path, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Leaves out what is ignored, adds what is tracked.
    fn drop_ignored(&mut self) -> Result<(), Failure> {
        let Some(repository) = &self.repository else {
            return Ok(());
        };
        let failed = |error: crate::source::SourceError| {
            Failure::new("failed to read the index").because(error)
        };
        let index = repository.index().map_err(failed)?;
        let untracked = self
            .all
            .iter()
            .filter(|path| !index.contains_key(*path))
            .map(|path| (path.clone(), false));
        let ignored = repository.ignored(untracked).map_err(failed)?;
        self.all.retain(|path| !ignored.contains(path));
        for (path, blob) in &index {
            if blob.kind == Kind::Submodule {
                self.all.remove(path);
                self.unscanned.push(Unscanned {
                    path: path.clone(),
                    line: 0,
                    reason: "it is a submodule".to_owned(),
                });
            } else if self.root.join(path).symlink_metadata().is_ok() {
                self.all.insert(path.clone());
            }
        }
        self.tracked = Some(index.into_keys().collect());
        Ok(())
    }

    fn skip(&mut self, path: &str, reason: String) {
        self.unscanned.push(Unscanned {
            path: path.to_owned(),
            line: 0,
            reason,
        });
    }

    /// Leaves links alone that stay inside, and tells those that lead out.
    fn check_links(&mut self) {
        let mut inside = BTreeSet::new();
        let mut outside = Vec::new();
        for path in &self.paths {
            match self.look(path) {
                Entry::Link(target) => match layout::resolve(layout::folder_of(path), &target) {
                    Some(_) => drop(inside.insert(path.clone())),
                    None => outside.push((path.clone(), "it is a link that leads out".to_owned())),
                },
                Entry::Folder | Entry::Missing => drop(inside.insert(path.clone())),
                Entry::Refused(_) | Entry::File(_) => {}
            }
        }
        for (path, reason) in outside {
            self.paths.remove(&path);
            self.skip(&path, reason);
        }
        self.paths.retain(|path| !inside.contains(path));
    }

    /// What kind of thing stands at a path, without reading more than needed.
    fn look(&self, path: &str) -> Entry {
        match &self.content {
            Content::Disk(_) => {
                let whole = self.root.join(path);
                match std::fs::symlink_metadata(&whole) {
                    Ok(found) if found.is_symlink() => match std::fs::read_link(&whole) {
                        Ok(target) => Entry::Link(target.to_string_lossy().into_owned()),
                        Err(_) => Entry::Refused("the link cannot be read".to_owned()),
                    },
                    Ok(found) if found.is_dir() => Entry::Folder,
                    Ok(_) => Entry::File(Arc::from(&[][..])),
                    Err(_) => Entry::Missing,
                }
            }
            Content::Index(index) => match index.get(path).map(|blob| blob.kind) {
                Some(Kind::File) => Entry::File(Arc::from(&[][..])),
                _ => self.entry(path),
            },
            Content::Memory(_) => self.entry(path),
        }
    }

    /// The bytes of a file; the reason why not.
    pub fn read(&self, path: &str) -> Result<Arc<[u8]>, String> {
        match &self.content {
            Content::Disk(_) => read_file(&self.root.join(path)),
            _ => match self.entry(path) {
                Entry::File(bytes) => Ok(bytes),
                Entry::Refused(reason) => Err(reason),
                _ => Err("it is not there".to_owned()),
            },
        }
    }
}

impl Files for Input {
    fn entry(&self, path: &str) -> Entry {
        let inner = path.trim_start_matches('/');
        match &self.content {
            Content::Disk(folder) => {
                let whole = self.root.join(inner);
                folder.entry(whole.to_string_lossy().trim_end_matches('/'))
            }
            Content::Index(entries) => match &self.repository {
                Some(repository) => {
                    let blobs = Blobs {
                        repository,
                        entries,
                        most: MAX_FILE_BYTES,
                    };
                    blobs.entry(path)
                }
                None => Entry::Missing,
            },
            Content::Memory(tree) => tree.entry(&format!("/{inner}")),
        }
    }
}

/// The names in a folder, sorted, each with whether it is a folder.
fn listed(folder: &Path) -> std::io::Result<Vec<(OsString, bool)>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        names.push((entry.file_name(), entry.file_type()?.is_dir()));
    }
    names.sort_unstable();
    Ok(names)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the face reads the files that are linted"
)]
fn read_file(path: &Path) -> Result<Arc<[u8]>, String> {
    let found = std::fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    if !found.is_file() {
        return Err("it is neither a file, a folder nor a link".to_owned());
    }
    if found.len() > MAX_FILE_BYTES as u64 {
        return Err(format!("it has more than {MAX_FILE_BYTES} bytes"));
    }
    std::fs::read(path)
        .map(Arc::from)
        .map_err(|error| error.to_string())
}

/// The repository around a folder.
pub fn repository(folder: &Path) -> Result<Option<Repository>, Failure> {
    Repository::around(folder)
        .map_err(|error| Failure::new("failed to open the repository").because(error))
}

/// A path from the root of the machine on, with links followed.
pub fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(format!("failed to find {}", path.display())).because(error)
    };
    let whole = std::path::absolute(path).map_err(failed)?;
    // The last part may be a link that is to be looked at itself.
    let (Some(folder), Some(name)) = (whole.parent(), whole.file_name()) else {
        return Ok(whole);
    };
    if whole.is_dir() {
        return whole.canonicalize().map_err(failed);
    }
    Ok(folder.canonicalize().map_err(failed)?.join(name))
}
