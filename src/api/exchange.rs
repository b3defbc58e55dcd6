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

/// A request, and another one for when its reply shows that the server wants it otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is sent first.
    pub request: Request,
    /// What is sent then, where the status of the reply is one of these.
    pub otherwise: Option<(Statuses, Request)>,
}

/// Statuses of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statuses {
    /// These.
    Among(&'static [u16]),
    /// All but 200 to 299.
    NoSuccess,
}

impl Statuses {
    /// Whether a status is one of them.
    pub fn contain(self, status: u16) -> bool {
        match self {
            Self::Among(list) => list.contains(&status),
            Self::NoSuccess => !(200..300).contains(&status),
        }
    }
}

/// All that is sent for one measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Fetches a token first, which [`Call::ask`] then carries.
    pub token: Option<Step>,
    /// The question itself.
    pub ask: Step,
}
