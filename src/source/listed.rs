//! Files whose folders can be listed, wherever they are kept.

use super::{Folder, GitTree};
use crate::object::tree::Files;

/// Files whose folders can be listed.
pub trait Listed: Files {
    /// The names in a folder, sorted, each with whether it is a folder.
    ///
    /// # Errors
    /// Why the folder is not read.
    fn list(&self, path: &str) -> Result<Vec<(String, bool)>, String>;

    /// What stands at a path, told without reading it: equal prints are equal entries. Nothing where that cannot
    /// be told.
    fn print(&self, path: &str) -> Option<String> {
        let _ = path;
        None
    }
}

impl Listed for GitTree {
    fn list(&self, path: &str) -> Result<Vec<(String, bool)>, String> {
        self.folder(path)
    }

    fn print(&self, path: &str) -> Option<String> {
        Some(Self::print(self, path))
    }
}

impl Listed for Folder {
    fn list(&self, path: &str) -> Result<Vec<(String, bool)>, String> {
        let failed = |error: std::io::Error| format!("{path}: {error}");
        let mut names = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if names.len() >= super::MAX_FOLDER_ENTRIES {
                return Err(format!(
                    "folder {path} has more than {} entries",
                    super::MAX_FOLDER_ENTRIES
                ));
            }
            let kind = entry.file_type().map_err(failed)?;
            if let Ok(name) = entry.file_name().into_string() {
                names.push((name, kind.is_dir()));
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}
