//! The sealed files of a tree.

use std::{
    fs,
    path::{Path, PathBuf},
};

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::{
    Failure,
    whole_file::{MAX_MANIFEST_BYTES, read},
};

/// Endings of the files that are looked into.
const ENDINGS: &[&str] = &["yaml", "yml", "json"];
/// What a file with a SealedSecret has in it.
const MARK: &[u8] = b"SealedSecret";
/// The deepest folder that is gone into.
const MAX_DEPTH: usize = 64;

/// The files that are named, and those below the folders that are named which speak of a SealedSecret, sorted. Links
/// and hidden folders are not followed.
///
/// # Errors
/// A path is not there or cannot be read.
pub(super) fn sealed_files(paths: &[PathBuf], exclude: &[String]) -> Result<Vec<PathBuf>, Failure> {
    let exclude = globs(exclude)?;
    let mut found = Vec::new();
    for path in paths {
        let kind = fs::metadata(path).map_err(|error| unreadable(path, error))?;
        if kind.is_dir() {
            below(path, path, &exclude, 0, &mut found)?;
        } else {
            found.push(path.clone());
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn globs(patterns: &[String]) -> Result<GlobSet, Failure> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = Glob::new(pattern)
            .map_err(|error| Failure::new(format!("--exclude {pattern}")).because(error))?;
        set.add(glob);
    }
    set.build()
        .map_err(|error| Failure::new("--exclude cannot be used").because(error))
}

fn unreadable(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(format!("failed to read {}", path.display())).because(error)
}

fn below(
    root: &Path,
    folder: &Path,
    exclude: &GlobSet,
    depth: usize,
    found: &mut Vec<PathBuf>,
) -> Result<(), Failure> {
    if depth > MAX_DEPTH {
        return Err(Failure::new(format!(
            "{} lies deeper than {MAX_DEPTH} folders",
            folder.display()
        )));
    }
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let entry = entry.map_err(|error| unreadable(folder, error))?;
        let (path, name) = (entry.path(), entry.file_name());
        let kind = entry
            .file_type()
            .map_err(|error| unreadable(&path, error))?;
        let relative = path.strip_prefix(root).unwrap_or(&path);
        if exclude.is_match(relative) {
            continue;
        }
        if kind.is_dir() && !name.to_string_lossy().starts_with('.') {
            below(root, &path, exclude, depth + 1, found)?;
        } else if kind.is_file() && has_ending(&path) {
            let bytes = read(&path, MAX_MANIFEST_BYTES)?;
            if bytes.expose().windows(MARK.len()).any(|part| part == MARK) {
                found.push(path);
            }
        }
    }
    Ok(())
}

fn has_ending(path: &Path) -> bool {
    path.extension()
        .and_then(|end| end.to_str())
        .is_some_and(|end| ENDINGS.contains(&end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test has a folder of its own")]
    fn only_files_that_speak_of_sealed_secrets_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for name in [
            "b/one.yaml",
            "a.json",
            "b/c/two.yml",
            ".git/x.yaml",
            "b/vendor/x.yaml",
            "x.txt",
        ] {
            put(name, "kind: SealedSecret\n");
        }
        put("b/other.yaml", "kind: Secret\n");
        std::os::unix::fs::symlink(folder.path(), folder.path().join("b/loop")).unwrap();
        let exclude = ["**/vendor/**".to_owned()];
        let found = sealed_files(&[folder.path().to_owned()], &exclude).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|path| {
                path.strip_prefix(folder.path())
                    .unwrap()
                    .display()
                    .to_string()
            })
            .collect();
        assert_eq!(names, ["a.json", "b/c/two.yml", "b/one.yaml"]);
        let missing = sealed_files(&[folder.path().join("none")], &[]).unwrap_err();
        assert!(missing.to_string().contains("failed to read"), "{missing}");
    }
}
