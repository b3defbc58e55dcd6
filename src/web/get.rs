//! One GET, with a limit on its size and its time.

use std::time::Duration;

/// The most bytes that an answer may have.
pub const MAX_BODY_BYTES: usize = 1 << 20;
/// The longest that a whole exchange may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum GetError {
    /// The request was not answered, or its answer broke off.
    #[error("request failed")]
    Send(#[from] reqwest::Error),
    /// The answer is larger than [`MAX_BODY_BYTES`].
    #[error("answer is larger than {MAX_BODY_BYTES} bytes")]
    TooLarge,
}

/// An answer, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status code.
    pub status: u16,
    /// The words that go with the status.
    pub reason: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

/// Fetches a URL; proxies of the environment are used, redirects are followed.
///
/// # Errors
/// [`GetError`] when nobody answers in time or the answer is too large.
pub async fn get(url: &str) -> Result<Reply, GetError> {
    fetch(url, reqwest::redirect::Policy::default()).await
}

/// Fetches a URL from where it says, and from nowhere else: a redirect is an answer like others.
///
/// # Errors
/// [`GetError`] when nobody answers in time or the answer is too large.
pub async fn get_here(url: &str) -> Result<Reply, GetError> {
    fetch(url, reqwest::redirect::Policy::none()).await
}

async fn fetch(url: &str, redirects: reqwest::redirect::Policy) -> Result<Reply, GetError> {
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(redirects)
        .build()?;
    let mut answer = client.get(url).send().await?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(GetError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply {
        status: status.as_u16(),
        reason: status.canonical_reason().unwrap_or(""),
        body,
    })
}
