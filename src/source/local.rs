//! A folder of this machine as it stands in a commit of the repository around it, whatever its work tree holds.

use std::path::{Path, PathBuf};

use super::{
    error::{SourceError, chain},
    git_tree::GitTree,
};

/// The files of a commit, and where a folder lies among them.
pub struct At {
    /// The files of the commit.
    pub tree: GitTree,
    /// The folder, from the root of the repository on.
    pub folder: String,
    /// Full id of the commit.
    pub commit: String,
}

/// Reads the repository around a folder at a revision: anything that `git rev-parse` takes.
///
/// # Errors
/// [`SourceError`]: no repository around the folder, a revision that nobody knows, a commit that cannot be read.
pub fn at(folder: &Path, revision: &str) -> Result<At, SourceError> {
    let shown = folder.display().to_string();
    let lost = |cause: String| SourceError::Store {
        url: shown.clone(),
        cause,
    };
    let absolute = std::path::absolute(folder).map_err(|error| lost(error.to_string()))?;
    let (start, rest) = existing(&absolute).map_err(|error| lost(error.to_string()))?;
    let isolated = gix::open::Options::isolated;
    let found = gix::ThreadSafeRepository::discover_opts(
        &start,
        gix::discover::upwards::Options::default(),
        gix::sec::trust::Mapping {
            full: isolated(),
            reduced: isolated(),
        },
    )
    .map_err(|error| lost(chain(&error)))?;
    let repo = found.to_thread_local();
    let top = repo.workdir().unwrap_or_else(|| repo.git_dir());
    let top = canonical(top).map_err(|error| lost(error.to_string()))?;
    let inside = start
        .strip_prefix(&top)
        .map_err(|_| lost("it is not in the work tree of the repository".to_owned()))?
        .join(rest);
    let inside = inside
        .to_str()
        .ok_or_else(|| lost("its path is not Unicode".to_owned()))?;
    let unknown = SourceError::Revision {
        url: shown.clone(),
        revision: revision.to_owned(),
    };
    let commit = repo
        .rev_parse_single(revision)
        .ok()
        .and_then(|id| id.object().ok()?.peel_to_commit().ok())
        .ok_or(unknown)?;
    let broken = |cause: String| SourceError::Commit {
        url: shown.clone(),
        commit: commit.id.to_string(),
        cause,
    };
    let tree = commit.tree_id().map_err(|error| broken(chain(&error)))?;
    Ok(At {
        folder: format!("/{inside}"),
        commit: commit.id.to_string(),
        tree: GitTree::new(found.clone(), tree.detach()),
    })
}

/// The part of a path that exists, with links followed, and the rest: a commit may have folders that are gone.
fn existing(path: &Path) -> std::io::Result<(PathBuf, PathBuf)> {
    let mut rest = PathBuf::new();
    for above in path.ancestors() {
        if above.is_dir() {
            return Ok((canonical(above)?, rest));
        }
        if let Some(name) = above.file_name() {
            rest = Path::new(name).join(rest);
        }
    }
    Ok((path.to_path_buf(), PathBuf::new()))
}

fn canonical(path: &Path) -> std::io::Result<PathBuf> {
    std::fs::canonicalize(path)
}
