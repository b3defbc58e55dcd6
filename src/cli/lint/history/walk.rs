//! Goes through commits: each version of a file is looked at once for all paths that mean the same.

use std::collections::HashMap;

use gix::ObjectId;

use super::cache::{Cache, Kept, Version};
use crate::{
    cli::{lint::judge::scan_one, work},
    lint::{
        finding::{Suppressed, Unscanned},
        layout::Layout,
        report::Surroundings,
        scan::{self, FileScan, MAX_FILE_BYTES},
    },
    source::{Commit, Repository},
};

/// How many commits are compared at a time.
const BATCH: usize = 512;

/// A version and what its path makes of it.
type Look = (ObjectId, u32);

/// What is known while commits are gone through.
struct Walk<'a> {
    cache: &'a mut Cache,
    /// What was looked at: the version of the cache that has the findings, nothing where there are none.
    looked: HashMap<Look, Option<usize>>,
    /// Numbers for what paths make of a file.
    classes: HashMap<String, u32>,
    /// Versions that are still there.
    open: HashMap<(String, ObjectId), usize>,
}

/// Goes through commits, oldest first, and says which could not be read.
pub(super) fn walk(
    repository: &Repository,
    commits: &[Commit],
    around: &Surroundings<'_>,
    cache: &mut Cache,
) -> Vec<Unscanned> {
    let mut walk = Walk::of(cache);
    let mut lost = Vec::new();
    for batch in commits.chunks(BATCH) {
        let changed = work::each(batch, || {
            let changes = repository.changes();
            move |commit: &Commit| changes.of(commit)
        });
        let mut wanted: Vec<(Look, String)> = Vec::new();
        let mut found: Vec<(&Commit, String, Option<ObjectId>, Option<ObjectId>)> = Vec::new();
        for (commit, changes) in batch.iter().zip(changed) {
            match changes {
                Ok(changes) => {
                    for (path, before, after) in changes {
                        if let Some(id) = after {
                            let look = (id, walk.class(&path));
                            if let std::collections::hash_map::Entry::Vacant(free) =
                                walk.looked.entry(look)
                            {
                                free.insert(None);
                                wanted.push((look, path.clone()));
                            }
                        }
                        found.push((commit, path, before, after));
                    }
                }
                Err(error) => {
                    let id = commit.id.to_string();
                    lost.push(Unscanned {
                        path: ".".to_owned(),
                        line: 0,
                        reason: format!("commit {id:.10} cannot be read: {}", cause(&error)),
                    });
                }
            }
        }
        let scans = work::each(&wanted, || {
            let changes = repository.changes();
            move |((id, _), path): &(Look, String)| {
                look(path, changes.blob(*id, MAX_FILE_BYTES), around)
            }
        });
        let mut results: HashMap<Look, FileScan> = HashMap::new();
        for ((look, _), scan) in wanted.into_iter().zip(scans) {
            walk.cache.files += 1;
            walk.cache.bytes += scan.bytes;
            if !scan.findings.is_empty() || !scan.unscanned.is_empty() {
                results.insert(look, scan);
            }
        }
        for (commit, path, before, after) in found {
            if let Some(before) = before {
                walk.ends(commit, &path, before);
            }
            if let Some(after) = after {
                walk.begins(commit, path, after, &results);
            }
        }
    }
    lost
}

/// Only why: the repository is named beside it.
fn cause(error: &crate::source::SourceError) -> String {
    match error {
        crate::source::SourceError::Store { cause, .. } => cause.clone(),
        other => other.to_string(),
    }
}

impl<'a> Walk<'a> {
    /// Goes on where a cache stopped.
    fn of(cache: &'a mut Cache) -> Self {
        let mut walk = Self {
            cache,
            looked: HashMap::new(),
            classes: HashMap::new(),
            open: HashMap::new(),
        };
        for index in 0..walk.cache.versions.len() {
            let Some(version) = walk.cache.versions.get(index) else {
                continue;
            };
            let Ok(blob) = ObjectId::from_hex(version.blob.as_bytes()) else {
                continue;
            };
            let (path, is_open) = (version.path.clone(), version.last.is_empty());
            let class = walk.class(&path);
            walk.looked.entry((blob, class)).or_insert(Some(index));
            if is_open {
                walk.open.insert((path, blob), index);
            }
        }
        walk
    }

    fn class(&mut self, path: &str) -> u32 {
        let class = scan::class_of(path);
        if let Some(number) = self.classes.get(&*class) {
            return *number;
        }
        let number = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
        self.classes.insert(class.into_owned(), number);
        number
    }

    /// A commit takes a version away.
    fn ends(&mut self, commit: &Commit, path: &str, before: ObjectId) {
        if let Some(index) = self.open.remove(&(path.to_owned(), before))
            && let (Some(version), Some(parent)) =
                (self.cache.versions.get_mut(index), commit.parent)
        {
            version.last = parent.to_string();
        }
    }

    /// A commit brings a version.
    fn begins(
        &mut self,
        commit: &Commit,
        path: String,
        after: ObjectId,
        results: &HashMap<Look, FileScan>,
    ) {
        let look = (after, self.class(&path));
        let known = self.looked.get(&look).copied().flatten();
        let (kept, unscanned) = match (known, results.get(&look)) {
            (Some(index), _) => match self.cache.versions.get(index) {
                Some(version) => (version.kept.clone(), version.unscanned.clone()),
                None => return,
            },
            (None, Some(scan)) => (
                scan.findings.iter().map(Kept::of).collect(),
                scan.unscanned
                    .iter()
                    .map(|one| (one.line, one.reason.clone()))
                    .collect(),
            ),
            (None, None) => return,
        };
        let index = self.cache.versions.len();
        self.looked.insert(look, Some(known.unwrap_or(index)));
        // A merge brings to one branch what the other has had already.
        let open = self.open.entry((path.clone(), after));
        if let std::collections::hash_map::Entry::Occupied(_) = open {
            return;
        }
        open.or_insert(index);
        self.cache.versions.push(Version {
            path,
            blob: after.to_string(),
            first: commit.id.to_string(),
            first_time: commit.time,
            last: String::new(),
            kept,
            unscanned,
        });
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
    // A verdict outlives the day: a comment that ends is kept with its date.
    let comments = std::mem::take(&mut scan.comments);
    let is_strict = around.config.strict_ignores;
    scan.findings.retain_mut(|finding| {
        let own = comments.iter().filter(|one| {
            one.takes(finding.rule.id, finding.place.line)
                && !(is_strict && one.reason.trim().is_empty())
        });
        for comment in own {
            match comment.until {
                Ok(None) => return false,
                Ok(Some(until)) => {
                    let before = finding.suppressed.as_ref().and_then(|one| one.until);
                    if before.is_none_or(|before| before < until) {
                        finding.suppressed = Some(Suppressed {
                            reason: comment.reason.clone(),
                            until: Some(until),
                        });
                    }
                }
                Err(()) => {}
            }
        }
        true
    });
    scan
}
