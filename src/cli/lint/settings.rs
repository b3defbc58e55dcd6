//! What a run of the linter is to do.

use std::path::PathBuf;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{Args, format::Format};
use crate::{cli::Failure, lint::finding::Severity};

/// What is scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The work tree: what is tracked, and what is neither tracked nor ignored.
    Tree,
    /// Files and folders.
    Paths(Vec<PathBuf>),
    /// Standard input.
    Input,
    /// What is staged.
    Staged,
    /// What commits bring: from one that is left out to another.
    Range(String, String),
    /// All commits.
    History,
}

impl Mode {
    /// The word of reports.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Tree => "tree",
            Self::Paths(_) => "paths",
            Self::Input => "stdin",
            Self::Staged => "staged",
            Self::Range(..) => "range",
            Self::History => "history",
        }
    }
}

/// What a run is to do.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) mode: Mode,
    pub(super) directory: PathBuf,
    pub(super) format: Format,
    pub(super) fail_on: Option<Severity>,
    pub(super) config: Option<PathBuf>,
    pub(super) config_from: Option<String>,
    pub(super) baseline: Option<PathBuf>,
    pub(super) write_baseline: bool,
    pub(super) strict_ignores: bool,
    pub(super) now: Timestamp,
    pub(super) explain: Option<String>,
    pub(super) fix: bool,
    pub(super) seal: Option<PathBuf>,
    pub(super) no_cache: bool,
}

impl Settings {
    #[expect(
        clippy::disallowed_methods,
        reason = "a command lives for one moment of the wall clock"
    )]
    pub(super) fn of(args: Args) -> Result<Self, Failure> {
        let mode = match (args.staged, args.range, args.history) {
            (true, ..) => Mode::Staged,
            (_, Some(range), _) => {
                let (from, to) = range.split_once("..").ok_or_else(|| {
                    Failure::new(format!("--range {range}: not of the form A..B"))
                        .hint("for example origin/main..HEAD")
                })?;
                let to = if to.is_empty() { "HEAD" } else { to };
                Mode::Range(from.to_owned(), to.trim_start_matches('.').to_owned())
            }
            (_, _, true) => Mode::History,
            _ if args.paths.iter().any(|path| path.as_os_str() == "-") => {
                if args.paths.len() > 1 {
                    return Err(Failure::new("standard input cannot be mixed with files"));
                }
                Mode::Input
            }
            _ if args.paths.is_empty() => Mode::Tree,
            _ => Mode::Paths(args.paths),
        };
        let fail_on = match args.fail_on {
            None => None,
            Some(word) => Some(Severity::read(&word).ok_or_else(|| {
                Failure::new(format!("--fail-on {word}: must be error, warning or info"))
            })?),
        };
        let now = match args.now {
            None => Timestamp::now(),
            Some(text) => instant(&text).ok_or_else(|| {
                Failure::new(format!(
                    "--now {text}: no time such as 2027-01-31T12:00:00Z"
                ))
            })?,
        };
        Ok(Self {
            mode,
            directory: args.directory,
            format: args.output.unwrap_or(args.format),
            fail_on,
            config: args.config,
            config_from: args.config_from,
            baseline: args.baseline,
            write_baseline: args.write_baseline,
            strict_ignores: args.strict_ignores,
            now,
            explain: args.explain,
            fix: args.fix,
            seal: args.seal,
            no_cache: args.no_cache,
        })
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let date: Date = text.parse().ok()?;
        Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}
