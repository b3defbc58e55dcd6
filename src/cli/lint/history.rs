//! Commits: each version of a file is looked at once, and what was found is kept beside the repository.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::PathBuf,
    time::Instant,
};

use gix::ObjectId;
use serde::{Deserialize, Serialize};

use super::{
    format::rule_set_hash,
    input::{self, Input},
    judge::{self, Judged, scan_one},
    settings::{Mode, Settings},
    work,
};
use crate::{
    cli::Failure,
    lint::{
        config::{Config, FILE_NAME},
        finding::{Confidence, Finding, ObjectId as Name, Place, Seen, Severity, Unscanned},
        layout::Layout,
        project,
        report::Surroundings,
        rules,
        scan::{self, FileScan, MAX_FILE_BYTES},
    },
    object::tree::Tree,
    source::{Blob, Commit, Repository, SourceError},
};

/// The version of the cache's form.
const FORM: u32 = 1;
/// How many commits are compared at a time.
const BATCH: usize = 512;

/// What one version of a file has, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    rule: String,
    severity: String,
    confidence: u8,
    message: String,
    line: [usize; 4],
    object: Option<[String; 4]>,
    field: String,
    excerpt: String,
}

/// One version of a file with findings.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Version {
    path: String,
    blob: String,
    first: String,
    first_time: i64,
    /// The last commit that has it; empty while it is still there.
    last: String,
    kept: Vec<Kept>,
    unscanned: Vec<(usize, String)>,
}

/// What is kept of a walk: no value, as in any finding.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Cache {
    form: u32,
    rules: String,
    tips: Vec<String>,
    files: usize,
    bytes: usize,
    versions: Vec<Version>,
}

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
    let is_cached = !settings.no_cache && settings.mode == Mode::History;
    let path = cache_path(&repository);
    let key = format!("{} {}", rule_set_hash(), config.strict_ignores);
    let mut cache = if is_cached {
        load(&path, &key)
    } else {
        Cache::default()
    };
    let known: Vec<ObjectId> = cache
        .tips
        .iter()
        .filter_map(|tip| ObjectId::from_hex(tip.as_bytes()).ok())
        .collect();
    let hidden = if hidden.is_empty() { known } else { hidden };
    let is_new = tips.iter().any(|tip| !hidden.contains(tip));
    if is_new {
        let commits = repository.commits(&tips, &hidden).map_err(failed)?;
        walk(&repository, &commits, &around, &mut cache).map_err(failed)?;
        let mut all: BTreeSet<String> = tips.iter().map(ToString::to_string).collect();
        all.extend(cache.tips.iter().cloned());
        cache.tips = all.into_iter().collect();
        if is_cached {
            save(&path, &cache);
        }
    }
    let head = repository.files_of(newest).map_err(failed)?;
    let (findings, unscanned) = told(&cache, &head, tips.first());
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

/// Goes through commits, oldest first.
fn walk(
    repository: &Repository,
    commits: &[Commit],
    around: &Surroundings<'_>,
    cache: &mut Cache,
) -> Result<(), SourceError> {
    let mut seen: BTreeSet<(ObjectId, bool)> = BTreeSet::new();
    let mut open: HashMap<(String, String), usize> = HashMap::new();
    for (index, version) in cache.versions.iter().enumerate() {
        if version.last.is_empty() {
            open.insert((version.path.clone(), version.blob.clone()), index);
        }
    }
    for batch in commits.chunks(BATCH) {
        let changed = work::each(batch, || {
            let changes = repository.changes();
            move |commit: &Commit| changes.of(commit)
        });
        // Each version is looked at once, whatever paths it has: only what its name makes of it matters.
        let mut wanted: Vec<(ObjectId, String)> = Vec::new();
        let mut found: Vec<(usize, String, Option<ObjectId>, Option<ObjectId>)> = Vec::new();
        for (number, changes) in changed.into_iter().enumerate() {
            for (path, before, after) in changes? {
                if let Some(id) = after
                    && seen.insert((id, scan::is_manifest(&path)))
                {
                    wanted.push((id, path.clone()));
                }
                found.push((number, path, before, after));
            }
        }
        let scans = work::each(&wanted, || {
            let changes = repository.changes();
            move |(id, path): &(ObjectId, String)| {
                look(path, changes.blob(*id, MAX_FILE_BYTES), around)
            }
        });
        let mut results: HashMap<ObjectId, Vec<(String, FileScan)>> = HashMap::new();
        for ((id, path), scan) in wanted.into_iter().zip(scans) {
            cache.files += 1;
            cache.bytes += scan.bytes;
            if !scan.findings.is_empty() || !scan.unscanned.is_empty() {
                results.entry(id).or_default().push((path, scan));
            }
        }
        for (number, path, before, after) in found {
            let Some(commit) = batch.get(number) else {
                continue;
            };
            if let Some(before) = before
                && let Some(index) = open.remove(&(path.clone(), before.to_string()))
                && let (Some(version), Some(parent)) =
                    (cache.versions.get_mut(index), commit.parent)
            {
                version.last = parent.to_string();
            }
            let Some(after) = after else { continue };
            let scan = results
                .get(&after)
                .into_iter()
                .flatten()
                .find(|(own, _)| *own == path);
            if let Some((_, scan)) = scan {
                open.insert((path.clone(), after.to_string()), cache.versions.len());
                cache.versions.push(version(path, after, commit, scan));
            }
        }
    }
    Ok(())
}

fn version(path: String, blob: ObjectId, commit: &Commit, scan: &FileScan) -> Version {
    Version {
        path,
        blob: blob.to_string(),
        first: commit.id.to_string(),
        first_time: commit.time,
        last: String::new(),
        kept: scan.findings.iter().map(keep).collect(),
        unscanned: scan
            .unscanned
            .iter()
            .map(|one| (one.line, one.reason.clone()))
            .collect(),
    }
}

/// Looks at one version of a file with the rules for plain secrets.
fn look(path: &str, bytes: Result<Vec<u8>, String>, around: &Surroundings<'_>) -> FileScan {
    // What did not parse can no longer be mended; it counts only where it may hide a Secret.
    let may_hide = bytes.as_ref().is_ok_and(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        text.contains("Secret") && text.contains("ata") && !text.contains("{{")
    });
    let mut scan = scan_one(path, || bytes, &Layout::default(), around);
    scan.unscanned.retain(|one| may_hide || one.line == 0);
    scan.findings
        .retain(|finding| finding.rule.id.starts_with('P') || finding.rule.id == "K501");
    let comments = std::mem::take(&mut scan.comments);
    let today = around.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    scan.findings.retain(|finding| {
        let is_taken = |one: &crate::lint::ignore::Comment| {
            one.takes(finding.rule.id, finding.place.line)
                && one.holds(today, around.config.strict_ignores)
        };
        !comments.iter().any(is_taken)
    });
    scan
}

/// The findings of what is kept: as they are where the newest commit still has the version, else as history.
fn told(
    cache: &Cache,
    head: &BTreeMap<String, Blob>,
    tip: Option<&ObjectId>,
) -> (Vec<Finding>, Vec<Unscanned>) {
    let mut findings = Vec::new();
    let mut unscanned = Vec::new();
    let mut gone: BTreeMap<String, Finding> = BTreeMap::new();
    let tip = tip.map(ToString::to_string).unwrap_or_default();
    let there: BTreeMap<String, &str> = head
        .iter()
        .map(|(path, blob)| (blob.id.to_string(), path.as_str()))
        .collect();
    for version in &cache.versions {
        let is_same = head
            .get(&version.path)
            .is_some_and(|blob| version.blob == format!("{}", blob.id));
        let now = if is_same {
            Some(version.path.as_str())
        } else {
            there.get(&version.blob).copied()
        };
        unscanned.extend(version.unscanned.iter().map(|(line, reason)| Unscanned {
            path: version.path.clone(),
            line: *line,
            reason: format!(
                "{reason} (in commit {})",
                version.first.get(..10).unwrap_or_default()
            ),
        }));
        for kept in &version.kept {
            let Some(mut finding) = restore(kept, version) else {
                continue;
            };
            let last = if version.last.is_empty() {
                tip.clone()
            } else {
                version.last.clone()
            };
            finding.seen = Some(Seen {
                first: version.first.clone(),
                first_date: jiff::Timestamp::from_second(version.first_time)
                    .map(|time| time.to_string())
                    .unwrap_or_default(),
                last,
            });
            if let Some(now) = now {
                finding.place.path = now.to_owned();
                findings.push(finding);
                continue;
            }
            let key = format!("{} {}", version.path, finding.fingerprint());
            finding.message = format!("in the history ({}): {}", finding.rule.id, finding.message);
            if let Some(rule) = rules::find("P112") {
                finding.rule = rule;
                finding.severity = rule.severity;
                finding.remedy = rule.part("Instead:");
            }
            match gone.get_mut(&key) {
                // The same in a later version: it goes on.
                Some(earlier) => {
                    if let (Some(seen), Some(later)) = (&mut earlier.seen, finding.seen) {
                        seen.last = later.last;
                    }
                }
                None => drop(gone.insert(key, finding)),
            }
        }
    }
    findings.extend(gone.into_values());
    (findings, unscanned)
}

fn keep(finding: &Finding) -> Kept {
    let place = &finding.place;
    Kept {
        rule: finding.rule.id.to_owned(),
        severity: finding.severity.as_str().to_owned(),
        confidence: finding.confidence as u8,
        message: finding.message.clone(),
        line: [place.line, place.column, place.end_line, place.end_column],
        object: finding.object.as_ref().map(|one| {
            [
                one.api_version.clone(),
                one.kind.clone(),
                one.namespace.clone(),
                one.name.clone(),
            ]
        }),
        field: finding.field.clone(),
        excerpt: finding.excerpt.clone(),
    }
}

fn restore(kept: &Kept, version: &Version) -> Option<Finding> {
    let rule = rules::find(&kept.rule)?;
    let [line, column, end_line, end_column] = kept.line;
    Some(Finding {
        rule,
        severity: Severity::read(&kept.severity)?,
        confidence: match kept.confidence {
            0 => Confidence::Proved,
            1 => Confidence::Likely,
            _ => Confidence::Possible,
        },
        message: kept.message.clone(),
        remedy: rule.part("Instead:"),
        place: Place {
            path: version.path.clone(),
            line,
            column,
            end_line,
            end_column,
        },
        object: kept
            .object
            .clone()
            .map(|[api_version, kind, namespace, name]| Name {
                api_version,
                kind,
                namespace,
                name,
            }),
        field: kept.field.clone(),
        excerpt: kept.excerpt.clone(),
        overlay: None,
        seen: None,
        in_baseline: false,
        suppressed: None,
        source: None,
    })
}

fn cache_path(repository: &Repository) -> PathBuf {
    repository
        .git_dir()
        .join("waxwing")
        .join("lint-history.json")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the face keeps a cache beside the repository"
)]
fn load(path: &std::path::Path, key: &str) -> Cache {
    let read = fs::read(path).ok();
    let cache: Option<Cache> = read.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    cache
        .filter(|cache| cache.form == FORM && cache.rules == key)
        .unwrap_or_else(|| Cache {
            form: FORM,
            rules: key.to_owned(),
            ..Cache::default()
        })
}

/// Writes the cache; where that fails the next run looks at everything again.
#[expect(
    clippy::disallowed_methods,
    reason = "the face keeps a cache beside the repository"
)]
fn save(path: &std::path::Path, cache: &Cache) {
    let Some(folder) = path.parent() else { return };
    if fs::create_dir_all(folder).is_err() {
        return;
    }
    if let Ok(text) = serde_json::to_vec(cache) {
        let new = path.with_extension("new");
        if fs::write(&new, text).is_ok() {
            let _ = fs::rename(&new, path);
        }
    }
}
