//! Commits: each version of a file is looked at once, and what was found is kept beside the repository.

mod cache;
mod run;
mod tell;
mod walk;

pub use run::judge;
