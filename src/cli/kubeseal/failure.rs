//! Why kubeseal stopped: one line after `error: `, in the original's words where it has any.

use std::{fmt, io};

use crate::{
    api::{certificate::CertificateError, sealed_secret::SealedSecretError, secret::SecretError},
    object::yaml::YamlError,
    seal::{KeyError, SealError, UnsealError},
};

/// A message for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(pub String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Failure {
    /// A failure with these words.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// What went wrong with a file, as Go says it: `open a.pem: no such file or directory`.
    pub fn file(verb: &str, path: &str, error: &io::Error) -> Self {
        Self(format!("{verb} {path}: {}", go_words(error)))
    }

    /// With the document that it is about, counted from 0, where there are several; the original reads only the first.
    pub fn of_document(self, name: &str, place: usize, several: bool) -> Self {
        if several {
            Self(format!("{name}: document {}: {}", place + 1, self.0))
        } else {
            self
        }
    }

    /// What is wrong inside a file or the standard input.
    pub fn within(place: &str, error: impl fmt::Display) -> Self {
        Self(format!("{place}: {error}"))
    }
}

/// The text of a system error without Rust's additions, as Go prints it.
pub fn go_words(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

macro_rules! words_of {
    ($($error:ty),*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self(error.to_string())
            }
        }
    )*};
}

words_of!(
    CertificateError,
    KeyError,
    SealError,
    SealedSecretError,
    SecretError,
    UnsealError,
    YamlError
);
