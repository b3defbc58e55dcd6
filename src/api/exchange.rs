//! An HTTP request and its reply as values: what a decision asks for, and what the door to the web brings back.

use std::time::Duration;

use crate::secret::Hidden;

/// A request to send. Header values may hold credentials, so they are hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The whole URL, without credentials.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, Hidden<String>)>,
    /// The body, for `POST`.
    pub body: Option<Vec<u8>>,
    /// The longest that the whole exchange may take.
    pub timeout: Duration,
    /// Whether the certificate of the server is taken unchecked.
    pub is_insecure: bool,
}

/// An answer, whatever its status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status code.
    pub status: u16,
    /// Media type as the server names it, empty where it names none.
    pub media_type: String,
    /// The body.
    pub body: Vec<u8>,
}
