//! Standard streams and files: reading input within a limit, writing output whole or not at all.

use std::{
    fs,
    io::{self, IsTerminal, Read, Write},
    path::Path,
};

use super::failure::{Failure, go_words};

/// The most bytes of a manifest, with all its documents.
pub const MAX_MANIFEST_BYTES: u64 = 64 << 20;
/// The most bytes of one value that `--raw` seals.
pub const MAX_RAW_BYTES: u64 = 64 << 20;
/// The most bytes of a certificate or a file of keys.
pub const MAX_KEY_BYTES: u64 = 4 << 20;

/// Reads a file within a limit.
///
/// # Errors
/// [`Failure`] in Go's words, or that the file is too large.
#[expect(
    clippy::disallowed_methods,
    reason = "a face reads the files it is given"
)]
pub fn read_file(path: &str, most: u64) -> Result<Vec<u8>, Failure> {
    let file = fs::File::open(path).map_err(|error| Failure::file("open", path, &error))?;
    read_within(file, path, most)
}

fn read_within(from: impl Read, name: &str, most: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    from.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::file("read", name, &error))?;
    if bytes.len() as u64 > most {
        return Err(Failure(format!("{name}: more than {most} bytes")));
    }
    Ok(bytes)
}

/// What the input is called in messages.
pub fn input_name(secret_file: &str) -> &str {
    if secret_file.is_empty() {
        "standard input"
    } else {
        secret_file
    }
}

/// Reads the manifest: from `--secret-file`, else from the standard input.
///
/// # Errors
/// The original's one sentence when the file cannot be read, or that the input is too large.
#[expect(
    clippy::disallowed_methods,
    reason = "a face reads the files it is given"
)]
pub fn read_manifest(secret_file: &str) -> Result<Vec<u8>, Failure> {
    if secret_file.is_empty() {
        if io::stdin().is_terminal() {
            say("(tty detected: expecting json/yaml k8s resource in stdin)");
        }
        return read_within(io::stdin().lock(), "standard input", MAX_MANIFEST_BYTES);
    }
    let unreadable = || Failure::new("Could not read file specified with --secret-file");
    let file = fs::File::open(secret_file).map_err(|_| unreadable())?;
    if file.metadata().is_ok_and(|file| file.is_dir()) {
        return Err(unreadable());
    }
    read_within(file, secret_file, MAX_MANIFEST_BYTES)
}

/// Reads the value to seal as it is.
///
/// # Errors
/// That the input is too large or cannot be read.
pub fn read_raw() -> Result<Vec<u8>, Failure> {
    if io::stdin().is_terminal() {
        say("(tty detected: expecting a secret to encrypt in stdin)");
    }
    read_within(io::stdin().lock(), "standard input", MAX_RAW_BYTES)
}

/// A line on the standard error; nobody left to read it is no reason to stop.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes to the standard output; a reader that went away has had enough, which is success.
///
/// # Errors
/// Any other error of the stream.
pub fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure(format!(
            "write standard output: {}",
            go_words(&error)
        ))),
        _ => Ok(()),
    }
}

/// Puts a new file in the place of an old one at once: mode 0600, a symbolic link is replaced.
///
/// # Errors
/// [`Failure`]; the old file is then as it was.
pub fn replace_file(path: &str, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: &io::Error| Failure::file("write", path, error);
    let folder = Path::new(path)
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::Builder::new()
        .prefix(".kubeseal-")
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .map_err(|error| failed(&error))?;
    file.write_all(bytes).map_err(|error| failed(&error))?;
    file.as_file().sync_all().map_err(|error| failed(&error))?;
    file.persist(path).map_err(|error| failed(&error.error))?;
    Ok(())
}

/// Writes a file again in place, so that its mode and its links stay.
///
/// # Errors
/// [`Failure`] in Go's words.
pub fn rewrite_file(path: &str, bytes: &[u8]) -> Result<(), Failure> {
    fs::OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(path)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|error| Failure::file("open", path, &error))
}
