//! Flags of the controllers besides the sealing one, shared by `controller` and `sandbox`.

use std::path::PathBuf;

use jiff::SignedDuration;

use super::{Failure, go_value};
use crate::{
    controller::{Part, application},
    source::{Git, GitOptions, Mapping},
};

/// Which controllers run.
#[derive(Debug, clap::Args)]
pub struct PartArgs {
    /// The controllers to run: sealed-secrets, rollouts, analysis, applications.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_values = ["sealed-secrets", "rollouts", "analysis", "applications"], value_parser = part)]
    pub controllers: Vec<Part>,
}

/// How Applications are applied.
#[derive(Debug, clap::Args)]
pub struct GitArgs {
    /// Read this repository, or all whose URL begins so, from somewhere else; may be repeated.
    #[arg(long, value_name = "URL=PATH", value_parser = mapping)]
    pub git_url: Vec<Mapping>,
    /// How often repositories are asked for what is new.
    #[arg(long, value_name = "DURATION", default_value = "3m", value_parser = go_value::positive_duration)]
    pub git_poll: SignedDuration,
    /// Where fetched repositories are kept; without it in a temporary folder.
    #[arg(long, value_name = "DIR")]
    pub git_store: Option<PathBuf>,
    /// Namespace of projects, settings and credentials of repositories.
    #[arg(long, value_name = "NAME", default_value = application::CONTROL_NAMESPACE)]
    pub app_namespace: String,
}

/// What was meant by [`GitArgs`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitSettings {
    /// Repositories that are read from somewhere else.
    pub mappings: Vec<Mapping>,
    /// Where repositories are kept; none for a temporary folder.
    pub store: Option<PathBuf>,
    /// The rest.
    pub applications: application::Settings,
}

/// The repositories, and the folder that goes with them.
pub struct Repositories {
    /// The repositories.
    pub git: Git,
    _temporary: Option<tempfile::TempDir>,
}

impl GitArgs {
    /// From what was typed to what was meant; Applications of one namespace, or of all.
    pub fn resolve(self, only_own: bool) -> GitSettings {
        let poll = if self.git_poll.is_zero() {
            application::POLL
        } else {
            self.git_poll
        };
        GitSettings {
            mappings: self.git_url,
            store: self.git_store,
            applications: application::Settings {
                namespace: only_own.then(|| self.app_namespace.clone()),
                control_namespace: self.app_namespace,
                poll,
                only_looks: false,
            },
        }
    }
}

impl GitSettings {
    /// Opens the store of the repositories.
    ///
    /// # Errors
    /// [`Failure`] when no temporary folder can be made.
    pub fn open(&self) -> Result<Repositories, Failure> {
        let (store, temporary) = match &self.store {
            Some(store) => (store.clone(), None),
            None => {
                let folder = tempfile::tempdir()?;
                (folder.path().to_owned(), Some(folder))
            }
        };
        let options = GitOptions {
            store,
            mappings: self.mappings.clone(),
            ssh_command: None,
        };
        Ok(Repositories {
            git: Git::new(options),
            _temporary: temporary,
        })
    }
}

pub(super) fn part(text: &str) -> Result<Part, String> {
    let known = Part::ALL.iter().find(|part| part.text() == text.trim());
    known.copied().ok_or_else(|| {
        let names: Vec<&str> = Part::ALL.iter().map(|part| part.text()).collect();
        format!("it must be one of {}", names.join(", "))
    })
}

pub(super) fn mapping(text: &str) -> Result<Mapping, String> {
    Mapping::parse(text).ok_or_else(|| {
        "write it as URL=PATH, such as https://git.example/shop.git=../shop".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_mappings_are_checked() {
        assert_eq!(part("rollouts"), Ok(Part::Rollouts));
        assert!(part("all").unwrap_err().contains("sealed-secrets"));
        assert!(mapping("https://h/a=../a").is_ok());
        assert!(mapping("https://h/a").is_err());
    }
}
