//! Why a request has no answer. Texts name neither queries nor headers, for both may hold secrets.

use std::{error::Error, time::Duration};

use super::get::MAX_BODY_BYTES;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebError {
    /// The URL, or what was made of it, cannot be asked.
    #[error("invalid request: {0}")]
    Url(String),
    /// A header cannot be sent.
    #[error("header {0:?} cannot be sent")]
    Header(String),
    /// Nobody answers, or the answer broke off.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// The time is over.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// The answer is larger than [`MAX_BODY_BYTES`].
    #[error("the answer is larger than {MAX_BODY_BYTES} bytes")]
    TooLarge,
}

impl WebError {
    pub(super) fn of(error: &reqwest::Error, timeout: Duration) -> Self {
        if error.is_timeout() {
            return Self::TimedOut(timeout);
        }
        // The outermost text holds the URL, so only the causes are told.
        let mut cause = error.source();
        let mut text = String::new();
        while let Some(error) = cause {
            let next = error.to_string();
            if !text.contains(&next) {
                if !text.is_empty() {
                    text.push_str(": ");
                }
                text.push_str(&next);
            }
            cause = error.source();
        }
        if text.is_empty() {
            "the exchange failed".clone_into(&mut text);
        }
        Self::Unreachable(text)
    }
}
