//! Files that are read within a limit, and written whole or not at all.

use std::{
    fs,
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::Failure;
use crate::secret::Hidden;

/// The most bytes of a manifest, with all its documents.
pub(super) const MAX_MANIFEST_BYTES: u64 = 64 << 20;
/// The most bytes of a certificate, of keys, or of a configuration.
pub(super) const MAX_KEY_BYTES: u64 = 4 << 20;
/// The most bytes of a value that is sealed.
pub(super) const MAX_VALUE_BYTES: u64 = 64 << 20;

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// Whoever the user's mask lets.
    All,
    /// The user only.
    Owner,
}

/// Reads a file within a limit.
///
/// # Errors
/// It cannot be read, or is too large.
#[expect(
    clippy::disallowed_methods,
    reason = "a face reads the files it is given"
)]
pub(super) fn read(path: &Path, most: u64) -> Result<Hidden<Vec<u8>>, Failure> {
    let failed = || format!("failed to read {}", path.display());
    let file = fs::File::open(path).map_err(|error| Failure::new(failed()).because(error))?;
    within(file, most, &path.display().to_string())
}

/// Reads a stream within a limit; `name` is what it is called in errors.
///
/// # Errors
/// It cannot be read, or is too large.
pub(super) fn within(from: impl Read, most: u64, name: &str) -> Result<Hidden<Vec<u8>>, Failure> {
    let mut bytes = Hidden::new(Vec::new());
    from.take(most + 1)
        .read_to_end(bytes.expose_mut())
        .map_err(|error| Failure::new(format!("failed to read {name}")).because(error))?;
    if bytes.expose().len() as u64 > most {
        return Err(Failure::new(format!("{name} has more than {most} bytes")));
    }
    Ok(bytes)
}

/// Reads a text file within a limit.
///
/// # Errors
/// As [`read`], or it is not UTF-8.
pub(super) fn read_text(path: &Path, most: u64) -> Result<String, Failure> {
    let bytes = read(path, most)?;
    String::from_utf8(bytes.expose().clone())
        .map_err(|_| Failure::new(format!("{} is not UTF-8", path.display())))
}

/// Puts a file in its place at once. A file that is there keeps its mode, and a link goes on to lead to it.
///
/// # Errors
/// It cannot be written; what was there before is then as it was.
pub(super) fn put(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(format!("failed to write {}", path.display())).because(error)
    };
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .map_or_else(|| PathBuf::from("."), Path::to_owned);
    let mode = match fs::metadata(&target) {
        Ok(there) => Some(there.permissions().mode() & 0o7777),
        Err(_) => None,
    };
    let first = match (readers, mode) {
        (Readers::All, None) => 0o666,
        _ => 0o600,
    };
    let mut file = tempfile::Builder::new()
        .prefix(".waxwing-")
        .permissions(fs::Permissions::from_mode(first))
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    if let (Readers::All, Some(mode)) = (readers, mode) {
        file.as_file()
            .set_permissions(fs::Permissions::from_mode(mode))
            .map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&target).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Whether Git would take a file that is put at a path into a commit: it lies in a work tree, and nothing ignores it.
/// Without `git` nobody commits by it, so the answer is no.
pub(super) fn goes_to_git(path: &Path) -> bool {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let Some(name) = path.file_name() else {
        return false;
    };
    let git = |words: &[&str]| {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(folder)
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    };
    let is_work_tree = git(&["rev-parse", "--is-inside-work-tree"])
        .status()
        .is_ok_and(|status| status.success());
    is_work_tree
        && git(&["check-ignore", "--quiet", "--"])
            .arg(name)
            .status()
            .is_ok_and(|status| status.code() == Some(1))
}
