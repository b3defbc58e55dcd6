//! Opening a data folder: lock, read back, cut off what was not finished.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    sync::Mutex,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{DataError, Journal, line};
use crate::sandbox::{
    identity::{Identity, write_private},
    store::Store,
};

/// Who the server on a folder is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptIdentity {
    /// Certificates and token.
    pub identity: Identity,
    /// The port that it was served on.
    pub port: u16,
}

/// An opened folder, locked for this process until it is dropped.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    read: Mutex<Option<Read>>,
    torn_bytes: u64,
    _lock: File,
}

#[derive(Debug)]
struct Read {
    store: Store,
    log: File,
    length: u64,
}

impl DataFolder {
    /// Opens a folder, or makes it; reads back what was acknowledged.
    ///
    /// # Errors
    /// Another server runs on it, a file cannot be used, or one is damaged.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let io_error = |file: &Path| {
            let file = file.to_owned();
            move |source| DataError::io(&file, source)
        };
        fs::create_dir_all(path).map_err(io_error(path))?;
        let lock_path = path.join("lock");
        let lock = private().open(&lock_path).map_err(io_error(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(DataError::Locked {
                    path: path.to_owned(),
                });
            }
            Err(fs::TryLockError::Error(source)) => return Err(DataError::io(&lock_path, source)),
        }
        let mut store = Store::default();
        let taken = read_snapshot(&path.join("snapshot"), &mut store)?;
        let log_path = path.join("log");
        let log = private().open(&log_path).map_err(io_error(&log_path))?;
        let (length, torn_bytes) = read_log(&log_path, &log, &mut store, taken)?;
        if torn_bytes > 0 {
            log.set_len(length).map_err(io_error(&log_path))?;
            log.sync_all().map_err(io_error(&log_path))?;
        }
        Ok(Self {
            path: path.to_owned(),
            read: Mutex::new(Some(Read { store, log, length })),
            torn_bytes,
            _lock: lock,
        })
    }

    /// Bytes of a write that was never acknowledged and was cut off.
    pub fn torn_bytes(&self) -> u64 {
        self.torn_bytes
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Who the server was that ran on the folder, if it was ever served.
    pub fn identity(&self) -> Option<KeptIdentity> {
        let file = OpenOptions::new()
            .read(true)
            .open(self.path.join("identity"))
            .ok()?;
        serde_json::from_reader(BufReader::new(file)).ok()
    }

    /// Keeps who the server is.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep_identity(&self, kept: &KeptIdentity) -> Result<(), DataError> {
        let path = self.path.join("identity");
        serde_json::to_string(kept)
            .map_err(io::Error::other)
            .and_then(|text| write_private(&path, &text))
            .map_err(|source| DataError::io(&path, source))
    }

    /// The objects that were read, and the way to write on; a second call begins empty and without a way.
    pub(in crate::sandbox) fn start(&self) -> (Store, Option<Journal>) {
        let read = self
            .read
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        match read {
            Some(Read { store, log, length }) => {
                let journal = Journal::start(&self.path, std::sync::Arc::new(log), length);
                (store, Some(journal))
            }
            None => (Store::default(), None),
        }
    }
}

/// Files that only their owner reads: they hold Secrets.
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600);
    options
}

/// Reads a snapshot, which is whole or not there; gives its version.
fn read_snapshot(path: &Path, store: &mut Store) -> Result<u64, DataError> {
    let file = match OpenOptions::new().read(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(source) => return Err(DataError::io(path, source)),
    };
    let damaged = |line: usize| DataError::Damaged {
        path: path.to_owned(),
        line,
    };
    let mut lines = BufReader::new(file).split(b'\n');
    let mut next = |number: usize| -> Result<Option<Vec<u8>>, DataError> {
        match lines.next().transpose() {
            Ok(None) => Ok(None),
            Ok(Some(line)) => line::opened(&line)
                .map(|text| Some(text.to_vec()))
                .ok_or_else(|| damaged(number)),
            Err(source) => Err(DataError::io(path, source)),
        }
    };
    let head = next(1)?.ok_or_else(|| damaged(1))?;
    let head: Value = serde_json::from_slice(&head).map_err(|_| damaged(1))?;
    let number = |field: &str| head.get(field).and_then(Value::as_u64);
    let version = number("version").ok_or_else(|| damaged(1))?;
    let count = number("objects").and_then(|count| usize::try_from(count).ok());
    let count = count.ok_or_else(|| damaged(1))?;
    for line in 2..count.saturating_add(2) {
        let text = next(line)?.ok_or_else(|| damaged(line))?;
        replay(&text, store, 0).ok_or_else(|| damaged(line))?;
    }
    store.advance_to(version);
    Ok(version)
}

/// Reads a log up to the end or to the first line that was not finished; gives the good and the torn length.
fn read_log(
    path: &Path,
    log: &File,
    store: &mut Store,
    taken: u64,
) -> Result<(u64, u64), DataError> {
    let io_error = |source| DataError::io(path, source);
    let total = log.metadata().map_err(io_error)?.len();
    let mut reader = BufReader::new(log);
    let mut good = 0;
    let mut number = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).map_err(io_error)?;
        if read == 0 {
            return Ok((good, 0));
        }
        number += 1;
        let is_last = good + read as u64 == total;
        let replayed = line
            .strip_suffix(b"\n")
            .and_then(line::opened)
            .and_then(|text| replay(text, store, taken));
        match replayed {
            Some(()) => good += read as u64,
            // Only the write that was under way can be torn.
            None if is_last => return Ok((good, total - good)),
            None => {
                return Err(DataError::Damaged {
                    path: path.to_owned(),
                    line: number,
                });
            }
        }
    }
}

/// Does a line again; what is in the snapshot already is passed over.
fn replay(text: &[u8], store: &mut Store, taken: u64) -> Option<()> {
    let records: Vec<line::Record> = serde_json::from_slice(text).ok()?;
    let mut last = taken;
    for record in records {
        let version = record.version;
        last = last.max(version);
        if version <= taken {
            continue;
        }
        match record.open() {
            (key, Some(object)) => store.restore(key, object),
            (key, None) => store.discard(&key),
        }
    }
    store.advance_to(last);
    Some(())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look into the files")]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_for_one_server() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataFolder::open(folder.path()).unwrap();
        assert!(matches!(
            DataFolder::open(folder.path()),
            Err(DataError::Locked { .. })
        ));
        drop(first);
        DataFolder::open(folder.path()).unwrap();
    }

    #[test]
    fn a_torn_tail_is_cut_off_and_damage_before_it_is_not_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let good = line::sealed(
            br#"[{"g":"","p":"configmaps","ns":"a","n":"b","v":7,"o":{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b","resourceVersion":"7"}}}]"#,
        );
        let mut torn = good.clone();
        torn.extend_from_slice(&good[..good.len() / 2]);
        std::fs::write(&log, &torn).unwrap();
        let opened = DataFolder::open(folder.path()).unwrap();
        assert_eq!(opened.torn_bytes(), (good.len() / 2) as u64);
        assert_eq!(opened.start().0.version(), 7);
        drop(opened);
        assert_eq!(std::fs::read(&log).unwrap(), good);
        let mut damaged = b"x".to_vec();
        damaged.extend_from_slice(&good);
        damaged.extend_from_slice(&good);
        std::fs::write(&log, &damaged).unwrap();
        assert!(matches!(
            DataFolder::open(folder.path()),
            Err(DataError::Damaged { line: 1, .. })
        ));
    }
}
