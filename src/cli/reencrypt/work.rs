//! Opening and sealing again, on all cores; a file is read, changed and written by one of them.

use std::{
    num::NonZero,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use crate::{
    api::sealed_secret::SEALED_WITH,
    cli::{
        Failure,
        seal::{Found, SealedFile},
        seal_config::Rule,
    },
    object::edit::{self, Change, To},
    seal::{Certificate, KeyRing},
};

/// One file, and what it is sealed for.
pub(super) struct Job {
    pub(super) path: PathBuf,
    pub(super) certificate: Certificate,
    pub(super) rule: Option<Rule>,
    pub(super) namespace: Option<String>,
}

/// What became of one file.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) path: PathBuf,
    /// Items that were stale, as `namespace/name key`.
    pub(super) stale: Vec<String>,
    /// How many items are for the newest key already.
    pub(super) fresh: usize,
    /// What was not done, in sentences.
    pub(super) failures: Vec<String>,
}

/// Does all jobs; the result has their order.
pub(super) fn all(
    jobs: Vec<Job>,
    ring: &KeyRing,
    every: bool,
    writes: bool,
    mut progress: impl FnMut(usize, usize),
) -> Vec<Done> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, Done)>> = Mutex::new(Vec::with_capacity(jobs.len()));
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..cores.min(jobs.len()) {
            let tell = tell.clone();
            scope.spawn(|| {
                let tell = tell;
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(at) else { break };
                    let done = one(job, ring, every, writes);
                    results
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push((at, done));
                    // Nobody listens any more only when all is told.
                    let _ = tell.send(());
                }
            });
        }
        drop(tell);
        for (count, ()) in told.iter().enumerate() {
            progress(count + 1, jobs.len());
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, done)| done).collect()
}

fn one(job: &Job, ring: &KeyRing, every: bool, writes: bool) -> Done {
    let mut done = Done {
        path: job.path.clone(),
        ..Done::default()
    };
    if let Err(failure) = attempt(job, ring, every, writes, &mut done) {
        done.stale.clear();
        let causes = failure.to_string().trim_end().replace("\ncaused by", "");
        let sentence = causes.lines().next().unwrap_or_default().to_owned();
        done.failures.push(sentence);
    }
    done
}

fn attempt(
    job: &Job,
    ring: &KeyRing,
    every: bool,
    writes: bool,
    done: &mut Done,
) -> Result<(), Failure> {
    let mut file = SealedFile::read(&job.path)?;
    let mut changes = Vec::new();
    for found in &file.all {
        if found.sealed.spec.data.is_some() {
            done.failures.push(format!(
                "{} uses the deprecated spec.data: `kubeseal --re-encrypt` makes items of it",
                found.place
            ));
            continue;
        }
        match resealed(found, job, ring, every, done) {
            Ok(some) => changes.extend(some),
            Err(why) => done.failures.push(why),
        }
    }
    if writes {
        file.change(&changes)?;
    } else {
        edit::apply(&file.text, &changes).map_err(|error| {
            Failure::new(format!("{} cannot be changed in place", job.path.display()))
                .because(error)
        })?;
    }
    Ok(())
}

/// The changes of one SealedSecret: of all its stale items, or of none where one does not open. The label stays that of
/// its own scope, namespace and name, so that nothing can be opened anywhere that it could not be before.
fn resealed(
    found: &Found,
    job: &Job,
    ring: &KeyRing,
    every: bool,
    done: &mut Done,
) -> Result<Vec<Change>, String> {
    let binding = found
        .binding(job.namespace.as_deref(), job.rule.as_ref())
        .map_err(|failure| failure.message)?;
    let newest = job.certificate.fingerprint();
    let mut items = Vec::new();
    let mut likely = None;
    let (mut stale, mut fresh) = (Vec::new(), 0);
    for (key, text) in &found.sealed.spec.encrypted_data {
        let opened = binding
            .open_first_with(text, ring, likely)
            .map_err(|error| format!("{}: {key}: {error}", found.place))?;
        likely = Some(opened.key);
        if opened.key == newest && !every {
            fresh += 1;
            continue;
        }
        let text = binding
            .seal(opened.value.expose(), &job.certificate)
            .map_err(|error| format!("{}: {error}", found.place))?;
        stale.push(format!(
            "{}/{} {key}",
            found.sealed.metadata.namespace(),
            found.sealed.metadata.name()
        ));
        items.push((key.clone(), text));
    }
    done.stale.extend(stale);
    done.fresh += fresh;
    let mut changes = found.changes(items);
    // Whatever was stale is for the newest key now.
    let recorded = found.sealed.metadata.annotation(SEALED_WITH);
    if recorded.is_some_and(|text| text != newest.to_string()) {
        changes.push(Change {
            document: found.document,
            pointer: format!(
                "{}/metadata/annotations/{}",
                found.pointer,
                SEALED_WITH.replace('/', "~1")
            ),
            to: To::Text(newest.to_string()),
        });
    }
    Ok(changes)
}
