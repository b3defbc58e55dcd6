//! Folders and files of this machine, read when asked for, within limits.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use crate::object::tree::{Entry, Files, Kind};

/// The largest file that is read.
pub const MAX_FILE_BYTES: u64 = 64 << 20;
/// The most bytes that one job reads.
pub const MAX_READ_BYTES: u64 = 512 << 20;

/// The files of this machine. What was read once stays as it was, so that one job sees one state.
#[derive(Debug, Default)]
pub struct Folder(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    entries: BTreeMap<String, Entry>,
    bytes: u64,
}

impl Folder {
    /// The files of this machine, nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A path from the root on.
    ///
    /// # Errors
    /// The current folder is gone, or its name is not Unicode.
    pub fn absolute(path: &Path) -> io::Result<String> {
        let path: PathBuf = std::path::absolute(path)?;
        path.into_os_string().into_string().map_err(|path| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("the path {} is not Unicode", path.display()),
            )
        })
    }
}

impl Files for Folder {
    fn kind(&self, path: &str) -> Kind {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = seen.entries.get(path).cloned();
        drop(seen);
        match known {
            Some(entry) => entry.into(),
            None => glance(Path::new(path)).unwrap_or_else(|| self.entry(path).into()),
        }
    }

    fn entry(&self, path: &str) -> Entry {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = seen.entries.get(path) {
            return entry.clone();
        }
        let entry = look(Path::new(path), MAX_READ_BYTES - seen.bytes);
        if let Entry::File(bytes) = &entry {
            seen.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        }
        seen.entries.insert(path.to_owned(), entry.clone());
        entry
    }
}

/// What kind of thing stands at a path; files stay closed.
fn glance(path: &Path) -> Option<Kind> {
    let kind = fs::symlink_metadata(path).ok()?.file_type();
    if kind.is_dir() {
        Some(Kind::Folder)
    } else if kind.is_file() {
        Some(Kind::File)
    } else {
        None
    }
}

/// What stands at a path; only regular files are opened.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the door to the files of the machine"
)]
fn look(path: &Path, left: u64) -> Entry {
    let Ok(found) = fs::symlink_metadata(path) else {
        return Entry::Missing;
    };
    let kind = found.file_type();
    if kind.is_dir() {
        return Entry::Folder;
    }
    if kind.is_symlink() {
        return match fs::read_link(path).map(|target| target.into_os_string().into_string()) {
            Ok(Ok(target)) => Entry::Link(target),
            _ => Entry::Refused("the link's target is not Unicode".to_owned()),
        };
    }
    if !kind.is_file() {
        return Entry::Refused("it is neither a file, a folder nor a link".to_owned());
    }
    if found.len() > MAX_FILE_BYTES.min(left) {
        return Entry::Refused(format!("it is too large ({} bytes)", found.len()));
    }
    match fs::read(path) {
        Ok(bytes) => Entry::File(bytes.into()),
        Err(error) => Entry::Refused(error.to_string()),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test may use the machine")]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_and_anything_odd_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        fs::write(at("a.yaml"), "x").unwrap();
        std::os::unix::fs::symlink("a.yaml", at("l")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("s")).unwrap();
        let large = fs::File::create(at("large")).unwrap();
        large.set_len(MAX_FILE_BYTES + 1).unwrap();
        let files = Folder::new();
        assert_eq!(files.entry(&at("a.yaml")), Entry::File((*b"x").into()));
        assert_eq!(files.entry(&at("l")), Entry::Link("a.yaml".to_owned()));
        assert_eq!(files.entry(&at("no")), Entry::Missing);
        assert!(matches!(files.entry(&at("s")), Entry::Refused(_)));
        assert!(matches!(files.entry(&at("large")), Entry::Refused(_)));
        fs::write(at("a.yaml"), "y").unwrap();
        assert_eq!(files.entry(&at("a.yaml")), Entry::File((*b"x").into()));
    }
}
