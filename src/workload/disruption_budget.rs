//! PodDisruptionBudget: how many pods may be evicted now.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{condition, deployment, field, member, replica_set};
use crate::{
    object::{LabelSelector, Object},
    plan::{EventSeverity, Next, Plan},
};

/// How long an evicted pod may take to be deleted before it counts again.
const DELETION_TIMEOUT: SignedDuration = SignedDuration::from_secs(120);

/// The condition that says whether pods may be evicted.
const ALLOWED: &str = "DisruptionAllowed";

/// All that is read for one pass.
#[derive(Clone, Debug)]
pub struct Snapshot<'a> {
    /// The budget.
    pub budget: Object,
    /// The pods of its namespace; the selector is applied here.
    pub pods: Vec<&'a Object>,
    /// Whatever may control them, by uid: Deployments, ReplicaSets, StatefulSets.
    pub controllers: BTreeMap<&'a str, &'a Object>,
}

/// Decides one pass (`trySync`): only the status.
pub fn decide(snapshot: Snapshot<'_>, now: Timestamp) -> Plan {
    let Snapshot {
        budget,
        pods,
        controllers,
    } = snapshot;
    let selector = budget
        .at(&["spec", "selector"])
        .filter(|selector| !selector.is_null())
        .and_then(|selector| LabelSelector::from_value(selector).ok());
    let pods: Vec<&Object> = pods
        .into_iter()
        .filter(|pod| {
            selector
                .as_ref()
                .is_some_and(|selector| selector.matches(&pod.labels()))
        })
        .collect();
    let mut plan = Plan::default();
    let mut next = None;
    let status = match expect(&budget, &pods, &controllers) {
        Ok(expected) => {
            let disrupted = disrupted(&budget, &pods, now);
            next = disrupted
                .values()
                .filter_map(|at| at.checked_add(DELETION_TIMEOUT).ok())
                .min();
            count(&budget, &pods, &expected, &disrupted, now)
        }
        Err(why) => failed(&budget, &why, now),
    };
    plan.next = next.map_or(Next::AwaitChange, Next::At);
    let before = budget.at(&["status"]).unwrap_or(&Value::Null);
    if field::significant(before) != field::significant(&status) {
        if pods.is_empty() {
            let message = "No matching pods found".to_owned();
            let told = member::tell(&budget, EventSeverity::Normal, "NoPods", message);
            plan.effects.push(told);
        }
        let mut object = budget;
        object.set(&["status"], status);
        plan.status = Some(object);
    }
    plan
}

/// How many pods there should be, and how many of them healthy.
struct Expected {
    pods: i64,
    healthy: i64,
}

/// By the spec and the sizes of the controllers (`getExpectedPodCount`); the error is for people.
fn expect(
    budget: &Object,
    pods: &[&Object],
    controllers: &BTreeMap<&str, &Object>,
) -> Result<Expected, String> {
    let said = |name: &str| budget.at(&["spec", name]).filter(|value| !value.is_null());
    if let Some(most) = said("maxUnavailable") {
        let all = scale(pods, controllers)?;
        let most = deployment::scaled(most, all, true).unwrap_or(0);
        return Ok(Expected {
            pods: all,
            healthy: (all - most).max(0),
        });
    }
    match said("minAvailable") {
        Some(Value::Number(least)) => Ok(Expected {
            pods: number(pods.len()),
            healthy: least.as_i64().unwrap_or(0),
        }),
        Some(least) => {
            let all = scale(pods, controllers)?;
            Ok(Expected {
                pods: all,
                healthy: deployment::scaled(least, all, true).unwrap_or(0),
            })
        }
        None => Ok(Expected {
            pods: 0,
            healthy: 0,
        }),
    }
}

/// The sum of the sizes of all controllers; pods without one do not count (`getExpectedScale`).
fn scale(pods: &[&Object], controllers: &BTreeMap<&str, &Object>) -> Result<i64, String> {
    let mut seen = BTreeSet::new();
    let mut sum = 0;
    for pod in pods {
        let Some(uid) = pod.controller_uid() else {
            continue;
        };
        let Some(controller) = controllers.get(uid) else {
            return Err(unknown(pod));
        };
        let above = controller
            .controller_uid()
            .and_then(|uid| controllers.get(uid))
            .filter(|above| above.kind() == "Deployment");
        let controller = above.unwrap_or(controller);
        if seen.insert(controller.uid()) {
            sum += field::int(controller, &["spec", "replicas"], 1);
        }
    }
    Ok(sum)
}

fn unknown(pod: &Object) -> String {
    let kind = field::list(pod, &["metadata", "ownerReferences"])
        .iter()
        .find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))
        .and_then(|owner| owner.get("kind")?.as_str());
    match kind {
        Some("DaemonSet") => "daemonsets.apps does not implement the scale subresource".to_owned(),
        Some("Job") => "jobs.batch does not implement the scale subresource".to_owned(),
        _ => format!("found no controllers for pod \"{}\"", pod.name()),
    }
}

/// Pods that were evicted and not yet deleted, with when.
fn disrupted<'a>(
    budget: &'a Object,
    pods: &[&Object],
    now: Timestamp,
) -> BTreeMap<&'a str, Timestamp> {
    budget
        .at(&["status", "disruptedPods"])
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(name, at)| Some((name.as_str(), at.as_str()?.parse().ok()?)))
        .filter(|(name, at): &(&str, Timestamp)| {
            let is_there = pods
                .iter()
                .any(|pod| pod.name() == *name && !field::is_deleting(pod));
            is_there && at.checked_add(DELETION_TIMEOUT).is_ok_and(|end| end >= now)
        })
        .collect()
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn count(
    budget: &Object,
    pods: &[&Object],
    expected: &Expected,
    disrupted: &BTreeMap<&str, Timestamp>,
    now: Timestamp,
) -> Value {
    let healthy = pods
        .iter()
        .filter(|pod| !field::is_deleting(pod) && !disrupted.contains_key(pod.name()))
        .filter(|pod| replica_set::is_ready(pod))
        .count();
    let healthy = number(healthy);
    let allowed = if expected.pods > 0 {
        (healthy - expected.healthy).max(0)
    } else {
        0
    };
    let reason = if allowed > 0 {
        "SufficientPods"
    } else {
        "InsufficientPods"
    };
    let mut status = json!({
        "currentHealthy": healthy,
        "desiredHealthy": expected.healthy,
        "expectedPods": expected.pods,
        "disruptionsAllowed": allowed,
        "observedGeneration": budget.generation().unwrap_or(0),
        "conditions": allowed_condition(budget, allowed > 0, reason, "", now),
    });
    if let (false, Some(map)) = (disrupted.is_empty(), status.as_object_mut()) {
        let disrupted: Map<String, Value> = disrupted
            .iter()
            .map(|(name, at)| ((*name).to_owned(), field::stamp(*at).into()))
            .collect();
        map.insert("disruptedPods".into(), disrupted.into());
    }
    status
}

/// When the number cannot be known nothing may be evicted (`failSync`).
fn failed(budget: &Object, why: &str, now: Timestamp) -> Value {
    let mut status = budget
        .at(&["status"])
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    status.insert("disruptionsAllowed".into(), 0.into());
    status.insert(
        "observedGeneration".into(),
        budget.generation().unwrap_or(0).into(),
    );
    for name in ["currentHealthy", "desiredHealthy", "expectedPods"] {
        status.entry(name).or_insert_with(|| 0.into());
    }
    let conditions = allowed_condition(budget, false, "SyncFailed", why, now);
    status.insert("conditions".into(), conditions);
    Value::Object(status)
}

fn allowed_condition(
    budget: &Object,
    is_allowed: bool,
    reason: &str,
    message: &str,
    now: Timestamp,
) -> Value {
    let mut conditions = field::list(budget, &["status", "conditions"]).to_vec();
    let status = if is_allowed { "True" } else { "False" };
    let since = condition::find(&conditions, ALLOWED)
        .filter(|old| condition::field(old, "status") == status)
        .map(|old| condition::field(old, "lastTransitionTime").to_owned())
        .unwrap_or_else(|| field::stamp(now));
    let wanted = json!({"type": ALLOWED, "status": status, "reason": reason, "message": message,
        "observedGeneration": budget.generation().unwrap_or(0), "lastTransitionTime": since});
    match conditions
        .iter_mut()
        .find(|old| condition::field(old, "type") == ALLOWED)
    {
        Some(old) => *old = wanted,
        None => conditions.push(wanted),
    }
    conditions.into()
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
