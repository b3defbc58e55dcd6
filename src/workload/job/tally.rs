//! Counting pods that have ended, each once: first its uid is noted in the status, then its finalizer goes, then it is
//! a number.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    Ending,
    failure_policy::FailurePolicy,
    index::{self, Indexes},
};
use crate::{
    object::Object,
    plan::{Effect, Precondition},
    workload::{field, member},
};

/// Finalizer of a pod that has not been counted yet.
pub const TRACKING: &str = "batch.kubernetes.io/job-tracking";

/// The most uids that a status lists.
const MAX_UNCOUNTED: usize = 500;

/// The counts of a Job.
#[derive(Debug)]
pub(super) struct Tally {
    /// The number of completions of an Indexed Job.
    pub(super) indexed: Option<i64>,
    /// Whether a pod being deleted is not yet one that failed.
    waits_for_end: bool,
    policy: FailurePolicy,
    succeeded: i64,
    failed: i64,
    uncounted_succeeded: Vec<String>,
    uncounted_failed: Vec<String>,
    completed: Indexes,
    /// Whether pods have been noted that are counted after the next write.
    pub(super) is_pending: bool,
}

/// Whether a pod is replaced only when it has ended (`onlyReplaceFailedPods`).
pub(super) fn waits_for_end(job: &Object) -> bool {
    field::text(job, &["spec", "podReplacementPolicy"]) == "Failed"
        || job.at(&["spec", "podFailurePolicy"]).is_some()
}

fn uids(job: &Object, list: &str) -> Vec<String> {
    field::list(job, &["status", "uncountedTerminatedPods", list])
        .iter()
        .filter_map(|uid| uid.as_str().map(str::to_owned))
        .collect()
}

impl Tally {
    pub(super) fn read(job: &Object) -> Self {
        let indexed = (field::text(job, &["spec", "completionMode"]) == "Indexed")
            .then(|| field::int(job, &["spec", "completions"], 1));
        Self {
            indexed,
            waits_for_end: waits_for_end(job),
            policy: FailurePolicy::read(job),
            succeeded: field::int(job, &["status", "succeeded"], 0),
            failed: field::int(job, &["status", "failed"], 0),
            uncounted_succeeded: uids(job, "succeeded"),
            uncounted_failed: uids(job, "failed"),
            completed: Indexes::read(
                field::text(job, &["status", "completedIndexes"]),
                indexed.unwrap_or(0),
            ),
            is_pending: false,
        }
    }

    fn has_failed(&self, pod: &Object) -> bool {
        let phase = field::text(pod, &["status", "phase"]);
        phase == "Failed"
            || (!self.waits_for_end && field::is_deleting(pod) && phase != "Succeeded")
    }

    /// The end that a failed pod makes of the Job by its policy.
    pub(super) fn fatal(&self, pods: &[&Object]) -> Option<Ending> {
        let mut failed = pods.iter().filter(|pod| self.has_failed(pod));
        let why = failed.find_map(|pod| self.policy.failure(pod))?;
        Some(Ending::failure("PodFailurePolicy", &why))
    }

    fn is_noted(&self, pod: &Object) -> bool {
        let uid = pod.uid().unwrap_or_default();
        self.uncounted_succeeded
            .iter()
            .chain(&self.uncounted_failed)
            .any(|noted| noted == uid)
    }

    /// Whether a pod is one of those that count: an Indexed Job counts only pods with one of its indexes.
    fn counts(&self, pod: &Object) -> bool {
        self.indexed
            .is_none_or(|completions| index::of(pod, completions).is_some())
    }

    /// Indexes that are done, with those of pods that have not been noted yet.
    pub(super) fn completed(&self, pods: &[&Object]) -> BTreeSet<i64> {
        let new = pods
            .iter()
            .filter(|pod| is_tracked(pod) && is_success(pod))
            .filter_map(|pod| index::of(pod, self.indexed?));
        self.completed.0.iter().copied().chain(new).collect()
    }

    /// How many pods have succeeded, whether they are in the status already or not.
    pub(super) fn succeeded(&self, pods: &[&Object]) -> i64 {
        if self.indexed.is_some() {
            return Indexes(self.completed(pods)).count();
        }
        let new = pods
            .iter()
            .filter(|pod| is_tracked(pod) && !self.is_noted(pod) && is_success(pod))
            .count();
        self.succeeded + count(new) + count(self.uncounted_succeeded.len())
    }

    /// How many pods have failed, likewise.
    pub(super) fn failed(&self, pods: &[&Object]) -> i64 {
        let new = pods
            .iter()
            .filter(|pod| is_tracked(pod) && !self.is_noted(pod) && self.counts(pod))
            .filter(|pod| self.has_failed(pod) && self.policy.counts(pod))
            .count();
        self.failed + count(new) + count(self.uncounted_failed.len())
    }

    /// Notes pods that have ended, and frees and counts those that the stored status notes already.
    ///
    /// `ending` is whether the Job is over, and whether by failure; `is_stored` whether its status says so already.
    pub(super) fn track(
        &mut self,
        job: &Object,
        pods: &[&Object],
        ending: Option<bool>,
        is_stored: bool,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut still_tracked = BTreeSet::new();
        let mut noted = 0;
        let known = self.completed.clone();
        let stored_failed = self.uncounted_failed.clone();
        let stored_succeeded = self.uncounted_succeeded.clone();
        for pod in pods.iter().filter(|pod| is_tracked(pod)) {
            let uid = pod.uid().unwrap_or_default().to_owned();
            let has_failed = self.has_failed(pod);
            let may_go = field::is_deleting(job) || ending.is_some() || is_success(pod);
            if !may_go && !has_failed {
                still_tracked.insert(uid);
                continue;
            }
            if noted >= MAX_UNCOUNTED {
                self.is_pending = true;
                still_tracked.insert(uid);
                continue;
            }
            let is_known_failure = stored_failed.contains(&uid);
            let mut is_settled = true;
            if is_success(pod) && !is_known_failure {
                match self.indexed {
                    Some(completions) => {
                        if let Some(index) = index::of(pod, completions)
                            && !known.0.contains(&index)
                        {
                            self.completed.0.insert(index);
                            is_settled = false;
                        }
                    }
                    None if !stored_succeeded.contains(&uid) => {
                        self.uncounted_succeeded.push(uid.clone());
                        is_settled = false;
                    }
                    None => {}
                }
            } else if has_failed || ending == Some(true) {
                if !is_known_failure && self.counts(pod) && self.policy.counts(pod) {
                    self.uncounted_failed.push(uid.clone());
                    is_settled = false;
                }
            } else {
                // A pod that is not counted goes once the status says why.
                is_settled = ending.is_none() || is_stored;
            }
            if is_settled {
                effects.extend(free(pod));
            } else {
                noted += 1;
                self.is_pending = true;
                still_tracked.insert(uid);
            }
        }
        let settle = |uids: &mut Vec<String>, counted: &mut i64| {
            let before = uids.len();
            uids.retain(|uid| still_tracked.contains(uid));
            *counted += count(before - uids.len());
        };
        settle(&mut self.uncounted_failed, &mut self.failed);
        settle(&mut self.uncounted_succeeded, &mut self.succeeded);
        if self.indexed.is_some() {
            self.succeeded = self.completed.count();
        }
        effects
    }

    /// Whether all that has ended is a number.
    pub(super) fn is_settled(&self) -> bool {
        !self.is_pending && self.uncounted_failed.is_empty() && self.uncounted_succeeded.is_empty()
    }

    /// Puts the counts into a status.
    pub(super) fn write(&self, status: &mut serde_json::Map<String, Value>) {
        let mut put = |name: &str, value: i64| {
            if value > 0 {
                status.insert(name.to_owned(), value.into());
            } else {
                status.remove(name);
            }
        };
        put("succeeded", self.succeeded);
        put("failed", self.failed);
        if self.indexed.is_some() && !self.completed.0.is_empty() {
            status.insert("completedIndexes".into(), self.completed.write().into());
        }
        let mut uncounted = json!({});
        for (name, uids) in [
            ("succeeded", &self.uncounted_succeeded),
            ("failed", &self.uncounted_failed),
        ] {
            if !uids.is_empty()
                && let Some(map) = uncounted.as_object_mut()
            {
                map.insert(name.to_owned(), json!(uids));
            }
        }
        status.insert("uncountedTerminatedPods".into(), uncounted);
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn is_success(pod: &Object) -> bool {
    field::text(pod, &["status", "phase"]) == "Succeeded"
}

/// Whether a pod has not been counted yet.
pub fn is_tracked(pod: &Object) -> bool {
    field::list(pod, &["metadata", "finalizers"])
        .iter()
        .any(|finalizer| finalizer == TRACKING)
}

/// Takes the finalizer off a pod.
pub fn free(pod: &Object) -> Option<Effect> {
    let mut finalizers = field::list(pod, &["metadata", "finalizers"]).to_vec();
    finalizers.retain(|finalizer| finalizer != TRACKING);
    is_tracked(pod).then(|| Effect::Patch {
        target: pod.reference(),
        patch: json!({"metadata": {"finalizers": finalizers}}),
        precondition: Precondition {
            uid: pod.uid().map(str::to_owned),
            resource_version: pod.resource_version().map(str::to_owned),
        },
    })
}

/// How many of the pods that are being removed have not ended.
pub(super) fn terminating(pods: &[&Object]) -> i64 {
    count(
        pods.iter()
            .filter(|pod| member::is_terminating(pod))
            .count(),
    )
}
