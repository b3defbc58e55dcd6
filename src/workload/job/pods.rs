//! Which pods a Job makes and removes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    Pass,
    index::{self},
    is_suspended, retry,
    tally::{self, TRACKING, Tally},
};
use crate::{
    object::Object,
    plan::Effect,
    workload::{field, member, replica_set},
};

/// The most pods that one pass makes or removes.
const BURST: i64 = 500;

/// The longest prefix of a generated name.
const MAX_PREFIX: usize = 58;

/// Whether the containers of pods that are restarted in place have failed too often (`pastBackoffLimitOnFailure`).
pub(super) fn has_restarted_too_often(job: &Object, pods: &[&Object], limit: i64) -> bool {
    if field::text(job, &["spec", "template", "spec", "restartPolicy"]) != "OnFailure" {
        return false;
    }
    let restarts: i64 = pods
        .iter()
        .filter(|pod| {
            matches!(
                field::text(pod, &["status", "phase"]),
                "Running" | "Pending"
            )
        })
        .flat_map(|pod| {
            ["initContainerStatuses", "containerStatuses"]
                .into_iter()
                .flat_map(|list| field::list(pod, &["status", list]))
        })
        .filter_map(|status| status.get("restartCount")?.as_i64())
        .sum();
    if limit == 0 {
        restarts > 0
    } else {
        restarts >= limit
    }
}

/// Adoptions with the finalizer of pods that are to be counted.
pub(super) fn tracked(mut effects: Vec<Effect>, pods: &[&Object]) -> Vec<Effect> {
    for effect in &mut effects {
        let Effect::Patch { target, patch, .. } = effect else {
            continue;
        };
        let Some(pod) = pods.iter().find(|pod| pod.name() == target.name) else {
            continue;
        };
        if pod.controller_uid().is_none()
            && let Some(metadata) = patch.get_mut("metadata").and_then(Value::as_object_mut)
        {
            let mut finalizers = field::list(pod, &["metadata", "finalizers"]).to_vec();
            finalizers.push(TRACKING.into());
            metadata.insert("finalizers".into(), finalizers.into());
        }
    }
    effects
}

impl<'a> Pass<'a> {
    /// Makes missing pods, or removes those that are too many (`manageJob`).
    pub(super) fn manage(&mut self, tally: &Tally, succeeded: i64) {
        if is_suspended(&self.job) {
            let active = std::mem::take(&mut self.active);
            self.remove(&active);
            return;
        }
        let active = i64::try_from(self.active.len()).unwrap_or(i64::MAX);
        let parallelism = field::int(&self.job, &["spec", "parallelism"], 1);
        let wanted = match self
            .job
            .at(&["spec", "completions"])
            .and_then(Value::as_i64)
        {
            None if succeeded > 0 => active,
            None => parallelism,
            Some(completions) => (completions - succeeded).min(parallelism).max(0),
        };
        let surplus = self.surplus(tally, active - wanted);
        if !surplus.is_empty() {
            self.active
                .retain(|pod| !surplus.iter().any(|gone| gone.uid() == pod.uid()));
            self.remove(&surplus);
            return;
        }
        let stopping = if tally::waits_for_end(&self.job) {
            self.terminating
        } else {
            0
        };
        let missing = wanted - stopping - active;
        if missing <= 0 {
            return;
        }
        if let Some(at) = retry::not_before(&self.pods, self.now) {
            self.times.push(at);
            return;
        }
        self.make(tally, missing.min(BURST));
    }

    /// Pods that are too many: for an Indexed Job those of the same index, and of none, first.
    fn surplus(&self, tally: &Tally, at_least: i64) -> Vec<&'a Object> {
        let mut removed = Vec::new();
        let mut left = Vec::new();
        if let Some(completions) = tally.indexed {
            let mut seen = BTreeSet::new();
            let mut sorted = self.active.clone();
            // The longest-lived of an index stays: it goes last among those that may go.
            let order = replica_set::first(&sorted, sorted.len(), self.now);
            sorted = order.into_iter().rev().collect();
            for pod in sorted {
                match index::of(pod, completions) {
                    Some(index) if seen.insert(index) => left.push(pod),
                    _ => removed.push(pod),
                }
            }
        } else {
            left.clone_from(&self.active);
        }
        let more = usize::try_from(at_least)
            .unwrap_or(0)
            .saturating_sub(removed.len());
        removed.extend(replica_set::first(&left, more, self.now));
        removed.truncate(usize::try_from(BURST).unwrap_or(usize::MAX));
        removed
    }

    fn make(&mut self, tally: &Tally, missing: i64) {
        let missing = usize::try_from(missing).unwrap_or(0);
        let Some(template) = self.template() else {
            return;
        };
        let mut made = Vec::new();
        if let Some(completions) = tally.indexed {
            let mut busy = tally.completed(&self.pods);
            busy.extend(
                self.active
                    .iter()
                    .filter_map(|pod| index::of(pod, completions)),
            );
            let free = (0..completions).filter(|index| !busy.contains(index));
            for index in free.take(missing) {
                let mut template = template.clone();
                index::give(&mut template, self.job.name(), index);
                let prefix = indexed_prefix(self.job.name(), index);
                let pod = member::names(&self.job, &prefix, &self.pods)
                    .next()
                    .and_then(|name| {
                        member::of_template(&self.job, &template.to_value(), &name, &prefix)
                    });
                made.extend(pod);
            }
        } else {
            let prefix = format!("{}-", self.job.name());
            let template = template.to_value();
            made.extend(
                member::names(&self.job, &prefix, &self.pods)
                    .take(missing)
                    .filter_map(|name| member::of_template(&self.job, &template, &name, &prefix)),
            );
        }
        self.made = made.len();
        for pod in made {
            self.effects.extend(member::make_told(&self.job, pod));
        }
    }

    /// The pod template with the finalizer of pods that are to be counted.
    fn template(&self) -> Option<Object> {
        let template = self.job.at(&["spec", "template"])?;
        let mut object = Object::from_value(json!({
            "apiVersion": "v1", "kind": "PodTemplate",
            "metadata": template.get("metadata").cloned().unwrap_or_else(|| json!({})),
            "spec": template.get("spec").cloned().unwrap_or_default(),
        }))
        .ok()?;
        let mut finalizers = field::list(&object, &["metadata", "finalizers"]).to_vec();
        if !finalizers.iter().any(|finalizer| finalizer == TRACKING) {
            finalizers.push(TRACKING.into());
        }
        object.set(&["metadata", "finalizers"], finalizers.into());
        Some(object)
    }
}

/// The beginning of the names of pods with an index.
fn indexed_prefix(job: &str, index: i64) -> String {
    let end = format!("-{index}-");
    let room = MAX_PREFIX.saturating_sub(end.len());
    let name: String = job.chars().take(room).collect();
    format!("{name}{end}")
}
