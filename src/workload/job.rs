//! Job: runs pods until enough of them have ended well, or too many badly.
//!
//! Left out: `successPolicy`, `backoffLimitPerIndex` and `maxFailedIndexes`; a Job that has one of them runs as if it
//! had not.

mod failure_policy;
mod index;
mod pods;
mod retry;
mod tally;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{adopt, condition, field, member, replica_set};
use crate::{
    object::{LabelSelector, Object},
    plan::{Effect, EventSeverity, Next, Plan},
};

pub use index::COMPLETION_INDEX;
use tally::Tally;
pub use tally::{TRACKING, free, is_tracked};

/// Who plays this controller, in `spec.managedBy`.
const MANAGER: &str = "kubernetes.io/job-controller";

/// All that is read for one pass.
#[derive(Clone, Debug)]
pub struct Snapshot<'a> {
    /// The Job.
    pub job: Object,
    /// Pods of its namespace that it controls, and those that nobody controls.
    pub pods: Vec<&'a Object>,
}

/// How a Job ends.
#[derive(Clone, Debug, PartialEq)]
struct Ending {
    is_failure: bool,
    reason: String,
    message: String,
}

impl Ending {
    fn failure(reason: &str, message: &str) -> Self {
        Self {
            is_failure: true,
            reason: reason.to_owned(),
            message: message.to_owned(),
        }
    }

    fn success() -> Self {
        Self {
            is_failure: false,
            reason: "CompletionsReached".to_owned(),
            message: "Reached expected number of succeeded pods".to_owned(),
        }
    }

    /// The ending that a status names before it is reached.
    fn named(job: &Object) -> Option<Self> {
        let conditions = conditions(job);
        let read = |kind: &str, is_failure: bool| {
            let found = condition::find(conditions, kind)?;
            (condition::field(found, "status") == "True").then(|| Self {
                is_failure,
                reason: condition::field(found, "reason").to_owned(),
                message: condition::field(found, "message").to_owned(),
            })
        };
        read("SuccessCriteriaMet", false).or_else(|| read("FailureTarget", true))
    }

    /// The conditions before and at the end.
    fn kinds(&self) -> [&'static str; 2] {
        if self.is_failure {
            ["FailureTarget", "Failed"]
        } else {
            ["SuccessCriteriaMet", "Complete"]
        }
    }
}

fn conditions(job: &Object) -> &[Value] {
    field::list(job, &["status", "conditions"])
}

fn is_suspended(job: &Object) -> bool {
    field::is_true(job, &["spec", "suspend"])
}

/// Decides one pass (`syncJob`): pods to make or remove, those that have ended to count, and the end.
pub fn decide(snapshot: Snapshot<'_>, now: Timestamp) -> Plan {
    let Snapshot { job, pods } = snapshot;
    if !matches!(field::text(&job, &["spec", "managedBy"]), "" | MANAGER) {
        return Plan::default();
    }
    if let Some(at) = finished_at(&job) {
        return expire(&job, at, now);
    }
    let selector = job
        .at(&["spec", "selector"])
        .and_then(|selector| LabelSelector::from_value(selector).ok());
    let Some(selector) = selector else {
        return Plan::default();
    };
    let claim = adopt::claim(&job, &selector, pods.clone());
    if !claim.effects.is_empty() {
        return Plan {
            effects: pods::tracked(claim.effects, &pods),
            ..Plan::default()
        };
    }
    let mut tally = Tally::read(&job);
    let stored = Ending::named(&job);
    let mut pass = Pass::begin(job, claim.owned, now);
    let failed = tally.failed(&pass.pods);
    let mut ending = stored
        .clone()
        .or_else(|| tally.fatal(&pass.pods))
        .or_else(|| pass.judge(failed));
    let succeeded = tally.succeeded(&pass.pods);
    let is_managed = !field::is_deleting(&pass.job);
    if ending.is_some() {
        let active = std::mem::take(&mut pass.active);
        pass.remove(&active);
    } else {
        if is_managed {
            pass.manage(&tally, succeeded);
        }
        if pass.is_complete(succeeded) {
            ending = Some(Ending::success());
        } else if is_managed {
            pass.note_suspension();
        }
    }
    let is_failure = ending.as_ref().map(|ending| ending.is_failure);
    let freed = tally.track(&pass.job, &pass.pods, is_failure, stored.is_some());
    pass.effects.extend(freed);
    if let Some(ending) = ending {
        pass.end(&ending, tally.is_settled());
    }
    pass.finish(&tally)
}

/// When a Job ended, if it has.
fn finished_at(job: &Object) -> Option<Timestamp> {
    ["Complete", "Failed"]
        .into_iter()
        .filter_map(|kind| condition::find(conditions(job), kind))
        .find(|found| condition::field(found, "status") == "True")
        .map(|found| {
            condition::field(found, "lastTransitionTime")
                .parse()
                .unwrap_or(Timestamp::MIN)
        })
}

/// Removes a Job that has ended long enough ago (`ttlSecondsAfterFinished`).
fn expire(job: &Object, finished: Timestamp, now: Timestamp) -> Plan {
    let ttl = job
        .at(&["spec", "ttlSecondsAfterFinished"])
        .and_then(Value::as_i64);
    let at = ttl.and_then(|ttl| finished.checked_add(SignedDuration::from_secs(ttl)).ok());
    match at {
        Some(at) if at <= now && !field::is_deleting(job) => Plan {
            effects: vec![member::remove(job)],
            ..Plan::default()
        },
        Some(at) if at > now => Plan {
            next: Next::At(at),
            ..Plan::default()
        },
        _ => Plan::default(),
    }
}

/// A pass in progress.
struct Pass<'a> {
    job: Object,
    pods: Vec<&'a Object>,
    active: Vec<&'a Object>,
    now: Timestamp,
    status: Map<String, Value>,
    conditions: Vec<Value>,
    effects: Vec<Effect>,
    /// Pods that are made in this pass.
    made: usize,
    terminating: i64,
    times: Vec<Timestamp>,
}

impl<'a> Pass<'a> {
    fn begin(job: Object, pods: Vec<&'a Object>, now: Timestamp) -> Self {
        let mut status = job
            .at(&["status"])
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        if !status.contains_key("startTime") && !is_suspended(&job) {
            status.insert("startTime".into(), field::stamp(now).into());
        }
        Self {
            active: pods
                .iter()
                .copied()
                .filter(|pod| member::is_active(pod))
                .collect(),
            terminating: tally::terminating(&pods),
            conditions: conditions(&job).to_vec(),
            job,
            pods,
            now,
            status,
            effects: Vec::new(),
            made: 0,
            times: Vec::new(),
        }
    }

    /// Whether the Job has failed by its limits.
    fn judge(&mut self, failed: i64) -> Option<Ending> {
        let limit = field::int(&self.job, &["spec", "backoffLimit"], 6);
        if failed > limit || pods::has_restarted_too_often(&self.job, &self.pods, limit) {
            return Some(Ending::failure(
                "BackoffLimitExceeded",
                "Job has reached the specified backoff limit",
            ));
        }
        let seconds = self
            .job
            .at(&["spec", "activeDeadlineSeconds"])
            .and_then(Value::as_i64)
            .filter(|_| !is_suspended(&self.job))?;
        let start: Timestamp = self.status.get("startTime")?.as_str()?.parse().ok()?;
        let deadline = start.checked_add(SignedDuration::from_secs(seconds)).ok()?;
        if deadline <= self.now {
            return Some(Ending::failure(
                "DeadlineExceeded",
                "Job was active longer than specified deadline",
            ));
        }
        self.times.push(deadline);
        None
    }

    fn remove(&mut self, pods: &[&'a Object]) {
        for pod in pods {
            self.effects.extend(member::remove_told(&self.job, pod));
            self.terminating += 1;
        }
    }

    fn is_complete(&self, succeeded: i64) -> bool {
        let is_idle = self.active.is_empty() && self.made == 0;
        let completions = self
            .job
            .at(&["spec", "completions"])
            .and_then(Value::as_i64);
        is_idle && completions.map_or(succeeded > 0, |wanted| succeeded >= wanted)
    }

    /// Writes a condition; a new one only when it holds (`ensureJobConditionStatus`).
    fn set(&mut self, kind: &str, is_true: bool, reason: &str, message: &str) -> bool {
        let status = if is_true { "True" } else { "False" };
        let now = field::stamp(self.now);
        let wanted = json!({"type": kind, "status": status, "reason": reason, "message": message,
            "lastProbeTime": now, "lastTransitionTime": now});
        let found = self
            .conditions
            .iter_mut()
            .find(|condition| condition::field(condition, "type") == kind);
        match found {
            Some(found) => {
                let same = |name: &str| found.get(name) == wanted.get(name);
                if same("status") && same("reason") && same("message") {
                    return false;
                }
                *found = wanted;
                true
            }
            None if is_true => {
                self.conditions.push(wanted);
                true
            }
            None => false,
        }
    }

    fn tell(&mut self, severity: EventSeverity, reason: &str, message: &str) {
        let told = member::tell(&self.job, severity, reason, message.to_owned());
        self.effects.push(told);
    }

    fn note_suspension(&mut self) {
        if is_suspended(&self.job) {
            if self.set("Suspended", true, "JobSuspended", "Job suspended") {
                self.tell(EventSeverity::Normal, "Suspended", "Job suspended");
                self.status.remove("startTime");
            }
        } else if self.set("Suspended", false, "JobResumed", "Job resumed") {
            self.tell(EventSeverity::Normal, "Resumed", "Job resumed");
            let now = field::stamp(self.now);
            self.status.insert("startTime".into(), now.into());
        }
    }

    /// Names the ending, and reaches it when all pods are counted and none is left to stop.
    fn end(&mut self, ending: &Ending, is_settled: bool) {
        let [before, at_last] = ending.kinds();
        self.set(before, true, &ending.reason, &ending.message);
        if !is_settled || self.terminating > 0 {
            return;
        }
        self.set(at_last, true, &ending.reason, &ending.message);
        if ending.is_failure {
            self.tell(EventSeverity::Warning, &ending.reason, &ending.message);
        } else {
            let now = field::stamp(self.now);
            self.status.insert("completionTime".into(), now.into());
            self.tell(EventSeverity::Normal, "Completed", "Job completed");
        }
    }

    fn finish(mut self, tally: &Tally) -> Plan {
        let ready = self.active.iter().filter(|pod| replica_set::is_ready(pod));
        self.status.insert("ready".into(), ready.count().into());
        self.status
            .insert("terminating".into(), self.terminating.into());
        let active = self.active.len() + self.made;
        if active > 0 {
            self.status.insert("active".into(), active.into());
        } else {
            self.status.remove("active");
        }
        if !self.conditions.is_empty() {
            self.status
                .insert("conditions".into(), self.conditions.into());
        }
        tally.write(&mut self.status);
        let status = Value::Object(self.status);
        let mut plan = Plan {
            effects: self.effects,
            next: self
                .times
                .into_iter()
                .min()
                .map_or(Next::AwaitChange, Next::At),
            ..Plan::default()
        };
        let before = self.job.at(&["status"]).unwrap_or(&Value::Null);
        if field::significant(before) != field::significant(&status) {
            self.job.set(&["status"], status);
            plan.status = Some(self.job);
        }
        plan
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;
