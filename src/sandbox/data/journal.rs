//! Transactions go to the log in their order; a thread brings many to disk with one flush, and makes a
//! snapshot when the log is long.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

use tokio::sync::{oneshot, watch};

use super::{
    line,
    log::{Log, Medium},
};
use crate::sandbox::store::{Change, Key, Store, Stored};

/// A log of this many bytes is taken into a snapshot, unless the snapshot is larger still.
const COMPACT_BYTES: u64 = 16 << 20;

/// Whether a data folder can be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DataHealth {
    /// It can.
    #[default]
    Good,
    /// The last write was refused, with nothing changed; the next one is tried again.
    Refusing(String),
    /// What is in memory may not be what is on disk: the server must end.
    Broken(String),
}

enum Message {
    /// Somebody waits until all that is in the log is on disk.
    Flush(oneshot::Sender<Result<(), String>>),
    Snapshot(Snapshot),
}

struct Snapshot {
    version: u64,
    /// The length of the log that is in the snapshot.
    offset: u64,
    objects: Vec<(Key, Arc<Stored>)>,
}

/// The way to the log and to the thread that flushes it, which ends with this value.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    log: Log,
    sender: mpsc::Sender<Message>,
    compact_at: Arc<AtomicU64>,
    is_compacting: Arc<AtomicBool>,
    health: watch::Sender<DataHealth>,
}

impl Journal {
    /// Starts to write at the end of a log.
    pub fn start(folder: &Path, log: Arc<dyn Medium>, length: u64) -> Self {
        let (sender, receiver) = mpsc::channel();
        let journal = Self {
            folder: folder.to_owned(),
            log: Log::new(log, length),
            sender,
            compact_at: Arc::new(AtomicU64::new(COMPACT_BYTES)),
            is_compacting: Arc::default(),
            health: watch::Sender::default(),
        };
        let writer = Writer {
            folder: journal.folder.clone(),
            log: journal.log.clone(),
            compact_at: journal.compact_at.clone(),
            is_compacting: journal.is_compacting.clone(),
            health: journal.health.clone(),
        };
        thread::spawn(move || writer.run(&receiver));
        journal
    }

    /// Puts a transaction into the log; the answer comes when it is on disk.
    ///
    /// # Errors
    /// There is no room: nothing of it is in the log, and the change must be taken back.
    pub fn append(
        &self,
        changes: &[Arc<Change>],
    ) -> Result<oneshot::Receiver<Result<(), String>>, String> {
        let appended = match broken(&self.health) {
            Some(why) => return Err(why),
            None => self.log.append(&line::of_changes(changes)),
        };
        let health = match appended {
            Ok(()) => DataHealth::Good,
            Err(error) => DataHealth::Refusing(failure(&self.folder, &error)),
        };
        let refused = match &health {
            DataHealth::Refusing(why) => Err(why.clone()),
            _ => Ok(()),
        };
        self.health.send_if_modified(|now| {
            let is_news = *now != health && !matches!(now, DataHealth::Broken(_));
            if is_news {
                *now = health;
            }
            is_news
        });
        refused?;
        let (done, answer) = oneshot::channel();
        // If the thread is gone, the answer never comes and the receiver says so.
        let _ = self.sender.send(Message::Flush(done));
        Ok(answer)
    }

    /// Hands all objects over when the log has become long; to be called with the store as it is after `append`.
    pub fn compact(&self, store: &Store) {
        let offset = self.log.length();
        if offset <= self.compact_at.load(Ordering::Relaxed)
            || self.is_compacting.swap(true, Ordering::Relaxed)
        {
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
        let _ = self.sender.send(Message::Snapshot(Snapshot {
            version: store.version(),
            offset,
            objects,
        }));
    }

    /// Says for good that what is in memory is not what is on disk.
    pub fn give_up(&self, why: &str) {
        self.health.send_replace(DataHealth::Broken(why.to_owned()));
    }

    /// Whether the folder can be written, now and later.
    pub fn health(&self) -> watch::Receiver<DataHealth> {
        self.health.subscribe()
    }

    /// Why the server must end, if it must.
    pub fn broken(&self) -> Option<String> {
        broken(&self.health)
    }
}

fn broken(health: &watch::Sender<DataHealth>) -> Option<String> {
    match &*health.borrow() {
        DataHealth::Broken(why) => Some(why.clone()),
        _ => None,
    }
}

fn failure(folder: &Path, error: &io::Error) -> String {
    format!("failed to write {}: {error}", folder.join("log").display())
}

struct Writer {
    folder: PathBuf,
    log: Log,
    compact_at: Arc<AtomicU64>,
    is_compacting: Arc<AtomicBool>,
    health: watch::Sender<DataHealth>,
}

impl Writer {
    fn run(self, messages: &mpsc::Receiver<Message>) {
        while let Ok(first) = messages.recv() {
            let mut waiting = Vec::new();
            let mut snapshot = None;
            let mut next = Some(first);
            // All that came meanwhile shares one flush, up to a snapshot.
            while let Some(message) = next {
                match message {
                    Message::Flush(done) => waiting.push(done),
                    Message::Snapshot(wanted) => {
                        snapshot = Some(wanted);
                        break;
                    }
                }
                next = messages.try_recv().ok();
            }
            let result = self.flush();
            for done in waiting {
                // Who no longer waits needs no answer.
                let _ = done.send(result.clone());
            }
            if let Some(snapshot) = snapshot {
                let next = self.compact(&snapshot).unwrap_or_else(|error| {
                    // The log goes on; only the next snapshot is tried later.
                    tracing::warn!(%error, "cannot write a snapshot");
                    snapshot.offset.saturating_mul(2)
                });
                self.compact_at.store(next, Ordering::Relaxed);
                self.is_compacting.store(false, Ordering::Relaxed);
            }
        }
    }

    /// A flush that failed cannot be tried again: the machine may have dropped what it did not write.
    fn flush(&self) -> Result<(), String> {
        if let Some(why) = broken(&self.health) {
            return Err(why);
        }
        self.log.flush().map_err(|error| {
            let failure = failure(&self.folder, &error);
            self.health
                .send_replace(DataHealth::Broken(failure.clone()));
            failure
        })
    }

    /// Gives the length at which the log is to be taken into a snapshot again.
    fn compact(&self, snapshot: &Snapshot) -> io::Result<u64> {
        let size = write_snapshot(&self.folder, snapshot.version, &snapshot.objects)?;
        // What is in the log is in the snapshot; a crash before this only means to read it twice.
        self.log.shorten(snapshot.offset, |tail| {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(tail)?;
            put_in_place(file, &self.folder, "log")
        })?;
        Ok(COMPACT_BYTES.max(size))
    }
}

fn put_in_place(file: tempfile::NamedTempFile, folder: &Path, name: &str) -> io::Result<File> {
    file.as_file().sync_all()?;
    let file = file
        .persist(folder.join(name))
        .map_err(|error| error.error)?;
    OpenOptions::new().read(true).open(folder)?.sync_all()?;
    Ok(file)
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
    let size = file.as_file().metadata()?.len();
    put_in_place(file, folder, "snapshot")?;
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
        let journal = journal.unwrap();
        store.put(&key("a"), object("a"));
        store.put(&key("b"), object("b"));
        store.remove(&key("a"));
        journal
            .append(&store.take_fresh())
            .unwrap()
            .blocking_recv()
            .unwrap()
            .unwrap();
        journal.compact_at.store(0, Ordering::Relaxed);
        journal.compact(&store);
        store.put(&key("c"), object("c"));
        journal
            .append(&store.take_fresh())
            .unwrap()
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
