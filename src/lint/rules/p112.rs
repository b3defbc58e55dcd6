//! P112: a secret in the history.

use crate::lint::rule::rule;

rule! {
    /// A secret stands in the history, though not in the newest commit.
    ///
    /// What: what the P rules find in any version of any file, with `--history` for all commits or `--range` for some;
    /// the first and the last commit that have it are told. Each version of a file is looked at once.
    ///
    /// Why: removing a file does not remove it from the history, and every clone has all of it.
    ///
    /// Instead: change the value: it is known. Rewriting the history helps only against those who have not cloned it.
    "P112", Error, []
}

// It is raised by the walk over commits: tests/it/lint/history.rs has its tables.
#[cfg(test)]
const FOUND: &[&str] = &[];

#[cfg(test)]
const QUIET: &[&str] = &[];
