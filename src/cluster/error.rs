//! What went wrong between us and the API server.

use kube::core::Status;

use super::gate::Shut;
use crate::object::Gvk;

/// The reason that the client library gives when an error answer was no Kubernetes status.
const NOT_A_STATUS: &str = "Failed to parse error data";

/// Why a call to the API server failed; texts are those of its status, never a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// The API server refused.
    #[error("{message}")]
    Refused {
        /// HTTP status.
        code: u16,
        /// A word for machines, such as `Conflict`.
        reason: String,
        /// The sentence of the API server.
        message: String,
    },
    /// No answer: connection, TLS, or the answer broke off.
    #[error("the API server cannot be reached: {0}")]
    Unreachable(String),
    /// The answer is not what the call promises.
    #[error("the answer of the API server to {0} is not understood")]
    Answer(String),
    /// No way to the cluster is configured.
    #[error("no usable cluster configuration: {0}")]
    Config(String),
    /// Only whoever holds the lease may write, and that is not this controller any more, or not yet.
    #[error("nothing was written: this controller does not hold the lease")]
    NotLeading,
    /// A kind that this program does not use.
    #[error("kind {0} is not known to the client")]
    UnknownKind(Gvk),
    /// A name or namespace that cannot stand in a path.
    #[error("{0:?} cannot be the name of an object")]
    Name(String),
}

impl ClusterError {
    /// Whether the same call may succeed later without anybody's doing.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refused { code, .. } => matches!(code, 408 | 409 | 410 | 429 | 500..),
            Self::Unreachable(_) | Self::Answer(_) | Self::NotLeading => true,
            Self::Config(_) | Self::UnknownKind(_) | Self::Name(_) => false,
        }
    }

    /// Whether the object is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { code: 404, .. })
    }

    /// Whether the object changed, exists already, or a precondition does not hold any more.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused { code: 409, .. })
    }

    /// Whether the position of a list or watch is too old.
    pub fn is_expired(&self) -> bool {
        matches!(self, Self::Refused { code: 410, .. })
    }

    /// Reads an error answer: its status where it is one, the bare code otherwise.
    pub(super) fn from_answer(code: u16, body: &[u8]) -> Self {
        let status = serde_json::from_slice::<Status>(body)
            .ok()
            .filter(|status| !status.message.is_empty());
        match status {
            Some(status) => Self::from_status(&status, code),
            None => Self::bare(code),
        }
    }

    fn from_status(status: &Status, code: u16) -> Self {
        if status.reason == NOT_A_STATUS || status.message.is_empty() {
            return Self::bare(if code == 0 { status.code } else { code });
        }
        Self::Refused {
            code: if status.code == 0 { code } else { status.code },
            reason: status.reason.clone(),
            message: status.message.clone(),
        }
    }

    fn bare(code: u16) -> Self {
        Self::Refused {
            code,
            reason: String::new(),
            message: format!("the API server answered with HTTP status {code}"),
        }
    }
}

impl From<kube::Error> for ClusterError {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::from_status(&status, 0),
            kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) => {
                Self::Answer("a request".to_owned())
            }
            kube::Error::InferConfig(cause) => Self::Config(chain(&cause)),
            kube::Error::InferKubeconfig(cause) => Self::Config(chain(&cause)),
            kube::Error::Auth(cause) => Self::Config(chain(&cause)),
            kube::Error::TlsRequired => Self::Config("TLS is required".to_owned()),
            kube::Error::RustlsTls(cause) => Self::Config(chain(&cause)),
            kube::Error::Service(cause) if cause.is::<Shut>() => Self::NotLeading,
            other => Self::Unreachable(chain(&other)),
        }
    }
}

impl From<kube::runtime::watcher::Error> for ClusterError {
    fn from(error: kube::runtime::watcher::Error) -> Self {
        use kube::runtime::watcher::Error;
        match error {
            Error::InitialListFailed(cause)
            | Error::WatchStartFailed(cause)
            | Error::WatchFailed(cause) => cause.into(),
            Error::WatchError(status) => Self::from_status(&status, 0),
            Error::NoResourceVersion => Self::Answer("a watch".to_owned()),
        }
    }
}

/// An error with its causes, each once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transient_is_what_may_mend_itself() {
        for (code, transient) in [
            (400, false),
            (403, false),
            (404, false),
            (409, true),
            (410, true),
            (422, false),
            (429, true),
            (500, true),
            (503, true),
        ] {
            assert_eq!(
                ClusterError::bare(code).is_transient(),
                transient,
                "HTTP {code}"
            );
        }
    }

    #[test]
    fn an_answer_that_is_no_status_is_not_shown() {
        let error = ClusterError::from_answer(502, b"<html>planted</html>");
        assert_eq!(
            error.to_string(),
            "the API server answered with HTTP status 502"
        );
        let error = ClusterError::from_answer(500, br#"{"data": "planted"}"#);
        assert!(!error.to_string().contains("planted"));
        let error = ClusterError::from_answer(
            409,
            br#"{"kind":"Status","reason":"Conflict","message":"it changed","code":409}"#,
        );
        assert_eq!(error.to_string(), "it changed");
        assert!(error.is_conflict());
    }
}
