//! Finding folders and files, and holding a kustomization to its own root.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    build::{LoadRestrictions, Options},
    error::BuildError,
    schema::Schema,
};
use crate::object::tree::{Entry, Files};

/// The names that a kustomization file may have.
const FILE_NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// The most links followed on the way to one file.
pub(super) const MAX_LINKS: usize = 255;
/// The deepest nesting of kustomizations.
pub(super) const MAX_NESTING: usize = 64;

/// What one build shares: the files, the options, and what is to be told afterwards.
pub(super) struct Context<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) options: &'a Options,
    pub(super) notes: Vec<String>,
    pub(super) read: BTreeSet<String>,
    pub(super) schema: Schema,
    pub(super) has_own_schema: bool,
}

/// One folder with a kustomization, and those that led to it.
#[derive(Clone, Debug)]
pub(super) struct Loader {
    root: String,
    ancestors: Vec<String>,
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
    fn resolve(&self, path: &str) -> Result<(String, Entry), BuildError> {
        let failed = |what: String| {
            Err(BuildError::new(format!(
                "evalsymlink failure on '{path}' : {what}"
            )))
        };
        let mut waiting: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut done = String::new();
        let mut entry = Entry::Folder;
        let mut links = 0;
        while let Some(word) = waiting.pop() {
            match word.as_str() {
                "" | "." => continue,
                ".." => {
                    let end = done.rfind('/').unwrap_or_default();
                    done.truncate(end);
                    entry = Entry::Folder;
                    continue;
                }
                _ => {}
            }
            if !matches!(entry, Entry::Folder) {
                return failed("not a directory".to_owned());
            }
            let next = format!("{done}/{word}");
            match self.files.entry(&next) {
                Entry::Missing => {
                    return failed(format!("lstat {next}: no such file or directory"));
                }
                Entry::Link(target) => {
                    links += 1;
                    if links > MAX_LINKS {
                        return failed("EvalSymlinks: too many links".to_owned());
                    }
                    if target.starts_with('/') {
                        done = String::new();
                    }
                    waiting.extend(target.split('/').rev().map(str::to_owned));
                    entry = Entry::Folder;
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
            Entry::Folder => Ok(resolved),
            _ => Err(BuildError::new(format!("'{path}': file is not directory"))),
        }
    }
}

impl Loader {
    /// The loader of the folder that is to be built.
    pub(super) fn start(context: &Context<'_>, path: &str) -> Result<Self, BuildError> {
        refuse_remote(path)?;
        let root = context
            .folder(&join("/", path))
            .map_err(|error| error.under("must build at directory"))?;
        Ok(Self {
            root,
            ancestors: Vec::new(),
        })
    }

    /// The folder, with all links followed.
    pub(super) fn root(&self) -> &str {
        &self.root
    }

    /// The loader of another folder, which a kustomization here names.
    pub(super) fn child(&self, context: &Context<'_>, path: &str) -> Result<Self, BuildError> {
        if path.is_empty() {
            return Err(BuildError::new("new root cannot be empty"));
        }
        refuse_remote(path)?;
        if path.starts_with('/') {
            return Err(BuildError::new(format!(
                "new root '{path}' cannot be absolute"
            )));
        }
        let root = context
            .folder(&join(&self.root, path))
            .map_err(|error| error.under("must build at directory"))?;
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
        Ok(Self { root, ancestors })
    }

    /// The bytes of a file that a kustomization here names.
    pub(super) fn load(
        &self,
        context: &mut Context<'_>,
        path: &str,
    ) -> Result<Arc<[u8]>, BuildError> {
        if path.starts_with("http://") || path.starts_with("https://") {
            return Err(remote(path));
        }
        let joined = join(&self.root, path);
        let restricted = context.options.load_restrictions == LoadRestrictions::RootOnly;
        let (resolved, entry) = match context.resolve(&joined) {
            Ok(found) => found,
            Err(error) if restricted => return Err(error),
            Err(_) => {
                return Err(BuildError::new(format!(
                    "open {joined}: no such file or directory"
                )));
            }
        };
        match entry {
            Entry::File(bytes) => {
                let folder = resolved.rfind('/').and_then(|end| resolved.get(..end));
                let folder = folder.filter(|folder| !folder.is_empty()).unwrap_or("/");
                if restricted && !is_within(folder, &self.root) {
                    return Err(BuildError::new(format!(
                        "security; file '{joined}' is not in or below '{}'",
                        self.root
                    )));
                }
                context.read.insert(resolved);
                Ok(bytes)
            }
            Entry::Refused(reason) => Err(BuildError::new(format!("'{joined}': {reason}"))),
            _ if restricted => Err(BuildError::new(format!(
                "'{joined}' must resolve to a file"
            ))),
            _ => Err(BuildError::new(format!("read {joined}: is a directory"))),
        }
    }

    /// The kustomization file of this folder, and its name.
    pub(super) fn kustomization(
        &self,
        context: &mut Context<'_>,
    ) -> Result<(Arc<[u8]>, &'static str), BuildError> {
        let mut found = None;
        for name in FILE_NAMES {
            let Ok(bytes) = self.load(context, name) else {
                continue;
            };
            if found.is_some() {
                return Err(BuildError::new(format!(
                    "Found multiple kustomization files under: {}\n",
                    self.root
                )));
            }
            found = Some((bytes, *name));
        }
        found.ok_or_else(|| {
            BuildError::new(format!(
                "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '{}'",
                self.root
            ))
        })
    }
}

/// Whether a path names something on another machine, as kustomize reads it.
fn is_remote(path: &str) -> bool {
    let path = path.strip_prefix("git::").unwrap_or(path);
    let lower = path.to_lowercase();
    [
        "https://",
        "http://",
        "ssh://",
        "file://",
        "github.com/",
        "github.com:",
        "git@",
    ]
    .iter()
    .any(|start| lower.starts_with(start))
}

fn remote(path: &str) -> BuildError {
    BuildError::new(format!("'{path}' is remote, and remote sources are off"))
}

fn refuse_remote(path: &str) -> Result<(), BuildError> {
    if is_remote(path) {
        Err(remote(path))
    } else {
        Ok(())
    }
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
