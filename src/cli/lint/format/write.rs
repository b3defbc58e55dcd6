//! From what a run gives to its report.

use super::{csv, github, gitlab, json, junit, sarif, text};
use crate::{
    cli::{
        Failure, Shell,
        lint::{judge::Judged, settings::Settings},
    },
    lint::{baseline::Entry, finding::Finding},
};

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// Code quality of GitLab.
    Gitlab,
    /// Test results.
    Junit,
    /// A table.
    Csv,
}

/// What a report is made of.
pub struct Report<'a> {
    /// What was asked for.
    pub settings: &'a Settings,
    /// What was found.
    pub judged: &'a Judged,
    /// Entries of the baseline that match nothing any more.
    pub stale: &'a [Entry],
}

impl Report<'_> {
    /// The findings that are to be mended: neither known nor suppressed.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        let findings = self.judged.outcome.findings.iter();
        findings.filter(|finding| !finding.in_baseline && finding.suppressed.is_none())
    }
}

/// Writes the report.
pub fn write(
    settings: &Settings,
    judged: &Judged,
    stale: &[Entry],
    shell: &mut Shell,
) -> Result<(), Failure> {
    let report = Report {
        settings,
        judged,
        stale,
    };
    let text = match settings.format {
        Format::Text => text::render(&report, shell.has_colour()),
        Format::Json => json::render(&report),
        Format::Sarif => sarif::render(&report),
        Format::Github => github::render(&report),
        Format::Gitlab => gitlab::render(&report),
        Format::Junit => junit::render(&report),
        Format::Csv => csv::render(&report),
    };
    shell.output().write_all(text.as_bytes())?;
    shell.output().flush()?;
    if settings.format != Format::Text {
        for one in &judged.outcome.unscanned {
            shell.note(format_args!("not scanned: {}: {}", one.path, one.reason));
        }
    }
    Ok(())
}
