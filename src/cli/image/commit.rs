//! A commit of a few files and nothing else, made by git itself: hooks, signatures and author are the user's own.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use crate::cli::Failure;

/// Files of a work tree.
pub(super) struct Files<'a> {
    pub folder: &'a Path,
    /// Relative to the folder.
    pub names: Vec<String>,
}

impl Files<'_> {
    /// Refuses files that have changes already: they would go into the commit.
    pub(super) fn must_be_clean(&self) -> Result<(), Failure> {
        let output = self.git(&["status", "--porcelain=v1", "--untracked-files=all"])?;
        let said = checked(&output, "failed to ask git for changes")?;
        if said.trim().is_empty() {
            return Ok(());
        }
        let mut failure = Failure::new("the files have changes that are not committed");
        failure.hints = said
            .lines()
            .map(|line| format!("git says: {line}"))
            .collect();
        Err(failure.hint("commit or stash them first, or leave out --commit"))
    }

    /// Commits the files as they are in the work tree, and gives the id of the commit.
    pub(super) fn commit(&self, message: &str) -> Result<String, Failure> {
        let output = self.git(&["commit", "--quiet", "--only", "-m", message])?;
        checked(&output, "failed to commit")?;
        let output = Command::new("git")
            .arg("-C")
            .arg(self.folder)
            .args(["rev-parse", "HEAD"])
            .output()
            .map_err(not_run)?;
        Ok(checked(&output, "failed to ask git for the commit")?
            .trim()
            .to_owned())
    }

    fn git(&self, words: &[&str]) -> Result<Output, Failure> {
        Command::new("git")
            .arg("-C")
            .arg(self.folder)
            .args(words)
            .arg("--")
            .args(&self.names)
            .stdin(Stdio::null())
            .output()
            .map_err(not_run)
    }
}

fn not_run(error: std::io::Error) -> Failure {
    Failure::new("failed to run git")
        .because(error)
        .hint("--commit needs git")
}

fn checked(output: &Output, message: &str) -> Result<String, Failure> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let mut failure = Failure::new(message);
    let said = String::from_utf8_lossy(&output.stderr);
    failure.hints = said
        .lines()
        .map(|line| format!("git says: {line}"))
        .collect();
    Err(failure)
}
