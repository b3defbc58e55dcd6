//! What can be typed, and the way from there to an exit code.

use std::path::PathBuf;

use super::{
    Settings, explain, fix, format,
    format::Format,
    history,
    judge::{self, Judged},
    known,
    settings::Mode,
};
use crate::cli::{Env, Exit, Failure, Shell};

/// Find plain secrets in what goes to Git, and sealed ones that cannot be opened.
///
/// Exit code 0: nothing; 1: findings; 2: usage, configuration; 3: something was not scanned. No secret is printed,
/// in any format.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  waxwing lint\n  waxwing lint --staged\n  waxwing lint --range origin/main..HEAD --format github\n  kustomize build overlays/prod | waxwing lint -\n  waxwing lint --explain P101"
)]
pub struct Args {
    /// Files and folders; `-` for standard input. The whole repository unless given.
    pub(super) paths: Vec<PathBuf>,
    /// What is in the index and differs from the newest commit.
    #[arg(long, conflicts_with_all = ["paths", "range", "history"])]
    pub(super) staged: bool,
    /// What the commits of a range (A..B) bring.
    #[arg(long, value_name = "A..B", conflicts_with_all = ["paths", "history"])]
    pub(super) range: Option<String>,
    /// All commits of all branches and tags.
    #[arg(long, conflicts_with = "paths")]
    pub(super) history: bool,
    /// text, json, sarif, github, gitlab, junit or csv.
    #[arg(long, short = 'f', value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// The same as --format, as other commands have it.
    #[arg(long, short = 'o', value_enum, conflicts_with = "format", hide = true)]
    pub(super) output: Option<Format>,
    /// The least severity that gives exit code 1: error, warning or info.
    #[arg(long, value_name = "SEVERITY")]
    pub(super) fail_on: Option<String>,
    /// The configuration; `.waxwing-lint.yaml`, looked for upwards, unless given.
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Read the configuration from a commit, so that a change cannot weaken it.
    #[arg(long, value_name = "REVISION", conflicts_with = "config")]
    pub(super) config_from: Option<String>,
    /// Findings that are known; `.waxwing-lint-baseline.json` beside the configuration unless given.
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Write the findings of this run to the baseline.
    #[arg(long)]
    pub(super) write_baseline: bool,
    /// Let ignore comments without a reason count for nothing.
    #[arg(long)]
    pub(super) strict_ignores: bool,
    /// The time to judge certificates by, RFC 3339 or a date.
    #[arg(long, value_name = "TIME")]
    pub(super) now: Option<String>,
    /// Show the documentation of a rule, or with `all` of all rules.
    #[arg(long, value_name = "RULE")]
    pub(super) explain: Option<String>,
    /// Mend what can be mended without knowing any secret.
    #[arg(long, conflicts_with_all = ["range", "history"])]
    pub(super) fix: bool,
    /// With --fix: seal plain Secrets for this certificate, and take the plain files out of the index.
    #[arg(long, value_name = "CERT", requires = "fix")]
    pub(super) seal: Option<PathBuf>,
    /// Read nothing from and write nothing to the cache of the history.
    #[arg(long)]
    pub(super) no_cache: bool,
    /// Where to start: the repository around this folder.
    #[arg(long, short = 'C', value_name = "FOLDER", default_value = ".")]
    pub(super) directory: PathBuf,
}

impl Args {
    /// From what was typed to what was meant.
    ///
    /// # Errors
    /// A value is none that is known.
    pub fn resolve(self, _env: &Env) -> Result<Settings, Failure> {
        Settings::of(self)
    }
}

/// Lints.
///
/// # Errors
/// The configuration cannot be used, the repository not be read, or the output not be written.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    if let Some(rule) = &settings.explain {
        return explain::run(rule, shell);
    }
    let mut judged = match &settings.mode {
        Mode::History | Mode::Range(..) => history::judge(&settings)?,
        _ => judge::judge(&settings, shell)?,
    };
    if settings.fix {
        let mended = fix::run(&settings, &judged, shell)?;
        if mended > 0 {
            judged = judge::judge(&settings, shell)?;
        }
    }
    let stale = known::apply(&settings, &mut judged)?;
    if settings.write_baseline {
        return known::write(&settings, &judged, shell);
    }
    format::write(&settings, &judged, &stale, shell)?;
    Ok(exit(&settings, &judged))
}

fn exit(settings: &Settings, judged: &Judged) -> Exit {
    let least = settings.fail_on.unwrap_or(judged.config.fail_on);
    if !judged.outcome.unscanned.is_empty() {
        Exit::Incomplete
    } else if judged
        .outcome
        .findings
        .iter()
        .any(|finding| finding.counts(least))
    {
        Exit::No
    } else {
        Exit::Yes
    }
}
