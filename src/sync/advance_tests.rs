//! Steps of a sync, without a cluster.

use serde_json::json;

use super::*;
use crate::{
    api::application::{Operation, SYNC_OPTIONS, SyncOperation},
    sync::Key,
};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn object(kind: &str, name: &str, more: serde_json::Value) -> Object {
    let api = match kind {
        "SealedSecret" => "bitnami.com/v1alpha1",
        "Rollout" => "argoproj.io/v1alpha1",
        _ => "v1",
    };
    let mut object = Object::from_value(json!({"apiVersion": api, "kind": kind,
        "metadata": {"name": name, "namespace": "ns", "generation": 1}}))
    .unwrap();
    for (field, value) in more.as_object().unwrap() {
        object.set(&[field.as_str()], value.clone());
    }
    object
}

fn task(target: Option<Object>, live: Option<Object>) -> Task {
    let of = target.as_ref().or(live.as_ref()).unwrap();
    Task {
        key: Key::of(of),
        version: of.gvk().version,
        phase: Phase::Sync,
        wave: 0,
        is_hook: false,
        is_synced: false,
        target,
        live,
    }
}

fn step(
    tasks: &[Task],
    state: &mut OperationState,
    prune: bool,
    since: Option<i64>,
    now: i64,
) -> Step {
    let options = Options::default();
    let app = object("Application", "app", json!({}));
    let at = |second| Timestamp::from_second(second).unwrap();
    let view = View {
        tasks,
        options: &options,
        app: &app,
        prune,
        sealed_since: since.map(at),
        now: at(now),
    };
    advance(&view, state)
}

fn begun() -> OperationState {
    let operation = Operation {
        sync: Some(SyncOperation::default()),
        ..Operation::default()
    };
    OperationState::begin(operation, NOW)
}

fn note(state: &mut OperationState, task: &Task) {
    state.note(ResourceResult {
        status: "Synced".to_owned(),
        hook_phase: "Running".to_owned(),
        ..result_of(task)
    });
}

#[test]
fn a_plain_sync_ends_without_waiting_for_health() {
    let mut state = begun();
    let pod = object("Pod", "a", json!({"status": {"phase": "Pending"}}));
    let tasks = [task(Some(pod.clone()), Some(pod))];
    assert_eq!(step(&tasks, &mut state, false, None, 0).actions.len(), 1);
    note(&mut state, &tasks[0]);
    assert_eq!(step(&tasks, &mut state, false, None, 0), Step::default());
    assert_eq!(state.phase, OperationPhase::Succeeded);
}

#[test]
fn a_second_wave_waits_and_a_degraded_first_one_ends_it() {
    let pod = |phase: &str| object("Pod", "a", json!({"status": {"phase": phase}}));
    let tasks = |phase: &str| {
        let mut late = task(Some(object("ConfigMap", "b", json!({}))), None);
        late.wave = 1;
        [task(Some(pod(phase)), Some(pod(phase))), late]
    };
    let mut state = begun();
    note(&mut state, &tasks("Pending")[0]);
    assert_eq!(
        step(&tasks("Pending"), &mut state, false, None, 0).actions,
        []
    );
    assert_eq!(state.message, "waiting for healthy state of /Pod/a");
    let mut failed = state.clone();
    step(&tasks("Failed"), &mut failed, false, None, 0);
    assert_eq!(failed.phase, OperationPhase::Failed);
    let step = step(&tasks("Succeeded"), &mut state, false, None, 0);
    assert_eq!(step.actions.len(), 1);
}

#[test]
fn workloads_wait_for_sealed_secrets_of_this_sync_and_not_for_ever() {
    let sealed = |observed: i64| {
        object(
            "SealedSecret",
            "s",
            json!({"status": {"observedGeneration": observed}}),
        )
    };
    let tasks = |observed: i64| {
        [
            task(Some(sealed(0)), Some(sealed(observed))),
            task(Some(object("Rollout", "r", json!({}))), None),
        ]
    };
    let mut state = begun();
    let first = step(&tasks(0), &mut state, false, None, 0);
    assert_eq!(first.actions.len(), 1);
    note(&mut state, &tasks(0)[0]);
    let waits = step(&tasks(0), &mut state, false, None, 0);
    assert!(waits.waits_for_sealed && waits.actions.is_empty());
    assert_eq!(waits.again, Timestamp::from_second(30).ok());
    let opened = step(&tasks(1), &mut state.clone(), false, Some(0), 1);
    assert_eq!(opened.actions.len(), 1);
    let late = step(&tasks(0), &mut state, false, Some(0), 30);
    assert_eq!(late.actions.len(), 1);
    assert!(
        state.message.starts_with("went on without"),
        "{}",
        state.message
    );
}

#[test]
fn what_git_lacks_is_skipped_kept_held_or_deleted() {
    let live = |options: &str| {
        let mut live = object("ConfigMap", "a", json!({}));
        live.set(&["metadata", "annotations", SYNC_OPTIONS], options.into());
        [task(None, Some(live))]
    };
    let message = |options: &str, prune: bool| {
        let mut state = begun();
        let step = step(&live(options), &mut state, prune, None, 0);
        let noted = state
            .sync_result
            .map(|result| result.resources[0].message.clone());
        (step.actions.len(), noted.unwrap_or(state.message))
    };
    assert_eq!(
        message("", false),
        (0, "ignored (requires pruning)".to_owned())
    );
    assert_eq!(
        message("Prune=false", true),
        (0, "ignored (no prune)".to_owned())
    );
    assert_eq!(
        message("Prune=confirm", true),
        (
            0,
            "waiting for pruning confirmation of /ConfigMap/a".to_owned()
        )
    );
    assert_eq!(message("", true).0, 1);
}

#[test]
fn stopping_ends_as_failed_and_is_not_tried_again() {
    let mut state = begun();
    state.operation.retry = Some(crate::api::application::Retry {
        limit: 5,
        ..Default::default()
    });
    state.phase = OperationPhase::Terminating;
    step(&[], &mut state, false, None, 0);
    assert_eq!(state.phase, OperationPhase::Failed);
    assert_eq!(state.message, "Operation terminated");
}
