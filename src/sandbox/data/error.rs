//! Why a data folder cannot be used.

use std::{io, path::PathBuf};

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// Another server runs on it.
    #[error("{} is used by another sandbox", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("failed to use {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the machine said.
        source: io::Error,
    },
    /// A file is damaged where no interrupted write can have damaged it.
    #[error("{} is damaged at line {line}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

impl DataError {
    pub(super) fn io(path: &std::path::Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}
