//! One run over files: configuration, scan, renderings, rules about several objects, places.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    certificates,
    input::{self, Input},
    render,
    settings::{Mode, Settings},
};
use crate::{
    cli::{Failure, Shell, work},
    lint::{
        config::{Config, FILE_NAME},
        finding::{Finding, Unscanned},
        layout::{self, Layout},
        project::{self, Outcome, Project},
        report::Surroundings,
        scan::{self, FileScan, Places},
        set::{Fact, Set, Source},
    },
    source::Repository,
};

/// How long one file may take.
const MAX_TIME: Duration = Duration::from_secs(5);

/// What a run gives.
pub struct Judged {
    /// Findings and what was not scanned.
    pub outcome: Outcome,
    /// The configuration that was used.
    pub config: Config,
    /// The folder that paths start from.
    pub root: std::path::PathBuf,
    /// The newest commit.
    pub head: Option<String>,
    /// How long it took.
    pub took: Duration,
    /// The files of the run, where it was one over files.
    pub input: Option<Input>,
}

/// Lints files.
pub fn judge(settings: &Settings, shell: &mut Shell) -> Result<Judged, Failure> {
    let input = Input::collect(settings, shell)?;
    judge_input(settings, input)
}

/// Lints files that are collected.
pub fn judge_input(settings: &Settings, input: Input) -> Result<Judged, Failure> {
    let start = Instant::now();
    let config = configuration(settings, &input)?;
    let certificates = certificates::read(&config, &input)?;
    let around = Surroundings {
        config: &config,
        certificates: &certificates,
        now: settings.now,
    };
    let layout = layout_of(&input);
    let paths: Vec<&String> = input.paths.iter().collect();
    let mut scans = work::each(&paths, || {
        |path: &&String| scan_one(path, || input.read(path), &layout, &around)
    });
    let mut unscanned = input.unscanned.clone();
    unscanned.extend(charts(&layout, &input));
    let mut findings = Vec::new();
    let facts: Vec<Fact> = scans
        .iter_mut()
        .flat_map(|scan| std::mem::take(&mut scan.facts))
        .collect();
    if settings.mode != Mode::Input {
        let run = Run {
            input: &input,
            layout: &layout,
            around: &around,
            is_staged: settings.mode == Mode::Staged,
        };
        run.together(facts, &mut findings, &mut unscanned);
    } else {
        let set = Set {
            facts: facts.clone(),
            ..Set::default()
        };
        project::check(
            &run_project(
                &layout,
                &facts,
                &[set],
                &input,
                &BTreeSet::new(),
                &BTreeMap::new(),
            ),
            &around,
            &mut findings,
        );
    }
    place(&mut findings, &input);
    let mut outcome = project::finish(scans, findings, unscanned, &around);
    if settings.mode == Mode::Input {
        rename(&mut outcome);
    }
    Ok(Judged {
        outcome,
        head: input.repository.as_ref().and_then(head),
        root: input.root.clone(),
        config,
        took: start.elapsed(),
        input: Some(input),
    })
}

/// The id of the newest commit.
pub fn head(repository: &Repository) -> Option<String> {
    repository
        .tips(&["HEAD"])
        .ok()?
        .first()
        .map(ToString::to_string)
}

fn rename(outcome: &mut Outcome) {
    for finding in &mut outcome.findings {
        finding.place.path = "-".to_owned();
    }
    for one in &mut outcome.unscanned {
        one.path = "-".to_owned();
    }
}

/// The configuration that the settings ask for.
pub fn configuration(settings: &Settings, input: &Input) -> Result<Config, Failure> {
    let (bytes, name) = match (&settings.config, &settings.config_from) {
        (Some(path), _) => (Some(read(path)?), path.display().to_string()),
        (None, Some(revision)) => (
            from_commit(settings, revision)?,
            format!("{FILE_NAME} of {revision}"),
        ),
        (None, None) => (nearest(settings, input), FILE_NAME.to_owned()),
    };
    let mut config = match bytes {
        None => Config::default(),
        Some(bytes) => Config::read(&bytes)
            .map_err(|error| Failure::new(format!("configuration {name}: {error}")))?,
    };
    config.strict_ignores |= settings.strict_ignores;
    Ok(config)
}

/// The file in the folder of the command, or in the nearest one above.
fn nearest(settings: &Settings, input: &Input) -> Option<Arc<[u8]>> {
    let from = input::absolute(&settings.directory).ok()?;
    let inside = from
        .strip_prefix(&input.root)
        .ok()
        .map(|path| path.to_string_lossy().into_owned());
    let mut folder = inside.unwrap_or_default();
    loop {
        let path = if folder.is_empty() {
            FILE_NAME.to_owned()
        } else {
            format!("{folder}/{FILE_NAME}")
        };
        if let Ok(bytes) = input.read(&path) {
            return Some(bytes);
        }
        if folder.is_empty() {
            return None;
        }
        folder = layout::folder_of(&folder).to_owned();
    }
}

fn from_commit(settings: &Settings, revision: &str) -> Result<Option<Arc<[u8]>>, Failure> {
    let repository = input::repository(&settings.directory)?.ok_or_else(|| {
        Failure::new("--config-from needs a Git repository, and there is none here")
    })?;
    let files = repository
        .files_of(revision)
        .map_err(|error| Failure::new("failed to read the configuration").because(error))?;
    let Some(blob) = files.get(FILE_NAME) else {
        return Ok(None);
    };
    let bytes = repository.blob(blob.id, scan::MAX_FILE_BYTES);
    bytes
        .map(|bytes| Some(bytes.into()))
        .map_err(|why| Failure::new(format!("configuration of {revision}: {why}")))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the face reads the file that --config names"
)]
fn read(path: &std::path::Path) -> Result<Arc<[u8]>, Failure> {
    let bytes = std::fs::read(path);
    bytes
        .map(Arc::from)
        .map_err(|error| Failure::new(format!("failed to read {}", path.display())).because(error))
}

fn layout_of(input: &Input) -> Layout {
    let mut layout = Layout::default();
    for path in &input.all {
        if layout::is_kustomization(path) {
            if let Ok(bytes) = input.read(path) {
                layout.add_kustomization(path, &bytes);
            }
        } else if path.rsplit('/').next() == Some(layout::CHART_NAME) {
            layout.add_chart(path);
        }
    }
    layout
}

/// Looks at one file, or says why it cannot be read; reading it counts for the time that it may take.
pub(super) fn scan_one<Bytes: AsRef<[u8]>>(
    path: &str,
    read: impl FnOnce() -> Result<Bytes, String>,
    layout: &Layout,
    around: &Surroundings<'_>,
) -> FileScan {
    let start = Instant::now();
    match read() {
        Ok(bytes) => {
            let is_over = || start.elapsed() > MAX_TIME;
            let mut scan = scan::scan(path, bytes.as_ref(), layout, around, &is_over);
            if is_over() && scan.unscanned.is_empty() {
                scan.skip(0, "looking at it took too long");
            }
            scan
        }
        Err(reason) => {
            let mut scan = FileScan {
                path: path.to_owned(),
                ..FileScan::default()
            };
            scan.skip(0, reason);
            scan
        }
    }
}

/// Charts whose templates are among the files: no template is scanned before it is rendered.
fn charts(layout: &Layout, input: &Input) -> Vec<Unscanned> {
    let found: BTreeSet<&str> = input
        .paths
        .iter()
        .filter_map(|path| layout.chart_of(path))
        .collect();
    let each = found.into_iter().map(|chart| Unscanned {
        path: if chart.is_empty() {
            layout::CHART_NAME.to_owned()
        } else {
            format!("{chart}/{}", layout::CHART_NAME)
        },
        line: 0,
        reason: "the templates of a chart are not rendered here".to_owned(),
    });
    each.collect()
}

fn run_project<'a>(
    layout: &'a Layout,
    facts: &'a [Fact],
    sets: &'a [Set],
    input: &'a Input,
    harmless: &'a BTreeSet<String>,
    changed: &'a BTreeMap<String, i64>,
) -> Project<'a> {
    Project {
        layout,
        facts,
        sets,
        paths: &input.all,
        tracked: input.tracked.as_ref(),
        harmless,
        changed,
    }
}

struct Run<'a> {
    input: &'a Input,
    layout: &'a Layout,
    around: &'a Surroundings<'a>,
    is_staged: bool,
}

impl Run<'_> {
    /// Renders, and lets the rules about sets and about everything look.
    fn together(
        &self,
        mut facts: Vec<Fact>,
        findings: &mut Vec<Finding>,
        unscanned: &mut Vec<Unscanned>,
    ) {
        let (input, layout) = (self.input, self.layout);
        let keeps_blocks = !self.around.certificates.is_empty();
        let roots = render::wanted(layout, &input.touched);
        let is_all = input.touched.is_empty() && !self.is_staged;
        let roots = if self.is_staged && input.touched.is_empty() {
            Vec::new()
        } else {
            roots
        };
        let mut known: BTreeSet<String> = input.paths.clone();
        if !is_all {
            let reached: BTreeSet<&str> = roots
                .iter()
                .flat_map(|root| layout.closure(root).0)
                .collect();
            let more: Vec<&str> = reached
                .into_iter()
                .filter(|path| scan::is_manifest(path) && !known.contains(*path))
                .collect();
            facts.extend(self.facts_of(&more));
            known.extend(more.into_iter().map(str::to_owned));
        }
        let rendered = render::render(&roots, layout, input, &facts, keeps_blocks);
        unscanned.extend(rendered.unscanned);
        let mut sets = rendered.sets;
        let mut loose = project::loose(layout, &facts);
        loose.is_complete = input.is_complete;
        sets.push(loose);
        provide(&mut sets, &[]);
        let harmless = self.harmless();
        let changed = match self.is_staged || !keeps_blocks {
            true => BTreeMap::new(),
            false => certificates::changed(self.around.certificates, input),
        };
        let shown: Vec<Fact> = facts
            .iter()
            .filter(|fact| input.paths.contains(&fact.source.path))
            .cloned()
            .collect();
        let check = |sets: &[Set]| {
            let mut found = Vec::new();
            project::check(
                &run_project(layout, &shown, sets, input, &harmless, &changed),
                self.around,
                &mut found,
            );
            found
        };
        let mut found = check(&sets);
        let lacks = found
            .iter()
            .any(|finding| matches!(finding.rule.id, "R401" | "R406"));
        if lacks && !is_all {
            // Only now it matters what the files provide that were not read.
            let rest: Vec<&str> = input
                .all
                .iter()
                .filter(|path| scan::is_manifest(path) && !known.contains(*path))
                .map(String::as_str)
                .collect();
            provide(&mut sets, &self.facts_of(&rest));
            found = check(&sets);
        }
        findings.extend(found);
    }

    fn facts_of(&self, paths: &[&str]) -> Vec<Fact> {
        let keeps_blocks = !self.around.certificates.is_empty();
        let read = |path: &&str| match self.input.read(path) {
            Ok(bytes) => scan::facts_of(path, &bytes, self.layout, keeps_blocks),
            Err(_) => Vec::new(),
        };
        work::each(paths, || read).into_iter().flatten().collect()
    }

    /// The files of secret generators that hold nothing secret.
    fn harmless(&self) -> BTreeSet<String> {
        let mut harmless = BTreeSet::new();
        for generated in &self.layout.generated {
            let path =
                layout::resolve(layout::folder_of(&generated.kustomization), &generated.file);
            let Some(path) = path else { continue };
            if let Ok(bytes) = self.input.read(&path)
                && project::is_harmless(&String::from_utf8_lossy(&bytes))
            {
                harmless.insert(path);
            }
        }
        harmless
    }
}

/// Tells each set what all sets, and more facts, provide for sure.
fn provide(sets: &mut [Set], more: &[Fact]) {
    let mut provided = BTreeSet::new();
    let facts = sets.iter().flat_map(|set| &set.facts).chain(more);
    for fact in facts {
        for one in &fact.provides {
            let namespace = one.namespace.as_ref().unwrap_or(&fact.id.namespace);
            if !namespace.is_empty() {
                provided.insert((namespace.clone(), one.name.clone()));
            }
        }
    }
    let provided = Arc::new(provided);
    for set in sets {
        set.elsewhere = provided.clone();
    }
}

/// Looks up where the fields stand that findings about facts are about, reading each file once.
fn place(findings: &mut [Finding], input: &Input) {
    let mut by_path: BTreeMap<String, Vec<(&mut Finding, Source, String)>> = BTreeMap::new();
    for finding in findings {
        if let Some((source, pointer)) = finding.source.take() {
            let path = source.path.clone();
            let own = by_path.entry(path).or_default();
            own.push((finding, source, pointer));
        }
    }
    for (path, wanted) in by_path {
        let Ok(bytes) = input.read(&path) else {
            continue;
        };
        let Some(places) = Places::read(&path, &bytes) else {
            continue;
        };
        for (finding, source, pointer) in wanted {
            if let Some(place) = places.of(&source, &pointer) {
                finding.place = place;
            }
        }
    }
}
