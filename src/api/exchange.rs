//! An HTTP request and its reply as values: what a decision asks for, and what the door to the web brings back.

use std::{fmt, time::Duration};

use crate::secret::Hidden;

/// A request to send. Header values may hold credentials, so they are hidden.
///
/// `Debug` shows neither the query of the URL nor the body: arguments of a metric may be secrets.
#[derive(Clone, PartialEq, Eq)]
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

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url.split('?').next())
            .field("headers", &self.headers)
            .field("timeout", &self.timeout)
            .field("is_insecure", &self.is_insecure)
            .finish_non_exhaustive()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_argument() {
        let request = Request {
            method: "POST",
            url: "http://prometheus/api/v1/query?query=planted".to_owned(),
            headers: vec![(
                "Authorization".to_owned(),
                Hidden::new("planted".to_owned()),
            )],
            body: Some(b"planted".to_vec()),
            timeout: Duration::from_secs(30),
            is_insecure: false,
        };
        let shown = format!("{request:?}");
        assert!(
            shown.contains("/api/v1/query") && !shown.contains("planted"),
            "{shown}"
        );
    }
}
