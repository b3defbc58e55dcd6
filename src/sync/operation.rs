//! `status.operationState`: how far one sync is, as Argo CD writes it. All progress lives here.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{hook::Phase as SyncPhase, key::Key};
use crate::{
    api::application::{Backoff, NamespaceMetadata, Operation, Retry},
    object::Object,
};

/// How a sync, or one part of it, goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OperationPhase {
    /// It goes on.
    #[default]
    Running,
    /// It is being stopped.
    Terminating,
    /// It is done.
    Succeeded,
    /// It did not work.
    Failed,
    /// It could not begin.
    Error,
}

impl OperationPhase {
    /// Whether nothing more comes.
    pub fn is_completed(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Error)
    }

    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Terminating => "Terminating",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Error => "Error",
        }
    }
}

/// How far one sync is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OperationState {
    /// What was asked for.
    pub operation: Operation,
    /// How it goes.
    pub phase: OperationPhase,
    /// Why, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// What was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_result: Option<SyncResult>,
    /// RFC 3339.
    pub started_at: String,
    /// RFC 3339; while running, when the last try ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// How often it was tried again.
    #[serde(skip_serializing_if = "is_zero")]
    pub retry_count: i64,
}

/// What a sync has done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SyncResult {
    /// Object by object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceResult>,
    /// The commit.
    pub revision: String,
    /// The source.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub source: Value,
    /// The commits, where there are several sources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<String>,
    /// The sources, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Value>,
    /// Labels and annotations of the namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_namespace_metadata: Option<NamespaceMetadata>,
}

/// What became of one object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceResult {
    /// API group.
    pub group: String,
    /// API version.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// `Synced`, `SyncFailed`, `Pruned` or `PruneSkipped`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// What kubectl would say, or why it failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The phase of a hook.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hook_type: String,
    /// Whether it still runs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hook_phase: String,
    /// The phase that it belongs to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sync_phase: String,
}

impl ResourceResult {
    /// Whether it speaks of an object in a phase.
    pub fn is_of(&self, key: &Key, phase: SyncPhase) -> bool {
        self.group == key.group
            && self.kind == key.kind
            && self.namespace == key.namespace
            && self.name == key.name
            && self.sync_phase == phase.text()
    }
}

impl OperationState {
    /// The state in an Application.
    pub fn of(app: &Object) -> Option<Self> {
        let value = app.at(&["status", "operationState"])?;
        serde_json::from_value(value.clone()).ok()
    }

    /// A sync that begins now.
    pub fn begin(operation: Operation, now: Timestamp) -> Self {
        Self {
            operation,
            started_at: second(now),
            ..Self::default()
        }
    }

    /// What was done, to be added to.
    pub fn result(&mut self) -> &mut SyncResult {
        self.sync_result.get_or_insert_default()
    }

    /// What became of an object in a phase.
    pub fn of_task(&self, key: &Key, phase: SyncPhase) -> Option<&ResourceResult> {
        let result = self.sync_result.as_ref()?;
        result.resources.iter().find(|one| one.is_of(key, phase))
    }

    /// Notes what became of an object, over what was noted before.
    pub fn note(&mut self, result: ResourceResult) {
        let resources = &mut self.result().resources;
        let is_same = |one: &ResourceResult| {
            one.group == result.group
                && one.kind == result.kind
                && one.namespace == result.namespace
                && one.name == result.name
                && one.sync_phase == result.sync_phase
        };
        match resources.iter_mut().find(|one| is_same(one)) {
            Some(before) => *before = result,
            None => resources.push(result),
        }
    }

    /// Ends the try; a failed one is tried again where retries are left.
    pub fn finish(&mut self, phase: OperationPhase, message: impl Into<String>, now: Timestamp) {
        let retry = self.operation.retry.clone().unwrap_or_default();
        let was_terminating = self.phase == OperationPhase::Terminating;
        self.phase = phase;
        self.message = message.into();
        self.finished_at = Some(second(now));
        if phase == OperationPhase::Succeeded || was_terminating {
            return;
        }
        let is_left = retry.limit < 0 || self.retry_count < retry.limit;
        if is_left {
            let wait = wait(&retry, self.retry_count);
            self.retry_count += 1;
            self.phase = OperationPhase::Running;
            let at = second(now.checked_add(wait).unwrap_or(now));
            self.message = format!(
                "{}. Retrying attempt #{} at {at}.",
                self.message, self.retry_count
            );
        } else if self.retry_count > 0 {
            self.message = format!("{} (retried {} times).", self.message, self.retry_count);
        }
    }

    /// When the next try begins, while one is waited for.
    pub fn next_try(&self) -> Option<Timestamp> {
        if self.phase != OperationPhase::Running {
            return None;
        }
        let ended: Timestamp = self.finished_at.as_deref()?.parse().ok()?;
        let retry = self.operation.retry.clone().unwrap_or_default();
        ended.checked_add(wait(&retry, self.retry_count - 1)).ok()
    }
}

/// The wait before retry `n`, from 0.
fn wait(retry: &Retry, n: i64) -> SignedDuration {
    let backoff = retry.backoff.clone().unwrap_or_default();
    let Backoff {
        duration,
        factor,
        max_duration,
    } = &backoff;
    let first = duration_of(duration).unwrap_or(SignedDuration::from_secs(5));
    let longest = duration_of(max_duration).unwrap_or(SignedDuration::from_mins(3));
    let factor = factor.unwrap_or(2).max(1);
    let mut wait = first;
    for _ in 0..n.clamp(0, 64) {
        if wait >= longest {
            break;
        }
        wait = wait
            .checked_mul(i32::try_from(factor).unwrap_or(i32::MAX))
            .unwrap_or(longest);
    }
    wait.min(longest)
}

/// A duration as Go writes it, or whole seconds.
fn duration_of(text: &str) -> Option<SignedDuration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(SignedDuration::from_secs(seconds));
    }
    if text.is_empty() {
        return None;
    }
    text.parse().ok()
}

/// An instant as Kubernetes writes it.
pub fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_the_longest() {
        let retry = Retry {
            limit: -1,
            ..Retry::default()
        };
        let seconds: Vec<i64> = (0..8).map(|n| wait(&retry, n).as_secs()).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 180, 180]);
        let own = Retry {
            backoff: Some(Backoff {
                duration: "7".to_owned(),
                factor: Some(3),
                max_duration: "1m".to_owned(),
            }),
            ..Retry::default()
        };
        assert_eq!(wait(&own, 1).as_secs(), 21);
        assert_eq!(wait(&own, 5).as_secs(), 60);
    }

    #[test]
    fn a_failed_try_is_tried_again_while_retries_are_left() {
        let now = Timestamp::UNIX_EPOCH;
        let operation = Operation {
            retry: Some(Retry {
                limit: 1,
                ..Retry::default()
            }),
            ..Operation::default()
        };
        let mut state = OperationState::begin(operation, now);
        state.finish(OperationPhase::Failed, "no", now);
        assert_eq!(state.phase, OperationPhase::Running);
        assert_eq!(
            state.next_try(),
            now.checked_add(SignedDuration::from_secs(5)).ok()
        );
        state.finish(OperationPhase::Failed, "no", now);
        assert_eq!(state.phase, OperationPhase::Failed);
        assert_eq!(state.message, "no (retried 1 times).");
    }
}
