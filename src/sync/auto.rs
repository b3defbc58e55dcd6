//! Whether an application is synced by itself now (`controller/appcontroller.go`, `autoSync`).

use super::{
    compare::{Comparison, SyncStatus},
    operation::{OperationPhase, OperationState},
    origin::Origin,
};
use crate::api::application::{Initiator, Operation, Retry, Selected, Spec, SyncOperation};
use jiff::{SignedDuration, Timestamp};

/// How often an automated sync is tried again unless said otherwise.
const RETRIES: i64 = 5;

/// The waits before heals that follow each other, in seconds.
const HEAL_WAITS: &[i64] = &[0, 2, 6, 18, 54, 162, 300];

/// What is decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Auto {
    /// Nothing is to be done.
    Nothing,
    /// A sync begins.
    Sync(Box<Operation>),
    /// A heal begins at an instant.
    At(Timestamp),
    /// It is refused, and why: a condition `SyncError`.
    Refused(String),
}

/// Decides; to be called when no sync runs and the comparison is complete. `may_prune` is false where nothing
/// may be deleted without a person, whatever the policy says.
pub fn decide(
    spec: &Spec,
    origin: &Origin,
    comparison: &Comparison,
    last: Option<&OperationState>,
    may_prune: bool,
    now: Timestamp,
) -> Auto {
    let Some(automated) = spec.automated() else {
        return Auto::Nothing;
    };
    let prune = automated.prune && may_prune;
    if comparison.status != SyncStatus::OutOfSync {
        return Auto::Nothing;
    }
    let out = || {
        comparison
            .resources
            .iter()
            .filter(|one| one.status == Some(SyncStatus::OutOfSync))
    };
    if !prune && out().next().is_some() && out().all(|one| one.requires_pruning) {
        return Auto::Nothing;
    }
    let revision = &origin.shown();
    let mut sync = SyncOperation {
        prune,
        sync_options: spec.options().to_vec(),
        ..SyncOperation::default()
    };
    if origin.is_plural {
        sync.revisions.clone_from(&origin.revisions);
    } else {
        origin.revision().clone_into(&mut sync.revision);
    }
    let before = last.and_then(|last| Some((last, last.sync_result.as_ref()?)));
    if let Some((last, result)) = before
        && Origin::of(result) == *origin
    {
        if last.phase != OperationPhase::Succeeded {
            return Auto::Refused(format!(
                "Failed last sync attempt to [{revision}]: {} ",
                last.message
            ));
        }
        if !automated.self_heal {
            return Auto::Nothing;
        }
        let done = last.operation.sync.as_ref();
        let attempts = done
            .and_then(|sync| sync.auto_heal_attempts_count)
            .unwrap_or(0);
        let at = usize::try_from(attempts)
            .unwrap_or(usize::MAX)
            .min(HEAL_WAITS.len() - 1);
        let wait = SignedDuration::from_secs(HEAL_WAITS.get(at).copied().unwrap_or(300));
        let finished = last
            .finished_at
            .as_deref()
            .and_then(|text| text.parse::<Timestamp>().ok());
        if let Some(from) = finished
            .and_then(|at| at.checked_add(wait).ok())
            .filter(|at| *at > now)
        {
            return Auto::At(from);
        }
        sync.auto_heal_attempts_count = Some(attempts + 1);
        sync.resources = out()
            .filter(|one| prune || !one.requires_pruning)
            .map(|one| Selected {
                group: one.key.group.clone(),
                kind: one.key.kind.clone(),
                name: one.key.name.clone(),
                namespace: one.key.namespace.clone(),
            })
            .collect();
    }
    let own = || comparison.resources.iter().filter(|one| !one.is_hook);
    if prune && !automated.allow_empty && own().all(|one| one.requires_pruning) {
        return Auto::Refused(format!(
            "Skipping sync attempt to {revision}: auto-sync will wipe out all resources"
        ));
    }
    let retry = spec
        .sync_policy
        .as_ref()
        .and_then(|policy| policy.retry.clone());
    Auto::Sync(Box::new(Operation {
        sync: Some(sync),
        initiated_by: Some(Initiator {
            automated: true,
            ..Initiator::default()
        }),
        retry: Some(retry.unwrap_or(Retry {
            limit: RETRIES,
            ..Retry::default()
        })),
        info: None,
    }))
}
