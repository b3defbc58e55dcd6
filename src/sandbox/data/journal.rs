//! The thread that writes: transactions in their order, many to one flush, a snapshot when the log is long.

use std::{
    fs::{File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

use tokio::sync::oneshot;

use super::line;
use crate::sandbox::store::{Change, Key, Store, Stored};

/// A log of this many bytes is taken into a snapshot, unless the snapshot is larger still.
const COMPACT_BYTES: u64 = 16 << 20;

enum Message {
    Changes(Vec<Arc<Change>>, oneshot::Sender<Result<(), String>>),
    Snapshot(u64, Vec<(Key, Arc<Stored>)>),
}

/// The way to the thread that writes. It ends with the last clone.
#[derive(Debug)]
pub struct Journal {
    sender: mpsc::Sender<Message>,
    wants_snapshot: Arc<AtomicBool>,
}

impl Journal {
    /// Starts to write at the end of a log.
    pub fn start(folder: &Path, log: File, length: u64) -> Self {
        let (sender, receiver) = mpsc::channel();
        let wants_snapshot = Arc::new(AtomicBool::new(length > COMPACT_BYTES));
        let writer = Writer {
            folder: folder.to_owned(),
            log,
            length,
            compact_at: COMPACT_BYTES,
            wants_snapshot: wants_snapshot.clone(),
            failure: None,
        };
        thread::spawn(move || writer.run(&receiver));
        Self {
            sender,
            wants_snapshot,
        }
    }

    /// A journal that refuses every write.
    pub fn nowhere() -> Self {
        let (sender, _) = mpsc::channel();
        Self {
            sender,
            wants_snapshot: Arc::default(),
        }
    }

    /// Hands a transaction over; the answer comes when it is on disk.
    pub fn append(&self, changes: Vec<Arc<Change>>) -> oneshot::Receiver<Result<(), String>> {
        let (done, answer) = oneshot::channel();
        // If the thread is gone, the answer never comes and the receiver says so.
        let _ = self.sender.send(Message::Changes(changes, done));
        answer
    }

    /// Hands all objects over when the log has become long; to be called with the store as it is after `append`.
    pub fn compact(&self, store: &Store) {
        if !self.wants_snapshot.swap(false, Ordering::Relaxed) {
            return;
        }
        let objects = store
            .shelves()
            .flat_map(|(resource, shelf)| {
                shelf.range("", None).map(|(place, stored)| {
                    (Key::new(resource.clone(), place.clone()), stored.clone())
                })
            })
            .collect();
        let _ = self
            .sender
            .send(Message::Snapshot(store.version(), objects));
    }
}

struct Writer {
    folder: PathBuf,
    log: File,
    length: u64,
    compact_at: u64,
    wants_snapshot: Arc<AtomicBool>,
    /// After a failed write the end of the log is not known: nothing more is acknowledged.
    failure: Option<String>,
}

impl Writer {
    fn run(mut self, messages: &mpsc::Receiver<Message>) {
        while let Ok(first) = messages.recv() {
            let mut bytes = Vec::new();
            let mut waiting = Vec::new();
            let mut snapshot = None;
            let mut next = Some(first);
            // All that came meanwhile shares one flush, up to a snapshot.
            while let Some(message) = next {
                match message {
                    Message::Changes(changes, done) => {
                        bytes.extend(line::of_changes(&changes));
                        waiting.push(done);
                    }
                    Message::Snapshot(version, objects) => {
                        snapshot = Some((version, objects));
                        break;
                    }
                }
                next = messages.try_recv().ok();
            }
            let result = self.append(&bytes);
            for done in waiting {
                // Who no longer waits needs no answer.
                let _ = done.send(result.clone());
            }
            if let Some((version, objects)) = snapshot
                && self.failure.is_none()
                && let Err(error) = self.compact(version, &objects)
            {
                // The log goes on; only the next snapshot is tried later.
                tracing::warn!(%error, "cannot write a snapshot");
                self.compact_at = self.length.saturating_mul(2);
            }
        }
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), String> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let written = self
            .log
            .write_all(bytes)
            .and_then(|()| self.log.sync_data());
        if let Err(error) = written {
            let failure = format!(
                "failed to write {}: {error}",
                self.folder.join("log").display()
            );
            self.failure = Some(failure.clone());
            return Err(failure);
        }
        self.length += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.length > self.compact_at {
            self.wants_snapshot.store(true, Ordering::Relaxed);
            self.compact_at = u64::MAX;
        }
        Ok(())
    }

    fn compact(&mut self, version: u64, objects: &[(Key, Arc<Stored>)]) -> io::Result<()> {
        let size = write_snapshot(&self.folder, version, objects)?;
        // What is in the log is in the snapshot; a crash before this only means to read it twice.
        self.log.set_len(0)?;
        self.log.seek(SeekFrom::Start(0))?;
        self.log.sync_data()?;
        self.length = 0;
        self.compact_at = COMPACT_BYTES.max(size);
        Ok(())
    }
}

/// Writes all objects beside the old snapshot, then puts them in its place.
fn write_snapshot(folder: &Path, version: u64, objects: &[(Key, Arc<Stored>)]) -> io::Result<u64> {
    let file = tempfile::NamedTempFile::new_in(folder)?;
    let mut out = io::BufWriter::new(file);
    let head = serde_json::json!({"version": version, "objects": objects.len()}).to_string();
    out.write_all(&line::sealed(head.as_bytes()))?;
    for (key, stored) in objects {
        out.write_all(&line::of_object(key, stored))?;
    }
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    let size = file.as_file().metadata()?.len();
    file.persist(folder.join("snapshot"))
        .map_err(|error| error.error)?;
    OpenOptions::new().read(true).open(folder)?.sync_all()?;
    Ok(size)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look into the files")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        object::Object,
        sandbox::{
            data::DataFolder,
            store::{GroupResource, Place},
        },
    };

    #[test]
    fn a_snapshot_takes_the_place_of_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let key =
            |name: &str| Key::new(GroupResource::new("", "configmaps"), Place::new("a", name));
        let object = |name: &str| {
            let value =
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
            Object::from_value(value).unwrap()
        };
        let opened = DataFolder::open(folder.path()).unwrap();
        let (mut store, journal) = opened.start();
        store.put(&key("a"), object("a"));
        store.put(&key("b"), object("b"));
        store.remove(&key("a"));
        journal
            .append(store.take_fresh())
            .blocking_recv()
            .unwrap()
            .unwrap();
        journal.wants_snapshot.store(true, Ordering::Relaxed);
        journal.compact(&store);
        store.put(&key("c"), object("c"));
        journal
            .append(store.take_fresh())
            .blocking_recv()
            .unwrap()
            .unwrap();
        drop(journal);
        let log = folder.path().join("log");
        assert_eq!(std::fs::read_to_string(log).unwrap().lines().count(), 1);
        drop(opened);
        let opened = DataFolder::open(folder.path()).unwrap();
        let (store, _journal) = opened.start();
        let shelf = store.shelf(&key("a").resource).unwrap();
        let names: Vec<_> = shelf
            .range("", None)
            .map(|(place, _)| &*place.name)
            .collect();
        assert_eq!(names, ["b", "c"]);
        assert_eq!(store.version(), 4);
    }
}
