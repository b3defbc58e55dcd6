//! Finding folders and files, and holding a kustomization to its own root.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    build::{LoadRestrictions, Options},
    cache::Cache,
    error::BuildError,
    limits::Taken,
    remote::{self, Remote},
    schema::Schema,
};
use crate::object::tree::{Entry, Files, Kind};

/// The names that a kustomization file may have.
const FILE_NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// The most links followed on the way to one file.
pub(super) const MAX_LINKS: usize = 255;
/// The deepest nesting of kustomizations.
pub(super) const MAX_NESTING: usize = 64;

/// What one build shares: the files, the options, and what is to be told afterwards.
pub(super) struct Context<'a> {
    pub(super) files: &'a dyn Files,
    /// What builds before this one have parsed.
    pub(super) cache: &'a Cache,
    pub(super) options: &'a Options,
    pub(super) notes: Vec<String>,
    pub(super) read: BTreeSet<String>,
    pub(super) taken: Taken,
    pub(super) downloads: BTreeMap<String, Arc<[u8]>>,
    pub(super) schema: Schema,
}

/// One folder with a kustomization, and those that led to it.
#[derive(Clone, Debug)]
pub(super) struct Loader {
    root: String,
    ancestors: Vec<String>,
    /// The repository on another machine that it lies in, and those that led there.
    clones: Vec<Clone>,
}

/// A repository on another machine.
#[derive(Clone, Debug)]
struct Clone {
    /// As it was named.
    named: String,
    /// The folder that stands for it.
    folder: String,
}

/// Joins and cleans a path without asking the files, as Go's `filepath.Join` does.
pub(super) fn join(root: &str, path: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    let whole = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{root}/{path}")
    };
    for word in whole.split('/') {
        match word {
            "" | "." => {}
            ".." => {
                words.pop();
            }
            word => words.push(word),
        }
    }
    format!("/{}", words.join("/"))
}

/// Whether a path is a folder or lies below it.
fn is_within(path: &str, folder: &str) -> bool {
    folder == "/"
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Context<'_> {
    /// Follows all links of a path.
    fn resolve(&self, path: &str) -> Result<(String, Kind), BuildError> {
        let failed = |what: String| {
            Err(BuildError::new(format!(
                "evalsymlink failure on '{path}' : {what}"
            )))
        };
        let mut waiting: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut done = String::new();
        let mut entry = Kind::Folder;
        let mut links = 0;
        while let Some(word) = waiting.pop() {
            match word.as_str() {
                "" | "." => continue,
                ".." => {
                    let end = done.rfind('/').unwrap_or_default();
                    done.truncate(end);
                    entry = Kind::Folder;
                    continue;
                }
                _ => {}
            }
            if !matches!(entry, Kind::Folder) {
                return failed("not a directory".to_owned());
            }
            let next = format!("{done}/{word}");
            match self.files.kind(&next) {
                Kind::Missing => {
                    return failed(format!("lstat {next}: no such file or directory"));
                }
                Kind::Link(target) => {
                    links += 1;
                    if links > MAX_LINKS {
                        return failed("EvalSymlinks: too many links".to_owned());
                    }
                    if target.starts_with('/') {
                        done = String::new();
                    }
                    waiting.extend(target.split('/').rev().map(str::to_owned));
                    entry = Kind::Folder;
                }
                found => {
                    done = next;
                    entry = found;
                }
            }
        }
        if done.is_empty() {
            done.push('/');
        }
        Ok((done, entry))
    }

    /// The folder behind a path.
    fn folder(&self, path: &str) -> Result<String, BuildError> {
        let (resolved, entry) = self
            .resolve(path)
            .map_err(|error| error.under("not a valid directory"))?;
        match entry {
            Kind::Folder => Ok(resolved),
            _ => Err(BuildError::new(format!("'{path}': file is not directory"))),
        }
    }
}

impl Loader {
    /// The loader of the folder that is to be built.
    pub(super) fn start(context: &Context<'_>, path: &str) -> Result<Self, BuildError> {
        let root = context
            .folder(&join("/", path))
            .map_err(|error| error.under("must build at directory"))?;
        Ok(Self {
            root,
            ancestors: Vec::new(),
            clones: Vec::new(),
        })
    }

    /// The folder, with all links followed.
    pub(super) fn root(&self) -> &str {
        &self.root
    }

    /// The loader of another folder, which a kustomization here names.
    pub(super) fn child(&self, context: &mut Context<'_>, path: &str) -> Result<Self, BuildError> {
        if path.is_empty() {
            return Err(BuildError::new("new root cannot be empty"));
        }
        if let Some(remote) = remote::read(path) {
            return self.clone_of(context, path, &remote);
        }
        if path.starts_with('/') {
            return Err(BuildError::new(format!(
                "new root '{path}' cannot be absolute"
            )));
        }
        let root = context
            .folder(&join(&self.root, path))
            .map_err(|error| error.under("must build at directory"))?;
        if let Some(own) = self.clones.last()
            && !is_within(&root, &own.folder)
        {
            return Err(BuildError::new(format!(
                "security; bases in kustomizations found in cloned git repos must be within the repo, but base '{root}' is outside '{}'",
                own.folder
            )));
        }
        self.below(root, self.clones.clone())
    }

    /// The loader of a folder in a repository on another machine.
    fn clone_of(
        &self,
        context: &mut Context<'_>,
        named: &str,
        remote: &Remote,
    ) -> Result<Self, BuildError> {
        for visited in self.clones.iter().rev() {
            if visited.named.starts_with(named) {
                return Err(BuildError::new(format!(
                    "cycle detected: URI '{named}' referenced by previous URI '{}'",
                    visited.named
                )));
            }
        }
        if remote.is_forced {
            context.notes.push(remote::FORCED_NOTE.to_owned());
        }
        let folder = context
            .files
            .repository(&remote.url, &remote.revision, remote.timeout)
            .map_err(BuildError::new)?;
        let inside = join(&folder, &remote.folder);
        let (root, kind) = context.resolve(&inside)?;
        if !matches!(kind, Kind::Folder) {
            return Err(BuildError::new(format!(
                "'{inside}' refers to file '{root}'; expecting directory"
            )));
        }
        if !is_within(&root, &folder) {
            return Err(BuildError::new(format!(
                "{inside:?} refers to directory outside of repo {folder:?}"
            )));
        }
        let mut clones = self.clones.clone();
        clones.push(Clone {
            named: named.to_owned(),
            folder,
        });
        self.below(root, clones)
    }

    /// The loader of a folder that may not have led here.
    fn below(&self, root: String, clones: Vec<Clone>) -> Result<Self, BuildError> {
        let mut ancestors = self.ancestors.clone();
        ancestors.push(self.root.clone());
        for visited in ancestors.iter().rev() {
            if is_within(visited, &root) {
                return Err(BuildError::new(format!(
                    "cycle detected: candidate root '{root}' contains visited root '{visited}'"
                )));
            }
        }
        if ancestors.len() > MAX_NESTING {
            return Err(BuildError::new(format!(
                "kustomizations are nested more than {MAX_NESTING} deep"
            )));
        }
        Ok(Self {
            root,
            ancestors,
            clones,
        })
    }

    /// The bytes of a file that a kustomization here names.
    pub(super) fn load(
        &self,
        context: &mut Context<'_>,
        path: &str,
    ) -> Result<Arc<[u8]>, BuildError> {
        self.find(context, path).map(|(_, bytes)| bytes)
    }

    /// The same, with the path that it has without links.
    pub(super) fn find(
        &self,
        context: &mut Context<'_>,
        path: &str,
    ) -> Result<(String, Arc<[u8]>), BuildError> {
        if remote::is_file(path) {
            return download(context, path);
        }
        let joined = join(&self.root, path);
        // What came from another machine may never name files of this one.
        let restricted = context.options.load_restrictions == LoadRestrictions::RootOnly
            || !self.clones.is_empty();
        let (resolved, kind) = match context.resolve(&joined) {
            Ok(found) => found,
            Err(error) if restricted => return Err(error),
            Err(_) => {
                return Err(BuildError::new(format!(
                    "open {joined}: no such file or directory"
                )));
            }
        };
        let refused = |reason: &str| Err(BuildError::new(format!("'{joined}': {reason}")));
        match kind {
            Kind::File => {}
            Kind::Refused(reason) => return refused(&reason),
            _ if restricted => {
                return Err(BuildError::new(format!(
                    "'{joined}' must resolve to a file"
                )));
            }
            _ => return Err(BuildError::new(format!("read {joined}: is a directory"))),
        }
        // Nothing is read before it is known to be inside.
        let folder = resolved.rfind('/').and_then(|end| resolved.get(..end));
        let folder = folder.filter(|folder| !folder.is_empty()).unwrap_or("/");
        if restricted && !is_within(folder, &self.root) {
            return Err(BuildError::new(format!(
                "security; file '{joined}' is not in or below '{}'",
                self.root
            )));
        }
        match context.files.entry(&resolved) {
            Entry::File(bytes) => {
                context.read.insert(resolved.clone());
                Ok((resolved, bytes))
            }
            Entry::Refused(reason) => refused(&reason),
            _ => refused("it is gone"),
        }
    }

    /// The kustomization file of this folder, and its name.
    pub(super) fn kustomization(
        &self,
        context: &mut Context<'_>,
    ) -> Result<(String, Arc<[u8]>, &'static str), BuildError> {
        let mut found = None;
        for name in FILE_NAMES {
            let Ok((path, bytes)) = self.find(context, name) else {
                continue;
            };
            if found.is_some() {
                return Err(BuildError::new(format!(
                    "Found multiple kustomization files under: {}\n",
                    self.root
                )));
            }
            found = Some((path, bytes, *name));
        }
        found.ok_or_else(|| {
            BuildError::new(format!(
                "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '{}'",
                self.root
            ))
        })
    }
}

/// A file on another machine.
fn download(context: &mut Context<'_>, url: &str) -> Result<(String, Arc<[u8]>), BuildError> {
    const GOOD: std::ops::RangeInclusive<u16> = 200..=299;
    if let Some(bytes) = context.downloads.get(url) {
        return Ok((url.to_owned(), bytes.clone()));
    }
    let (status, bytes) = context.files.download(url).map_err(BuildError::new)?;
    if GOOD.contains(&status) {
        context.downloads.insert(url.to_owned(), bytes.clone());
        return Ok((url.to_owned(), bytes));
    }
    if remote::read(url).is_some() {
        return Err(BuildError::new("URL is a git repository"));
    }
    let reason = http::StatusCode::from_u16(status).ok();
    let reason = reason.and_then(|status| status.canonical_reason());
    Err(BuildError::new(format!(
        "HTTP Error: status code {status} ({})",
        reason.unwrap_or_default()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_and_compared_by_words() {
        assert_eq!(join("/a/b", "../c/./d"), "/a/c/d");
        assert_eq!(join("/a", "/x"), "/x");
        assert_eq!(join("/", "../.."), "/");
        assert!(is_within("/a/b", "/a"));
        assert!(!is_within("/ab", "/a"));
    }

    #[test]
    fn links_and_nesting_end_somewhere() {
        use super::super::build::build;
        use crate::object::tree::Tree;

        let mut tree = Tree::new();
        tree.link("/a/kustomization.yaml", "other.yaml");
        tree.link("/a/other.yaml", "kustomization.yaml");
        let error = build(&tree, "/a", &Options::default()).unwrap_err();
        assert!(error.to_string().starts_with("unable to find one of"));

        let mut tree = Tree::new();
        for level in 0..=MAX_NESTING + 1 {
            let text = format!("resources: [../l{}]\n", level + 1);
            tree.insert(&format!("/l{level}/kustomization.yaml"), text.into_bytes());
        }
        let error = build(&tree, "/l0", &Options::default()).unwrap_err();
        assert!(error.to_string().contains("nested more than 64 deep"));
    }
}
