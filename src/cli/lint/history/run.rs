//! One run over commits.

use std::{collections::BTreeSet, fs, time::Instant};

use gix::ObjectId;

use super::{
    cache::{self, Cache},
    tell::told,
    walk::walk,
};
use crate::{
    cli::{
        Failure,
        lint::{
            format::rule_set_hash,
            input::{self, Input},
            judge::{self, Judged},
            settings::{Mode, Settings},
        },
    },
    lint::{
        config::{Config, FILE_NAME},
        finding::Unscanned,
        project,
        report::Surroundings,
        scan::FileScan,
    },
    object::tree::Tree,
    source::{Commit, Repository, SourceError},
};

/// Lints the history, or a range of it.
pub fn judge(settings: &Settings) -> Result<Judged, Failure> {
    let start = Instant::now();
    let repository = input::repository(&settings.directory)?.ok_or_else(|| {
        Failure::new("the history needs a Git repository, and there is none here")
    })?;
    let failed = |error: SourceError| Failure::new("failed to read the history").because(error);
    let config = configuration(settings, &repository)?;
    let around = Surroundings {
        config: &config,
        certificates: &[],
        now: settings.now,
    };
    let (tips, hidden, newest) = match &settings.mode {
        Mode::Range(from, to) => {
            let tips = repository.tips(&[to]).map_err(failed)?;
            // Nothing before the dots: all that the other end has.
            let hidden = if from.is_empty() {
                Vec::new()
            } else {
                repository.tips(&[from]).map_err(failed)?
            };
            (tips, hidden, to.as_str())
        }
        _ => (repository.tips(&[]).map_err(failed)?, Vec::new(), "HEAD"),
    };
    let ends = repository.shallow();
    // What a shallow clone lacks may come later, below the commits that are known.
    let is_cached = !settings.no_cache && settings.mode == Mode::History && ends.is_empty();
    let path = cache::path(&repository);
    let key = format!("{} {}", rule_set_hash(), config.strict_ignores);
    let mut cache = match is_cached {
        true => Cache::load(&path, &key),
        false => Cache::new(&key),
    };
    let mut known: Vec<ObjectId> = cache
        .tips
        .iter()
        .filter_map(|tip| ObjectId::from_hex(tip.as_bytes()).ok())
        .collect();
    if is_rewritten(&repository, &tips, &known) {
        cache = Cache::new(&key);
        known.clear();
    }
    let hidden = if hidden.is_empty() { known } else { hidden };
    let mut lost = Vec::new();
    if tips.iter().any(|tip| !hidden.contains(tip)) {
        let commits = repository.commits(&tips, &hidden).map_err(failed)?;
        lost = walk(&repository, &commits, &around, &mut cache);
        lost.extend(cut(&commits, &ends));
        cache.tips = tips.iter().map(ToString::to_string).collect();
        if is_cached && lost.is_empty() {
            cache.save(&path);
        }
    }
    let head = repository.files_of(newest).map_err(failed)?;
    let (findings, mut unscanned) = told(&cache, &head, tips.first(), &around);
    unscanned.extend(lost);
    let scan = FileScan::default();
    let mut outcome = project::finish(vec![scan], findings, unscanned, &around);
    outcome.files = cache.files;
    outcome.bytes = cache.bytes;
    Ok(Judged {
        outcome,
        head: judge::head(&repository),
        root: repository.root().to_owned(),
        config,
        took: start.elapsed(),
        input: None,
    })
}

/// Whether commits that were looked at are no longer in the history: what was taken out of it is not to be told for
/// ever.
fn is_rewritten(repository: &Repository, tips: &[ObjectId], known: &[ObjectId]) -> bool {
    let left: Vec<ObjectId> = known
        .iter()
        .filter(|tip| !tips.contains(tip))
        .copied()
        .collect();
    !left.is_empty()
        && repository
            .commits(&left, tips)
            .map_or(true, |commits| !commits.is_empty())
}

/// Where the history of a shallow clone is cut off.
fn cut(commits: &[Commit], ends: &BTreeSet<ObjectId>) -> Option<Unscanned> {
    let end = commits.iter().find(|commit| ends.contains(&commit.id))?;
    let id = end.id.to_string();
    Some(Unscanned {
        path: ".".to_owned(),
        line: 0,
        reason: format!(
            "the clone is shallow, commits before {id:.10} are not here: `git fetch --unshallow` gets them"
        ),
    })
}

fn configuration(settings: &Settings, repository: &Repository) -> Result<Config, Failure> {
    let mut tree = Tree::new();
    #[expect(
        clippy::disallowed_methods,
        reason = "the face reads the configuration"
    )]
    if let Ok(bytes) = fs::read(repository.root().join(FILE_NAME)) {
        tree.insert(FILE_NAME, bytes);
    }
    let mut input = Input::of_tree(tree, false);
    input.root = repository.root().to_owned();
    judge::configuration(settings, &input)
}
