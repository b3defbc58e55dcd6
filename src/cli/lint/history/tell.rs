//! From what is kept of a history to findings: as they are where the newest commit still has a version, else as
//! history; a version that had several paths is told once.

use std::collections::{BTreeMap, BTreeSet};

use gix::ObjectId;
use jiff::tz::TimeZone;

use super::cache::{Cache, Kept, Version};
use crate::{
    lint::{
        finding::{Finding, Seen, Unscanned},
        project,
        report::Surroundings,
        rules,
    },
    source::Blob,
};

/// How many other paths of a version are named.
const MAX_PATHS: usize = 3;

/// A finding of a version, whatever path that has.
type Same<'a> = (&'a str, &'a str, &'a str, [usize; 4]);

fn same<'a>(version: &'a Version, kept: &'a Kept) -> Same<'a> {
    (&version.blob, &kept.rule, &kept.field, kept.line)
}

/// Findings that are no longer in the newest commit.
#[derive(Default)]
struct Gone<'a> {
    /// By path and fingerprint, with the other paths of the same version.
    findings: BTreeMap<String, (Finding, BTreeSet<&'a str>)>,
    /// Which of them tells a finding of a version.
    tells: BTreeMap<Same<'a>, String>,
}

/// The findings of what is kept.
pub(super) fn told(
    cache: &Cache,
    head: &BTreeMap<String, Blob>,
    tip: Option<&ObjectId>,
    around: &Surroundings<'_>,
) -> (Vec<Finding>, Vec<Unscanned>) {
    let today = around.now.to_zoned(TimeZone::UTC).date();
    let tip = tip.map(ToString::to_string).unwrap_or_default();
    let mut findings = Vec::new();
    let mut unscanned = Vec::new();
    let mut present: BTreeSet<Same<'_>> = BTreeSet::new();
    let mut past: Vec<(&Version, &Kept, Finding)> = Vec::new();
    for version in &cache.versions {
        unscanned.extend(version.unscanned.iter().map(|(line, reason)| Unscanned {
            path: version.path.clone(),
            line: *line,
            reason: format!("{reason} (in commit {:.10})", version.first),
        }));
        let current = head.get(&version.path).map(|blob| blob.id.to_string());
        let is_there = current.as_ref() == Some(&version.blob);
        for kept in &version.kept {
            let Some(mut finding) = kept.finding(&version.path) else {
                continue;
            };
            let suppressed = finding.suppressed.take().and_then(|one| one.until);
            if suppressed.is_some_and(|until| today <= until) {
                continue;
            }
            // A rule that is off is off for the past as well.
            if around
                .config
                .severity(finding.rule, finding.severity)
                .is_none()
            {
                continue;
            }
            finding.seen = Some(seen(version, &tip));
            finding.suppressed = project::configured(&finding, today, around);
            if !is_there {
                past.push((version, kept, finding));
                continue;
            }
            if finding.suppressed.is_none() {
                present.insert(same(version, kept));
            }
            findings.push(finding);
        }
    }
    let mut gone = Gone::default();
    for (version, kept, finding) in past {
        // The same version at another path, where it counts, tells it.
        if !present.contains(&same(version, kept)) {
            gone.add(version, kept, finding);
        }
    }
    findings.extend(gone.findings());
    (findings, unscanned)
}

fn seen(version: &Version, tip: &str) -> Seen {
    let last = match version.last.as_str() {
        "" => tip,
        last => last,
    };
    Seen {
        first: version.first.clone(),
        first_date: jiff::Timestamp::from_second(version.first_time)
            .map(|time| time.to_string())
            .unwrap_or_default(),
        last: last.to_owned(),
    }
}

/// Has a finding seen for as long as a later one of the same.
fn goes_on(earlier: &mut Finding, later: Finding) {
    if let (Some(seen), Some(later)) = (&mut earlier.seen, later.seen) {
        seen.last = later.last;
    }
}

impl<'a> Gone<'a> {
    fn add(&mut self, version: &'a Version, kept: &'a Kept, mut finding: Finding) {
        let key = format!("{} {}", version.path, finding.fingerprint());
        // The same in a later version: it goes on.
        if let Some((earlier, _)) = self.findings.get_mut(&key) {
            goes_on(earlier, finding);
            return;
        }
        if finding.suppressed.is_none() {
            let told = self.tells.get(&same(version, kept));
            if let Some((earlier, also)) = told.and_then(|key| self.findings.get_mut(key)) {
                also.insert(&version.path);
                goes_on(earlier, finding);
                return;
            }
            self.tells.insert(same(version, kept), key.clone());
        }
        finding.message = format!("in the history ({}): {}", finding.rule.id, finding.message);
        if let Some(rule) = rules::find("P112") {
            finding.rule = rule;
            finding.severity = rule.severity;
            finding.remedy = rule.part("Instead:");
        }
        self.findings.insert(key, (finding, BTreeSet::new()));
    }

    fn findings(self) -> impl Iterator<Item = Finding> {
        self.findings.into_values().map(|(mut finding, also)| {
            let named: Vec<&str> = also.iter().copied().take(MAX_PATHS).collect();
            if !named.is_empty() {
                let more = match also.len() - named.len() {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let text = format!(" (the same file was also {}{more})", named.join(", "));
                finding.message.push_str(&text);
            }
            finding
        })
    }
}
