//! The baseline file.

use std::path::PathBuf;

use super::{judge::Judged, settings::Settings};
use crate::{
    cli::{Exit, Failure, Shell},
    lint::baseline::{Baseline, Entry, FILE_NAME},
};

fn path(settings: &Settings, judged: &Judged) -> PathBuf {
    settings
        .baseline
        .clone()
        .unwrap_or_else(|| judged.root.join(FILE_NAME))
}

/// Marks what the baseline knows, and gives its entries that match nothing any more.
#[expect(clippy::disallowed_methods, reason = "the face reads the baseline")]
pub fn apply(settings: &Settings, judged: &mut Judged) -> Result<Vec<Entry>, Failure> {
    let path = path(settings, judged);
    let failed = |why: String| Failure::new(format!("baseline {}: {why}", path.display()));
    if settings.write_baseline || (settings.baseline.is_none() && !path.exists()) {
        return Ok(Vec::new());
    }
    let bytes = std::fs::read(&path).map_err(|error| failed(error.to_string()))?;
    let baseline = Baseline::read(&bytes).map_err(failed)?;
    let stale = baseline.mark(&mut judged.outcome.findings);
    // A run over a part of the files cannot tell what is stale.
    let is_whole = matches!(settings.mode, super::settings::Mode::Tree);
    Ok(if is_whole { stale } else { Vec::new() })
}

/// Writes the findings that count as known.
#[expect(clippy::disallowed_methods, reason = "the face writes the baseline")]
pub fn write(settings: &Settings, judged: &Judged, shell: &mut Shell) -> Result<Exit, Failure> {
    let path = path(settings, judged);
    let findings = judged
        .outcome
        .findings
        .iter()
        .filter(|finding| finding.suppressed.is_none());
    let baseline = Baseline::of(findings);
    std::fs::write(&path, baseline.text()).map_err(|error| {
        Failure::new(format!("failed to write {}", path.display())).because(error)
    })?;
    shell.note(format_args!(
        "{} findings are now known in {}",
        baseline.entries.len(),
        path.display()
    ));
    Ok(if judged.outcome.unscanned.is_empty() {
        Exit::Yes
    } else {
        Exit::Incomplete
    })
}
