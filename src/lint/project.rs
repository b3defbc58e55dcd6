//! All files together: sets of objects, rules about several, exceptions, and the sorted result.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{civil::Date, tz::TimeZone};

use super::{
    finding::{Finding, Suppressed, Unscanned},
    ignore::Comment,
    layout::{Generated, Layout},
    report::{Report, Surroundings},
    rule::Check,
    rules::{self, o601},
    scan::FileScan,
    set::{Delivery, Fact, Set},
    value,
};

/// All files together, for the rules that need them.
pub struct Project<'a> {
    /// The kustomizations.
    pub layout: &'a Layout,
    /// The facts of all objects in all files.
    pub facts: &'a [Fact],
    /// The sets: what is rendered, and the rest.
    pub sets: &'a [Set],
    /// The paths that were looked at.
    pub paths: &'a BTreeSet<String>,
    /// Of these, the ones that Git tracks; `None` where there is no Git.
    pub tracked: Option<&'a BTreeSet<String>>,
    /// Files that hold nothing secret, of those that secret generators read.
    pub harmless: &'a BTreeSet<String>,
    /// The time of the last commit of files, where it was asked for: seconds since 1970.
    pub changed: &'a BTreeMap<String, i64>,
}

impl<'a> Project<'a> {
    /// What secret generators read.
    pub fn generators(&self) -> &'a [Generated] {
        &self.layout.generated
    }

    /// Whether a file holds nothing secret.
    pub fn is_harmless(&self, path: &str) -> bool {
        self.harmless.contains(path)
    }

    /// What brings folders into a cluster.
    pub fn deliveries(&self) -> impl Iterator<Item = &'a Delivery> + use<'a> {
        self.facts.iter().flat_map(|fact| &fact.deliveries)
    }

    /// What a delivery brings: the rendering of its folder, or the manifests in it, with the overlay.
    pub fn delivered(&self, delivery: &Delivery) -> Vec<(Option<&'a str>, &'a Fact)> {
        let sets: &'a [Set] = self.sets;
        let rendered = sets.iter().find(|set| {
            set.is_rendered && set.overlay == delivery.path && !delivery.path.is_empty()
        });
        if let Some(set) = rendered {
            return set
                .facts
                .iter()
                .map(|fact| (Some(set.overlay.as_str()), fact))
                .collect();
        }
        let loose = sets
            .iter()
            .filter(|set| set.overlay.is_empty() && !set.is_rendered);
        let facts = loose
            .flat_map(|set| &set.facts)
            .filter(|fact| delivery.takes(&fact.source.path));
        facts.map(|fact| (None, fact)).collect()
    }
}

/// Whether a file that a generator reads holds nothing secret: encrypted, public, or only placeholders.
pub fn is_harmless(text: &str) -> bool {
    let trimmed = text.trim();
    trimmed.is_empty()
        || value::is_public(trimmed)
        || trimmed.contains("ENC[AES256_GCM")
        || trimmed.lines().all(|line| {
            let line = line.trim();
            line.is_empty()
                || line.starts_with('#')
                || line.split_once('=').map_or_else(
                    || value::is_placeholder(line),
                    |(_, held)| value::is_placeholder(held),
                )
        })
}

/// What a scan gives in the end.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What there is to say, sorted; suppressed findings included.
    pub findings: Vec<Finding>,
    /// What was not looked at, sorted.
    pub unscanned: Vec<Unscanned>,
    /// How many files were looked at.
    pub files: usize,
    /// Their bytes.
    pub bytes: usize,
    /// How many objects were looked at, by file.
    pub objects: BTreeMap<String, usize>,
}

/// Lets the rules about sets and about everything look.
pub fn check(project: &Project<'_>, around: &Surroundings<'_>, findings: &mut Vec<Finding>) {
    for rule in rules::ALL {
        for check in rule.checks {
            let mut report = Report::new(around, rule, findings);
            match check {
                Check::Set(check) => project.sets.iter().for_each(|set| check(set, &mut report)),
                Check::Project(check) => check(project, &mut report),
                _ => {}
            }
        }
    }
}

/// The manifests that no kustomization names, as one set; patches and rendered files left out.
pub fn loose(layout: &Layout, facts: &[Fact]) -> Set {
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for folder in layout.kustomizations.keys() {
        named.extend(layout.closure(folder).0);
    }
    let outside = facts.iter().filter(|fact| {
        !named.contains(fact.source.path.as_str()) && !fact.is_patch && !fact.is_idle()
    });
    Set {
        overlay: String::new(),
        facts: outside.cloned().collect(),
        ..Set::default()
    }
}

/// Puts findings and exceptions together.
pub fn finish(
    scans: Vec<FileScan>,
    mut findings: Vec<Finding>,
    mut unscanned: Vec<Unscanned>,
    around: &Surroundings<'_>,
) -> Outcome {
    let today = around.now.to_zoned(TimeZone::UTC).date();
    let mut outcome = Outcome::default();
    let mut comments: BTreeMap<String, Vec<Comment>> = BTreeMap::new();
    for scan in scans {
        outcome.files += 1;
        outcome.bytes += scan.bytes;
        if scan.objects > 0 {
            outcome.objects.insert(scan.path.clone(), scan.objects);
        }
        findings.extend(scan.findings);
        unscanned.extend(scan.unscanned);
        if !scan.comments.is_empty() {
            comments.insert(scan.path, scan.comments);
        }
    }
    o601::check(&comments, today, around, &mut findings);
    findings.retain_mut(
        |finding| match around.config.severity(finding.rule, finding.severity) {
            Some(severity) => {
                finding.severity = severity;
                true
            }
            None => false,
        },
    );
    for finding in &mut findings {
        if finding.suppressed.is_none() {
            finding.suppressed = exception(finding, &comments, today, around);
        }
    }
    findings.sort_by(|one, other| one.order().cmp(&other.order()));
    findings.dedup_by(|one, other| {
        one.rule.id == other.rule.id
            && one.place == other.place
            && one.field == other.field
            && (one.overlay == other.overlay || one.overlay.is_none() || other.overlay.is_none())
            && one.message == other.message
    });
    unscanned.retain(|one| !is_accepted(&one.path, today, around));
    unscanned.sort();
    unscanned.dedup();
    outcome.findings = findings;
    outcome.unscanned = unscanned;
    outcome
}

/// Whether the configuration accepts that a path is not scanned.
pub fn is_accepted(path: &str, today: Date, around: &Surroundings<'_>) -> bool {
    let accept = around.config.accept.iter();
    accept
        .into_iter()
        .any(|one| one.path.takes(path) && today <= one.until)
}

fn exception(
    finding: &Finding,
    comments: &BTreeMap<String, Vec<Comment>>,
    today: Date,
    around: &Surroundings<'_>,
) -> Option<Suppressed> {
    let id = finding.rule.id;
    let own = comments.get(&finding.place.path).into_iter().flatten();
    for comment in own {
        if comment.takes(id, finding.place.line)
            && comment.holds(today, around.config.strict_ignores)
        {
            return Some(Suppressed {
                reason: comment.reason.clone(),
                until: comment.until.unwrap_or_default(),
            });
        }
    }
    configured(finding, today, around)
}

/// Why the configuration takes a finding out, if it does.
pub fn configured(finding: &Finding, today: Date, around: &Surroundings<'_>) -> Option<Suppressed> {
    let id = finding.rule.id;
    let name = finding.object.as_ref().map(|object| object.name.as_str());
    let is_meant = |given: &Option<String>, own: Option<&str>| {
        given.as_deref().is_none_or(|text| own == Some(text))
    };
    let configured = around.config.ignore.iter().find(|one| {
        one.path.takes(&finding.place.path)
            && (one.rules.is_empty() || one.rules.contains(id))
            && one.until.is_none_or(|until| today <= until)
            && is_meant(&one.object, name)
            && is_meant(&one.field, Some(&finding.field))
    });
    configured.map(|one| Suppressed {
        reason: one.reason.clone(),
        until: one.until,
    })
}
