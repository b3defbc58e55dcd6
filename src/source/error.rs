//! What went wrong with a repository; no text carries a credential.

/// Why a repository cannot be read; whoever sees it may try again, for ever.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The URL is not one that is read.
    #[error(transparent)]
    Url(#[from] super::url::UrlError),
    /// The repository does not answer, or what it answers breaks off.
    #[error("repository {url} cannot be fetched: {cause}")]
    Fetch {
        /// The URL, without credentials.
        url: String,
        /// Why, without credentials.
        cause: String,
    },
    /// The store of what was fetched cannot be used.
    #[error("the store of repository {url} cannot be used: {cause}")]
    Store {
        /// The URL, without credentials.
        url: String,
        /// Why.
        cause: String,
    },
    /// No branch, tag or commit of this name.
    #[error("unable to resolve '{revision}' to a commit SHA in repository {url}")]
    Revision {
        /// The URL, without credentials.
        url: String,
        /// What was asked for.
        revision: String,
    },
    /// The commit cannot be read.
    #[error("commit {commit} of repository {url} cannot be read: {cause}")]
    Commit {
        /// The URL, without credentials.
        url: String,
        /// The commit.
        commit: String,
        /// Why.
        cause: String,
    },
}

/// An error with its causes, each once, without credentials.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
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
    super::url::scrub(&text)
}
