//! Why a query has no answer, in the words of Prometheus' HTTP API.

/// The class of a failure, as `errorType` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorType {
    /// The query or a parameter cannot be understood.
    BadData,
    /// The query was understood, and could not be evaluated.
    Execution,
}

impl ErrorType {
    /// The value of `errorType`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadData => "bad_data",
            Self::Execution => "execution",
        }
    }

    /// The HTTP status code that goes with it.
    pub fn status(self) -> u16 {
        match self {
            Self::BadData => 400,
            Self::Execution => 422,
        }
    }
}

/// Why a query has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// The class.
    pub kind: ErrorType,
    /// What is said of it.
    pub message: String,
}

impl QueryError {
    /// A query or parameter that cannot be understood.
    pub fn bad_data(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorType::BadData,
            message: message.into(),
        }
    }

    /// A parameter that cannot be understood, by its name.
    pub fn bad_parameter(name: &str, why: &str) -> Self {
        Self::bad_data(format!("invalid parameter \"{name}\": {why}"))
    }

    pub(super) fn execution(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorType::Execution,
            message: message.into(),
        }
    }
}
