//! The file of transactions: where the next one goes, and how a refused one leaves nothing behind.

use std::{
    fmt::Debug,
    fs::File,
    io,
    os::unix::fs::FileExt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What bytes are written to.
pub trait Medium: Debug + Send + Sync {
    /// Writes bytes at an offset.
    ///
    /// # Errors
    /// Not all of them could be written; some may have been.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Cuts off what is behind a length.
    ///
    /// # Errors
    /// The machine refuses.
    fn cut(&self, length: u64) -> io::Result<()>;
    /// Returns when all that was written is on disk.
    ///
    /// # Errors
    /// It may not be.
    fn flush(&self) -> io::Result<()>;
    /// Reads what is behind an offset.
    ///
    /// # Errors
    /// It cannot be read.
    fn tail(&self, offset: u64, length: u64) -> io::Result<Vec<u8>>;
}

impl Medium for File {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn cut(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn flush(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn tail(&self, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        let length = usize::try_from(length.saturating_sub(offset)).map_err(io::Error::other)?;
        let mut bytes = vec![0; length];
        self.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }
}

/// The log; clones are the same log.
#[derive(Clone, Debug)]
pub struct Log(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    medium: Arc<dyn Medium>,
    /// Where the next transaction goes: behind the last one that is whole.
    length: u64,
    /// There may be a part of a refused transaction behind `length`.
    is_torn: bool,
}

impl Log {
    /// Goes on behind a length.
    pub fn new(medium: Arc<dyn Medium>, length: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            medium,
            length,
            is_torn: false,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a whole transaction, or leaves nothing of it. It is on disk after a flush only.
    ///
    /// # Errors
    /// There is no room. The next call tries again.
    pub fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        if state.is_torn {
            state.medium.cut(state.length)?;
            state.is_torn = false;
        }
        if let Err(error) = state.medium.write_at(bytes, state.length) {
            state.is_torn = state.medium.cut(state.length).is_err();
            return Err(error);
        }
        state.length += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    /// How long it is.
    pub fn length(&self) -> u64 {
        self.state().length
    }

    /// Brings all that was appended before to disk; nobody waits for it who appends meanwhile.
    ///
    /// # Errors
    /// It is not known what is on disk.
    pub fn flush(&self) -> io::Result<()> {
        let medium = self.state().medium.clone();
        medium.flush()
    }

    /// Goes over to a new file, made from what is behind an offset while nobody appends.
    ///
    /// # Errors
    /// The new file cannot be made; the old one goes on.
    pub fn shorten(
        &self,
        offset: u64,
        make: impl FnOnce(&[u8]) -> io::Result<File>,
    ) -> io::Result<()> {
        let mut state = self.state();
        let tail = state.medium.tail(offset, state.length)?;
        state.medium = Arc::new(make(&tail)?);
        state.length -= offset;
        state.is_torn = false;
        Ok(())
    }
}
