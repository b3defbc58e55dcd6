//! An editor on a file that only lives in memory: a folder and a file of the user alone on a tmpfs, wiped afterwards.

use std::{
    fs,
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use tokio::{
    process::Command,
    signal::unix::{SignalKind, signal},
};

use crate::{
    cli::{
        Env, Failure, block_on,
        whole_file::{MAX_VALUE_BYTES, read},
    },
    secret::Hidden,
};

/// Folders that usually lie in memory, after the one of the session.
const FOLDERS: &[&str] = &["/dev/shm", "/run", "/tmp"];
/// Where the system tells what is mounted.
const MOUNTS: &str = "/proc/self/mounts";
/// File systems that lie in memory.
const IN_MEMORY: &[&str] = &["tmpfs", "ramfs"];

/// A text in the hands of an editor. Wiped when dropped.
pub(super) struct Editor {
    command: Vec<String>,
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Editor {
    /// Finds the editor and a place in memory.
    ///
    /// # Errors
    /// There is no place in memory.
    pub(super) fn new(env: &Env) -> Result<Self, Failure> {
        let command = ["VISUAL", "EDITOR"]
            .iter()
            .find_map(|name| env.get(name))
            .unwrap_or("vi");
        let command: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        let mounts = read(Path::new(MOUNTS), MAX_VALUE_BYTES)
            .map(|bytes| String::from_utf8_lossy(bytes.expose()).into_owned())
            .unwrap_or_default();
        let session = env.get("XDG_RUNTIME_DIR");
        let folders = session.into_iter().chain(FOLDERS.iter().copied());
        let in_memory = folders.filter(|folder| is_in_memory(&mounts, folder));
        let folder = in_memory
            .filter_map(|folder| {
                tempfile::Builder::new()
                    .prefix("waxwing-")
                    .permissions(fs::Permissions::from_mode(0o700))
                    .tempdir_in(folder)
                    .ok()
            })
            .next()
            .ok_or_else(|| {
                Failure::new("there is no folder in memory (tmpfs) to keep the plain values in")
                    .hint("set XDG_RUNTIME_DIR to one, or use `waxwing seal set`")
            })?;
        let file = folder.path().join("values.yaml");
        Ok(Self {
            command,
            folder,
            file,
        })
    }

    /// Lets the user edit a text, and gives what they left.
    ///
    /// # Errors
    /// The editor does not start, or ends with an error; the text is wiped all the same.
    pub(super) fn edit(&self, text: &Hidden<String>) -> Result<Hidden<String>, Failure> {
        self.put(text.expose().as_bytes())
            .map_err(|error| Failure::new("failed to write for the editor").because(error))?;
        let run = block_on(self.run())?;
        let left = read(&self.file, MAX_VALUE_BYTES);
        self.wipe();
        run?;
        let left = left?;
        let text = String::from_utf8(left.expose().clone())
            .map_err(|_| Failure::new("what the editor left is not UTF-8"))?;
        Ok(Hidden::new(text))
    }

    fn put(&self, bytes: &[u8]) -> std::io::Result<()> {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&self.file)?;
        file.write_all(bytes)
    }

    /// Waits for the editor. Signals that would end this program first end the editor, so that the text is wiped.
    async fn run(&self) -> Result<(), Failure> {
        let shown = self.command.join(" ");
        let no_signals = |error| Failure::new("failed to listen for signals").because(error);
        let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
        let mut hang_up = signal(SignalKind::hangup()).map_err(no_signals)?;
        // Typed at the terminal it reaches the editor as well, which knows what to do with it.
        let _interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
        let (program, words) = self
            .command
            .split_first()
            .ok_or_else(|| Failure::new("EDITOR is empty"))?;
        let mut editor = Command::new(program)
            .args(words)
            .arg(&self.file)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                Failure::new(format!("failed to run the editor {shown}"))
                    .because(error)
                    .hint("EDITOR names another one")
            })?;
        let ended = tokio::select! {
            ended = editor.wait() => ended,
            _ = terminate.recv() => return stopped(&mut editor).await,
            _ = hang_up.recv() => return stopped(&mut editor).await,
        };
        match ended {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Failure::new(format!(
                "the editor {shown} ended with {status}: nothing was changed"
            ))),
            Err(error) => Err(Failure::new(format!("failed to wait for {shown}")).because(error)),
        }
    }

    /// Overwrites everything in the folder; the editor may have left copies.
    fn wipe(&self) {
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                match entry.metadata() {
                    Ok(there) if there.is_dir() => folders.push(path),
                    Ok(there) if there.is_file() => {
                        let zeros = vec![0; usize::try_from(there.len()).unwrap_or_default()];
                        let opened = fs::OpenOptions::new().write(true).open(&path);
                        let _ = opened.and_then(|mut file| file.write_all(&zeros));
                        let _ = fs::remove_file(&path);
                    }
                    _ => {}
                }
            }
        }
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        self.wipe();
    }
}

async fn stopped(editor: &mut tokio::process::Child) -> Result<(), Failure> {
    let _ = editor.kill().await;
    Err(Failure::new("stopped: nothing was changed"))
}

/// Whether a folder lies on a file system in memory: that of the longest mount point around it.
fn is_in_memory(mounts: &str, folder: &str) -> bool {
    let Ok(folder) = fs::canonicalize(folder) else {
        return false;
    };
    mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            Some((words.next()?, words.next()?))
        })
        .filter(|(point, _)| folder.starts_with(point))
        .max_by_key(|(point, _)| point.len())
        .is_some_and(|(_, kind)| IN_MEMORY.contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_mount_says_whether_a_folder_lies_in_memory() {
        let mounts = "disk / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n";
        assert!(is_in_memory(mounts, "/tmp"));
        assert!(!is_in_memory(mounts, "/"));
        assert!(!is_in_memory("disk / ext4 rw 0 0\n", "/tmp"));
        assert!(!is_in_memory(mounts, "/nowhere"));
    }
}
