//! The sealing certificates of the configuration, and which files are older than they are.

use std::collections::BTreeMap;

use super::input::Input;
use crate::{
    cli::Failure,
    lint::{
        certificate::Facts,
        config::{Certificate, Config},
        layout,
    },
};

/// Reads the certificates.
pub fn read(config: &Config, input: &Input) -> Result<Vec<Certificate>, Failure> {
    let mut found = Vec::new();
    for file in &config.certificates {
        let failed = |why: String| {
            Failure::new(format!(
                "certificate {} of the configuration: {why}",
                file.file
            ))
        };
        let path = layout::resolve("", &file.file)
            .ok_or_else(|| failed("the path leads out".to_owned()))?;
        let bytes = input.read(&path).map_err(failed)?;
        let facts = Facts::read(&bytes).map_err(|error| failed(error.to_string()))?;
        found.push(Certificate {
            file: file.clone(),
            facts,
            path,
        });
    }
    Ok(found)
}

/// When committed files were last changed, as far as it matters: 0 for whatever no commit since the oldest of the
/// certificates touched.
pub fn changed(certificates: &[Certificate], input: &Input) -> BTreeMap<String, i64> {
    let mut changed = BTreeMap::new();
    let oldest = certificates
        .iter()
        .map(|one| one.facts.facts.not_before.as_second())
        .min();
    let (Some(oldest), Some(repository)) = (oldest, &input.repository) else {
        return changed;
    };
    let (Ok(head), Ok(index)) = (repository.files_of("HEAD"), repository.index()) else {
        return changed;
    };
    let committed = head
        .into_iter()
        .filter(|(path, blob)| index.get(path) == Some(blob));
    changed.extend(committed.map(|(path, _)| (path, 0)));
    let commits = repository
        .tips(&["HEAD"])
        .and_then(|tips| repository.commits(&tips, &[]));
    let changes = repository.changes();
    for commit in commits.unwrap_or_default() {
        if commit.time < oldest {
            continue;
        }
        for (path, ..) in changes.of(&commit).unwrap_or_default() {
            if let Some(time) = changed.get_mut(&path) {
                *time = commit.time.max(*time);
            }
        }
    }
    changed
}
