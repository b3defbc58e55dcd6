//! Sealing keys under lock: an age file, in armour, for recipients or behind a passphrase.

use std::io::{Read, Write};

use age::{
    Decryptor, Encryptor, Identity, Recipient,
    armor::{ArmoredReader, ArmoredWriter, Format},
    scrypt,
    secrecy::SecretString,
    x25519,
};

use crate::secret::Hidden;

/// The most work that a passphrase of a file may ask for (scrypt, 2 to the power of this): about 20 s.
const MAX_WORK: u8 = 22;
/// First line of a locked file in armour.
const ARMOUR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
/// First line of a locked file without armour.
const BINARY: &[u8] = b"age-encryption.org/v1";

/// Why keys were not locked or unlocked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// A line that is no recipient.
    #[error("recipient {0:?} is not an age public key (age1…)")]
    Recipient(String),
    /// A line that is no identity; its text is not shown.
    #[error("line {0} of the identities is not an age secret key (AGE-SECRET-KEY-1…)")]
    Identity(usize),
    /// Nobody could open it.
    #[error("no recipient and no passphrase is given")]
    Nobody,
    /// The file is no age file, or is damaged.
    #[error("the backup is damaged, or is no age file")]
    Damaged,
    /// It is for other recipients, or the passphrase is another one.
    #[error("the backup does not open: it is for other recipients, or behind another passphrase")]
    Closed,
    /// The passphrase asks for too much work.
    #[error("the passphrase of the backup asks for more work than is done for a file")]
    TooMuchWork,
    /// The machine gave no random bytes.
    #[error("locking the backup failed")]
    Locking,
}

/// Who can open a backup.
pub enum Lock {
    /// Those who hold the secret halves.
    Recipients(Vec<x25519::Recipient>),
    /// Those who know the passphrase; the work is two to the power of the number, absent for a second's worth.
    Passphrase(Hidden<String>, Option<u8>),
}

/// What opens a backup.
pub enum Opener {
    /// Secret halves of recipients.
    Identities(Vec<x25519::Identity>),
    /// A passphrase.
    Passphrase(Hidden<String>),
}

/// Reads recipients, one a line; empty lines and comments are passed over.
///
/// # Errors
/// [`BackupError::Recipient`] with the line.
pub fn recipients(text: &str) -> Result<Vec<x25519::Recipient>, BackupError> {
    lines(text)
        .map(|(_, line)| {
            line.parse()
                .map_err(|_| BackupError::Recipient(line.to_owned()))
        })
        .collect()
}

/// Reads identities, one a line; empty lines and comments are passed over.
///
/// # Errors
/// [`BackupError::Identity`] with the number of the line.
pub fn identities(text: &str) -> Result<Vec<x25519::Identity>, BackupError> {
    lines(text)
        .map(|(number, line)| line.parse().map_err(|_| BackupError::Identity(number)))
        .collect()
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate();
    numbered
        .map(|(at, line)| (at + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// Whether bytes begin as an age file does.
pub fn is_locked(bytes: &[u8]) -> bool {
    let bytes = bytes.trim_ascii_start();
    bytes.starts_with(ARMOUR) || bytes.starts_with(BINARY)
}

/// Locks keys; gives an age file in armour.
///
/// # Errors
/// [`BackupError`]
pub fn lock(keys: &Hidden<Vec<u8>>, lock: &Lock) -> Result<String, BackupError> {
    let one;
    let all: Vec<&dyn Recipient> = match lock {
        Lock::Recipients(recipients) => {
            recipients.iter().map(|one| one as &dyn Recipient).collect()
        }
        Lock::Passphrase(passphrase, work) => {
            let mut recipient = scrypt::Recipient::new(secret(passphrase));
            if let Some(work) = work {
                recipient.set_work_factor(*work);
            }
            one = recipient;
            vec![&one]
        }
    };
    let encryptor = Encryptor::with_recipients(all.into_iter()).map_err(|_| BackupError::Nobody)?;
    let mut file = Vec::new();
    let written = (|| {
        let armour = ArmoredWriter::wrap_output(&mut file, Format::AsciiArmor)?;
        let mut writer = encryptor.wrap_output(armour)?;
        writer.write_all(keys.expose())?;
        writer.finish()?.finish()?;
        Ok::<(), std::io::Error>(())
    })();
    written.map_err(|_| BackupError::Locking)?;
    String::from_utf8(file).map_err(|_| BackupError::Locking)
}

/// Unlocks an age file, in armour or not, within a limit of bytes.
///
/// # Errors
/// [`BackupError`]
pub fn unlock(file: &[u8], opener: &Opener, most: u64) -> Result<Hidden<Vec<u8>>, BackupError> {
    let decryptor =
        Decryptor::new_buffered(ArmoredReader::new(file)).map_err(|_| BackupError::Damaged)?;
    let one;
    let all: Vec<&dyn Identity> = match opener {
        Opener::Identities(identities) => {
            identities.iter().map(|one| one as &dyn Identity).collect()
        }
        Opener::Passphrase(passphrase) => {
            let mut identity = scrypt::Identity::new(secret(passphrase));
            identity.set_max_work_factor(MAX_WORK);
            one = identity;
            vec![&one]
        }
    };
    let reader = decryptor
        .decrypt(all.into_iter())
        .map_err(|error| match error {
            age::DecryptError::ExcessiveWork { .. } => BackupError::TooMuchWork,
            age::DecryptError::InvalidHeader | age::DecryptError::UnknownFormat => {
                BackupError::Damaged
            }
            _ => BackupError::Closed,
        })?;
    let mut keys = Hidden::new(Vec::new());
    reader
        .take(most + 1)
        .read_to_end(keys.expose_mut())
        .map_err(|_| BackupError::Damaged)?;
    if keys.expose().len() as u64 > most {
        return Err(BackupError::Damaged);
    }
    Ok(keys)
}

fn secret(passphrase: &Hidden<String>) -> SecretString {
    SecretString::from(passphrase.expose().clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: u64 = 1 << 20;
    /// Little work, for a test.
    const WORK: Option<u8> = Some(2);

    fn keys() -> Hidden<Vec<u8>> {
        Hidden::new(b"planted keys".repeat(100))
    }

    #[test]
    fn each_recipient_opens_and_nobody_else() {
        let [one, two, other] = [(); 3].map(|()| x25519::Identity::generate());
        let text = format!("# ours\n{}\n\n  {}\n", one.to_public(), two.to_public());
        let locked = lock(&keys(), &Lock::Recipients(recipients(&text).unwrap())).unwrap();
        assert!(is_locked(locked.as_bytes()) && !locked.contains("planted"));
        for identity in [one, two] {
            let opener = Opener::Identities(vec![identity]);
            assert_eq!(unlock(locked.as_bytes(), &opener, MOST), Ok(keys()));
            assert_eq!(
                unlock(locked.as_bytes(), &opener, 100),
                Err(BackupError::Damaged)
            );
        }
        let closed = unlock(locked.as_bytes(), &Opener::Identities(vec![other]), MOST);
        assert_eq!(closed, Err(BackupError::Closed));
        assert_eq!(
            lock(&keys(), &Lock::Recipients(Vec::new())),
            Err(BackupError::Nobody)
        );
    }

    #[test]
    fn the_passphrase_opens_and_no_other() {
        let word = |text: &str| Hidden::new(text.to_owned());
        let locked = lock(&keys(), &Lock::Passphrase(word("right"), WORK)).unwrap();
        let open = |text| unlock(locked.as_bytes(), &Opener::Passphrase(word(text)), MOST);
        assert_eq!(open("right"), Ok(keys()));
        assert_eq!(open("wrong"), Err(BackupError::Closed));
        let mut damaged = locked.clone().into_bytes();
        let middle = damaged.len() / 2;
        damaged[middle] = if damaged[middle] == b'A' { b'B' } else { b'A' };
        assert!(unlock(&damaged, &Opener::Passphrase(word("right")), MOST).is_err());
        let none = unlock(b"plain", &Opener::Passphrase(word("right")), MOST);
        assert_eq!(none, Err(BackupError::Damaged));
    }

    #[test]
    fn errors_never_show_an_identity() {
        let failure = identities("# x\nAGE-SECRET-KEY-planted\n").err().unwrap();
        assert_eq!(failure, BackupError::Identity(2));
        assert!(!failure.to_string().contains("planted"));
        assert!(matches!(
            recipients("age1x"),
            Err(BackupError::Recipient(_))
        ));
    }
}
