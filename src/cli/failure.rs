//! Why a command stopped, and with which exit code.

use std::{error::Error, fmt, io, process::ExitCode};

/// What a command answers to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: yes, done.
    Yes,
    /// 1: no: findings, drift, degraded.
    No,
    /// 2: could not tell: usage, input and output, cluster.
    CouldNotTell,
    /// 3: incomplete (`lint` only).
    Incomplete,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Yes => 0,
            Exit::No => 1,
            Exit::CouldNotTell => 2,
            Exit::Incomplete => 3,
        })
    }
}

/// Why a command stopped: printed once, as an `error:` line, its causes, and `hint:` lines.
#[derive(Debug)]
pub struct Failure {
    /// The exit code to leave with.
    pub exit: Exit,
    /// What could not be done, in lower case.
    pub message: String,
    /// What was in the way.
    pub source: Option<Box<dyn Error + Send + Sync>>,
    /// What the reader can do about it.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure that leaves with [`Exit::CouldNotTell`].
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::CouldNotTell,
            message: message.into(),
            source: None,
            hints: Vec::new(),
        }
    }

    /// With what was in the way.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// With one more line that says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// With another exit code.
    #[must_use]
    pub fn exiting(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// Whether the reader of our output went away, which is no failure.
    pub fn is_broken_pipe(&self) -> bool {
        let mut cause: Option<&(dyn Error + 'static)> = self.source.as_deref().map(|e| e as _);
        while let Some(error) = cause {
            if error
                .downcast_ref::<io::Error>()
                .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
            {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new("failed to write the output").because(error)
    }
}

impl From<super::kubeseal::Refusal> for Failure {
    fn from(refusal: super::kubeseal::Refusal) -> Self {
        Self::new(refusal.0)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.message)?;
        let mut said = self.message.clone();
        let mut cause: Option<&(dyn Error + 'static)> = self.source.as_deref().map(|e| e as _);
        while let Some(error) = cause {
            let text = error.to_string();
            // Many errors repeat their cause; saying it twice helps nobody.
            if !said.ends_with(&text) {
                writeln!(f, "caused by: {text}")?;
            }
            said = text;
            cause = error.source();
        }
        for hint in &self.hints {
            writeln!(f, "hint: {hint}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_said_once_with_its_causes_and_hints() {
        let failure = Failure::new("failed to open the folder")
            .because(io::Error::other("disk on fire"))
            .hint("call the fire brigade");
        assert_eq!(
            failure.to_string(),
            "failed to open the folder\ncaused by: disk on fire\nhint: call the fire brigade\n"
        );
        assert!(!failure.is_broken_pipe());
        assert!(Failure::from(io::Error::from(io::ErrorKind::BrokenPipe)).is_broken_pipe());
    }
}
