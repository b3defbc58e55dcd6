//! One step of a sync: what is to be done now, by what is noted and what is seen. Idempotent.

use jiff::{SignedDuration, Timestamp};

use super::{
    health::{self, HealthStatus},
    hook::{self, DeletePolicy, Phase},
    operation::{OperationPhase, OperationState, ResourceResult},
    option::{self, Options},
    task::Task,
    wave,
};
use crate::{api::application::DELETION_APPROVED, object::Object};

/// How long workloads wait for the SealedSecrets that were changed with them.
pub const SEALED_PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// What is seen when a step is taken.
pub struct View<'a> {
    /// The tasks, in their order.
    pub tasks: &'a [Task],
    /// The options of application and operation.
    pub options: &'a Options,
    /// The application.
    pub app: &'a Object,
    /// Whether pruning is asked for and allowed.
    pub prune: bool,
    /// Since when workloads wait for SealedSecrets.
    pub sealed_since: Option<Timestamp>,
    /// Now.
    pub now: Timestamp,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Writes an object.
    Apply(Box<Task>),
    /// Deletes an object that Git lacks.
    Prune(Box<Task>),
    /// Deletes a hook of an earlier sync, or of this one.
    DeleteHook(Box<Task>),
}

/// What a step has found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// What to do, in this order.
    pub actions: Vec<Action>,
    /// When to look again without a change.
    pub again: Option<Timestamp>,
    /// Whether workloads wait for SealedSecrets.
    pub waits_for_sealed: bool,
}

/// Takes a step: notes what has become of what was done, and says what comes next, or ends the sync.
pub fn advance(view: &View<'_>, state: &mut OperationState) -> Step {
    if state.phase == OperationPhase::Terminating {
        return terminate(view, state);
    }
    observe(view, state);
    let results = |task: &Task| state.of_task(&task.key, task.phase).cloned();
    let (first, last) = (view.tasks.first(), view.tasks.last());
    let is_multi_step = first
        .zip(last)
        .is_some_and(|(a, b)| a.phase != b.phase || a.wave != b.wave);
    let running: Vec<&Task> = view
        .tasks
        .iter()
        .filter(|task| results(task).is_some_and(|r| r.hook_phase == "Running"))
        .filter(|task| task.is_hook || is_multi_step)
        .collect();
    if !running.is_empty() {
        state.message = waiting(&running);
        return Step::default();
    }
    let going: Vec<&Task> = view
        .tasks
        .iter()
        .filter(|task| task.is_prune() && results(task).is_some_and(|r| r.status == "Pruned"))
        .filter(|task| task.live.is_some())
        .collect();
    let pending: Vec<&Task> = view
        .tasks
        .iter()
        .filter(|task| task.phase != Phase::SyncFail && results(task).is_none())
        .collect();
    if !going.is_empty() && !pending.is_empty() {
        state.message = format!("waiting for deletion of {}", names(&going));
        return Step::default();
    }
    let is_failed = state.sync_result.as_ref().is_some_and(|result| {
        result.resources.iter().any(|one| {
            one.status == "SyncFailed" || ["Failed", "Error"].contains(&one.hook_phase.as_str())
        })
    });
    if is_failed {
        return fail(view, state);
    }
    let Some(next) = pending.first() else {
        let message = if state
            .sync_result
            .as_ref()
            .is_none_or(|r| r.resources.is_empty())
        {
            "successfully synced (no more tasks)"
        } else {
            "successfully synced (all tasks run)"
        };
        state.finish(OperationPhase::Succeeded, message, view.now);
        let actions = finished_hooks(view, state, DeletePolicy::HookSucceeded);
        return Step {
            actions,
            ..Step::default()
        };
    };
    let (phase, wave) = (next.phase, next.wave);
    let wave: Vec<&Task> = pending
        .into_iter()
        .filter(|task| task.phase == phase && task.wave == wave)
        .collect();
    start(view, state, &wave)
}

/// The tasks of one wave: what runs pods waits until the SealedSecrets of this sync are opened.
fn start(view: &View<'_>, state: &mut OperationState, wave: &[&Task]) -> Step {
    let mut step = Step::default();
    let leftovers: Vec<&&Task> = wave
        .iter()
        .filter(|task| {
            task.is_hook
                && task
                    .live
                    .as_ref()
                    .is_some_and(|live| is_leftover(live, state))
        })
        .filter(|task| {
            task.target.as_ref().is_some_and(|target| {
                hook::delete_policies(target).contains(&DeletePolicy::BeforeHookCreation)
            })
        })
        .collect();
    if !leftovers.is_empty() {
        let tasks: Vec<&Task> = leftovers.iter().map(|task| **task).collect();
        state.message = format!("waiting for deletion of hook {}", names(&tasks));
        step.actions = leftovers
            .into_iter()
            .filter(|task| !is_going(task.live.as_ref()))
            .map(|task| Action::DeleteHook(Box::new((*task).clone())))
            .collect();
        return step;
    }
    let is_workload = |task: &&Task| !task.is_prune() && wave::is_workload(&task.gvk());
    let others: Vec<&Task> = wave.iter().copied().filter(|t| !is_workload(t)).collect();
    let workloads: Vec<&Task> = wave.iter().copied().filter(is_workload).collect();
    let is_sealed = |task: &Task| task.key.kind == "SealedSecret" && !task.is_prune();
    let mut now = others.clone();
    if !others.iter().any(|task| is_sealed(task)) {
        let unopened: Vec<&Task> = view
            .tasks
            .iter()
            .filter(|task| is_sealed(task) && state.of_task(&task.key, task.phase).is_some())
            .filter(|task| !task.live.as_ref().is_some_and(is_observed))
            .collect();
        let since = view.sealed_since.unwrap_or(view.now);
        let until = since.checked_add(SEALED_PATIENCE).unwrap_or(since);
        if workloads.is_empty() || unopened.is_empty() {
            now.extend(&workloads);
        } else if view.now >= until {
            state.message = format!("went on without {}, not opened in time", names(&unopened));
            now.extend(&workloads);
        } else {
            step.waits_for_sealed = true;
            step.again = Some(until);
            state.message = format!("waiting for {} to be opened", names(&unopened));
        }
    }
    for task in now {
        if task.is_prune() {
            step.actions.extend(prune(view, state, task));
        } else {
            step.actions.push(Action::Apply(Box::new(task.clone())));
        }
    }
    step
}

/// One object that Git lacks: skipped, held, or deleted.
fn prune(view: &View<'_>, state: &mut OperationState, task: &Task) -> Option<Action> {
    let live = task.live.as_ref()?;
    let choice = option::own(live, "Prune").or_else(|| view.options.value("Prune"));
    let skipped = match choice {
        Some("false") => Some("ignored (no prune)"),
        _ if !view.prune => Some("ignored (requires pruning)"),
        _ => None,
    };
    if let Some(message) = skipped {
        state.note(ResourceResult {
            status: "PruneSkipped".to_owned(),
            message: message.to_owned(),
            hook_phase: "Succeeded".to_owned(),
            ..result_of(task)
        });
        return None;
    }
    let is_approved = || {
        let text = view.app.annotation(DELETION_APPROVED)?;
        let at: Timestamp = text.parse().ok()?;
        let began: Timestamp = state.started_at.parse().ok()?;
        Some(at >= began)
    };
    if choice == Some("confirm") && is_approved() != Some(true) {
        state.message = format!("waiting for pruning confirmation of {}", names(&[task]));
        return None;
    }
    (!is_going(Some(live))).then(|| Action::Prune(Box::new(task.clone())))
}

/// What has become of what was done, by how it does now.
fn observe(view: &View<'_>, state: &mut OperationState) {
    for task in view.tasks.iter().filter(|task| !task.is_prune()) {
        let Some(mut result) = state.of_task(&task.key, task.phase).cloned() else {
            continue;
        };
        if result.hook_phase != "Running" {
            continue;
        }
        let Some(live) = &task.live else {
            result.hook_phase = "Error".to_owned();
            result.message = "the object was deleted meanwhile".to_owned();
            state.note(result);
            continue;
        };
        let health = health::of(live);
        // What it opened to is its own affair: what runs pods goes on with the Secret that is there.
        let is_sealed = task.key.kind == "SealedSecret" && !task.is_hook && is_observed(live);
        let phase = match health.as_ref().map(|health| health.status) {
            _ if is_sealed => "Succeeded",
            None | Some(HealthStatus::Healthy) => "Succeeded",
            Some(HealthStatus::Degraded) => "Failed",
            Some(HealthStatus::Unknown) if task.is_hook => "Failed",
            Some(_) => continue,
        };
        result.hook_phase = phase.to_owned();
        if let Some(health) =
            health.filter(|health| !health.message.is_empty() && phase == "Failed")
        {
            result.message = health.message;
        }
        state.note(result);
    }
}

fn fail(view: &View<'_>, state: &mut OperationState) -> Step {
    let not_run: Vec<Action> = view
        .tasks
        .iter()
        .filter(|task| task.phase == Phase::SyncFail)
        .filter(|task| state.of_task(&task.key, task.phase).is_none())
        .map(|task| Action::Apply(Box::new(task.clone())))
        .collect();
    if !not_run.is_empty() {
        return Step {
            actions: not_run,
            ..Step::default()
        };
    }
    let failed: Vec<&ResourceResult> = state
        .sync_result
        .iter()
        .flat_map(|result| &result.resources)
        .filter(|one| {
            one.status == "SyncFailed" || ["Failed", "Error"].contains(&one.hook_phase.as_str())
        })
        .collect();
    let mut reasons: Vec<&str> = failed.iter().map(|one| one.message.as_str()).collect();
    reasons.sort_unstable();
    reasons.dedup();
    let what = if failed.iter().any(|one| one.status == "SyncFailed") {
        "one or more objects failed to apply"
    } else {
        "one or more synchronization tasks completed unsuccessfully"
    };
    let message = format!("{what}, reason: {}", reasons.join(","));
    let actions = finished_hooks(view, state, DeletePolicy::HookFailed);
    state.finish(OperationPhase::Failed, message, view.now);
    Step {
        actions,
        ..Step::default()
    }
}

fn terminate(view: &View<'_>, state: &mut OperationState) -> Step {
    observe(view, state);
    let actions = view
        .tasks
        .iter()
        .filter(|task| task.is_hook && task.live.is_some())
        .filter(|task| {
            state
                .of_task(&task.key, task.phase)
                .is_some_and(|r| r.hook_phase == "Running")
        })
        .map(|task| Action::DeleteHook(Box::new(task.clone())))
        .collect();
    state.finish(OperationPhase::Failed, "Operation terminated", view.now);
    Step {
        actions,
        ..Step::default()
    }
}

fn finished_hooks(view: &View<'_>, state: &OperationState, policy: DeletePolicy) -> Vec<Action> {
    view.tasks
        .iter()
        .filter(|task| task.is_hook && task.live.is_some())
        .filter(|task| state.of_task(&task.key, task.phase).is_some())
        .filter(|task| {
            task.target
                .as_ref()
                .is_some_and(|target| hook::delete_policies(target).contains(&policy))
        })
        .map(|task| Action::DeleteHook(Box::new(task.clone())))
        .collect()
}

/// Whether a hook was made before this sync began.
fn is_leftover(live: &Object, state: &OperationState) -> bool {
    let made = live
        .at(&["metadata", "creationTimestamp"])
        .and_then(serde_json::Value::as_str)
        .and_then(|text| text.parse::<Timestamp>().ok());
    let began = state.started_at.parse::<Timestamp>().ok();
    made.zip(began).is_some_and(|(made, began)| made < began) || is_going(Some(live))
}

fn is_going(live: Option<&Object>) -> bool {
    live.is_some_and(|live| live.at(&["metadata", "deletionTimestamp"]).is_some())
}

fn is_observed(live: &Object) -> bool {
    let seen = live.at(&["status", "observedGeneration"]);
    seen.and_then(serde_json::Value::as_i64) == live.generation()
}

/// The note of a task before anything became of it.
pub fn result_of(task: &Task) -> ResourceResult {
    ResourceResult {
        group: task.key.group.clone(),
        version: task.version.clone(),
        kind: task.key.kind.clone(),
        namespace: task.key.namespace.clone(),
        name: task.key.name.clone(),
        sync_phase: task.phase.text().to_owned(),
        hook_type: if task.is_hook {
            task.phase.text().to_owned()
        } else {
            String::new()
        },
        ..ResourceResult::default()
    }
}

fn waiting(running: &[&Task]) -> String {
    if running.iter().any(|task| task.is_hook) {
        let hooks: Vec<&Task> = running.iter().copied().filter(|t| t.is_hook).collect();
        return format!("waiting for completion of hook {}", names(&hooks));
    }
    format!("waiting for healthy state of {}", names(running))
}

/// The first of some tasks, and how many more.
fn names(tasks: &[&Task]) -> String {
    let Some(first) = tasks.first() else {
        return String::new();
    };
    let more = tasks.len() - 1;
    let word = if first.is_hook { "hooks" } else { "resources" };
    if more == 0 {
        first.key.short()
    } else {
        format!("{} and {more} more {word}", first.key.short())
    }
}

#[cfg(test)]
#[path = "advance_tests.rs"]
mod tests;
