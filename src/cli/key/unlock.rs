//! What opens an encrypted backup of keys.

use std::path::PathBuf;

use crate::{
    cli::{
        Failure, Shell,
        whole_file::{MAX_KEY_BYTES, read},
    },
    seal::{Opener, identities, unlock},
    secret::Hidden,
};

/// What opens an encrypted backup of keys.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct UnlockArgs {
    /// File with age identities (AGE-SECRET-KEY-1…) that open a backup.
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// File with the passphrase of a backup, on its first line; without it and --identity it is asked for.
    #[arg(long, value_name = "FILE", conflicts_with = "identity")]
    passphrase_file: Option<PathBuf>,
}

impl UnlockArgs {
    /// Opens a backup.
    ///
    /// # Errors
    /// It does not open, or nothing is given that could.
    pub(in crate::cli) fn open(
        &self,
        file: &[u8],
        shell: &mut Shell,
    ) -> Result<Hidden<Vec<u8>>, Failure> {
        let opener = match (&self.identity, &self.passphrase_file) {
            (Some(path), _) => {
                let bytes = read(path, MAX_KEY_BYTES)?;
                let text = std::str::from_utf8(bytes.expose()).unwrap_or_default();
                let identities = identities(text).map_err(|error| {
                    Failure::new(format!("{} cannot be used", path.display())).because(error)
                })?;
                Opener::Identities(identities)
            }
            (None, Some(path)) => Opener::Passphrase(first_line(path)?),
            (None, None) if shell.can_ask() => {
                Opener::Passphrase(shell.ask_hidden("passphrase of the backup: ")?)
            }
            (None, None) => {
                return Err(Failure::new("nothing is given that opens the backup")
                    .hint("--identity FILE or --passphrase-file FILE"));
            }
        };
        unlock(file, &opener, MAX_KEY_BYTES).map_err(|error| {
            Failure::new("failed to open the backup")
                .because(error)
                .hint("--identity FILE names the secret half of a recipient")
        })
    }
}

/// The passphrase of a file.
///
/// # Errors
/// The file cannot be read, or its first line is empty.
pub(super) fn first_line(path: &std::path::Path) -> Result<Hidden<String>, Failure> {
    let bytes = read(path, MAX_KEY_BYTES)?;
    let text = std::str::from_utf8(bytes.expose()).unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(Failure::new(format!(
            "{} has no passphrase on its first line",
            path.display()
        )));
    }
    Ok(Hidden::new(line.to_owned()))
}
