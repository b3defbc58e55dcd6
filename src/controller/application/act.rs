//! Does what a step of a sync says, one object after the other, and notes what became of each.

use jiff::SignedDuration;

use super::run::Applier;
use crate::{
    api::application::MANAGER,
    cluster::{ClusterError, Kinds, PatchForm, Propagation, Resource, WriteOptions},
    object::Object,
    sync::{
        advance::{Action, result_of},
        hook::Phase,
        ignore::Ignore,
        operation::{OperationState, ResourceResult},
        option::{self, Options},
        task::Task,
        write::{self, Write},
    },
};

/// How often, and how far apart, a kind is looked for whose definition was just applied: 3 s in all.
const ESTABLISH_TRIES: u32 = 30;
const ESTABLISH_PAUSE: SignedDuration = SignedDuration::from_millis(100);

/// How often a write is tried that somebody else's write has overtaken, or that the server could not do just then.
const TRIES: u32 = 5;

/// How long to wait before a write is tried again that the server could not do; so many times as long for each try.
const TRY_PAUSE: SignedDuration = SignedDuration::from_millis(200);

/// What all writes of one sync share.
pub(super) struct Rules<'a> {
    pub kinds: &'a Kinds,
    pub ignore: &'a Ignore,
    pub options: &'a Options,
    pub is_forced: bool,
    pub is_dry: bool,
}

impl Applier {
    /// Does one thing and notes it.
    pub(super) async fn act(&self, action: Action, rules: &Rules<'_>, state: &mut OperationState) {
        match action {
            Action::Apply(task) => {
                let outcome = self.apply(&task, rules, rules.is_dry).await;
                state.note(noted(&task, outcome, rules.is_dry));
            }
            Action::Prune(task) => {
                let outcome = match rules.is_dry {
                    true => Ok(()),
                    false => self.prune(&task, rules).await,
                };
                let (status, phase, message) = match outcome {
                    Ok(()) => ("Pruned", "Succeeded", "pruned".to_owned()),
                    Err(error) => ("SyncFailed", "Failed", error.to_string()),
                };
                state.note(ResourceResult {
                    status: status.to_owned(),
                    hook_phase: phase.to_owned(),
                    message,
                    ..result_of(&task)
                });
            }
            Action::DeleteHook(task) => {
                if let Err(error) = self.prune(&task, rules).await {
                    tracing::warn!(hook = %task.key, %error, "could not be deleted");
                }
            }
        }
    }

    async fn prune(&self, task: &Task, rules: &Rules<'_>) -> Result<(), ClusterError> {
        let Some(live) = &task.live else {
            return Ok(());
        };
        let resource = known(rules.kinds, live)?;
        let propagation = match rules.options.value("PrunePropagationPolicy") {
            Some("background") => Propagation::Background,
            Some("orphan") => Propagation::Orphan,
            _ => Propagation::Foreground,
        };
        let mut tries = 1;
        loop {
            let deleted = self
                .cluster
                .delete_any(resource, &live.reference(), live.uid(), propagation)
                .await;
            match deleted {
                Err(error) if tries < TRIES && is_passing(&error) && !error.is_conflict() => {
                    self.pause(tries).await;
                    tries += 1;
                }
                done => return done,
            }
        }
    }

    async fn pause(&self, tries: u32) {
        let tries = i32::try_from(tries).unwrap_or(i32::MAX);
        self.clock.wait(TRY_PAUSE.saturating_mul(tries)).await;
    }

    /// Writes one object, or tries whether it could be written; gives what kubectl would say.
    pub(super) async fn apply(
        &self,
        task: &Task,
        rules: &Rules<'_>,
        dry_run: bool,
    ) -> Result<String, String> {
        let Some(target) = &task.target else {
            return Ok(String::new());
        };
        let name = write::named(target);
        if rules.options.has("ApplyOutOfSyncOnly=true") && task.is_synced && !task.is_hook {
            return Ok(format!("{name} unchanged"));
        }
        let resource = self.served(rules.kinds, target, dry_run).await;
        let resource = &resource.map_err(|error| error.to_string())?;
        let options = WriteOptions {
            manager: MANAGER,
            dry_run,
            strict: rules.options.of(target, "Validate") != Some("false"),
        };
        let is_forced = rules.is_forced
            || rules.options.is_on(target, "Force")
            || task
                .live
                .as_ref()
                .is_some_and(|live| option::own(live, "Force") == Some("true"));
        let mut live = task.live.clone();
        let mut tries = 1;
        let (done, outcome) = loop {
            let write = write::write(target, live.as_ref(), rules.ignore, rules.options)
                .map_err(|error| format!("{name}: {error}"))?;
            let done = write.done();
            let outcome = self.send(resource, target, write, &options).await;
            let error = match &outcome {
                Err(error) if tries < TRIES && is_passing(error) => error,
                _ => break (done, outcome),
            };
            if !error.is_conflict() {
                self.pause(tries).await;
            } else if dry_run {
                break (done, outcome);
            }
            tries += 1;
            // Somebody has written it meanwhile, perhaps we ourselves, and the answer was lost: look again.
            let (namespace, own) = (target.namespace(), target.name());
            match self.cluster.get_any(resource, namespace, own).await {
                Ok(found) => live = found,
                Err(error) if is_passing(&error) => {}
                Err(_) => break (done, outcome),
            }
        };
        match outcome {
            Ok(()) => Ok(format!("{name} {done}")),
            Err(error) if is_forced && is_immutable(&error) && !dry_run => {
                self.recreate(resource, task, rules, &options)
                    .await
                    .map_err(|error| error.to_string())?;
                Ok(format!("{name} replaced"))
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// The kind of an object; one whose definition was just applied is waited for, for a short while.
    async fn served(
        &self,
        kinds: &Kinds,
        object: &Object,
        dry_run: bool,
    ) -> Result<Resource, ClusterError> {
        let gvk = object.gvk();
        if let Some(resource) = kinds.find(&gvk) {
            return Ok(resource.clone());
        }
        if !dry_run {
            for _ in 0..ESTABLISH_TRIES {
                if let Some(resource) = self.kinds(true).await?.find(&gvk) {
                    return Ok(resource.clone());
                }
                self.clock.wait(ESTABLISH_PAUSE).await;
            }
        }
        Err(ClusterError::UnknownKind(gvk))
    }

    async fn send(
        &self,
        resource: &Resource,
        target: &Object,
        write: Write,
        options: &WriteOptions<'_>,
    ) -> Result<(), ClusterError> {
        let at = target.reference();
        match write {
            Write::Nothing => Ok(()),
            Write::Create(object) => self
                .cluster
                .create_any(resource, &object, options)
                .await
                .map(drop),
            Write::Replace(object) => self
                .cluster
                .replace_any(resource, &object, options)
                .await
                .map(drop),
            Write::Patch {
                is_strategic,
                patch,
            } => {
                let form = if is_strategic {
                    PatchForm::Strategic
                } else {
                    PatchForm::Merge
                };
                let patched = self.cluster.patch_any(resource, &at, form, &patch, options);
                patched.await.map(drop)
            }
            Write::ServerSide(object) => {
                let whole = object.to_value();
                let applied =
                    self.cluster
                        .patch_any(resource, &at, PatchForm::Apply, &whole, options);
                applied.await.map(drop)
            }
        }
    }

    async fn recreate(
        &self,
        resource: &Resource,
        task: &Task,
        rules: &Rules<'_>,
        options: &WriteOptions<'_>,
    ) -> Result<(), ClusterError> {
        if let Some(live) = &task.live {
            let at = live.reference();
            let gone = self
                .cluster
                .delete_any(resource, &at, live.uid(), Propagation::Background);
            gone.await?;
        }
        let Some(target) = &task.target else {
            return Ok(());
        };
        match write::write(target, None, rules.ignore, rules.options) {
            Ok(write) => self.send(resource, target, write, options).await,
            Err(_) => Ok(()),
        }
    }
}

fn known<'a>(kinds: &'a Kinds, object: &Object) -> Result<&'a Resource, ClusterError> {
    let gvk = object.gvk();
    kinds.find(&gvk).ok_or(ClusterError::UnknownKind(gvk))
}

/// Whether the same write may be done a moment later; what only a leader may do is left to the leader.
fn is_passing(error: &ClusterError) -> bool {
    error.is_transient() && *error != ClusterError::NotLeading
}

fn is_immutable(error: &ClusterError) -> bool {
    matches!(
        error,
        ClusterError::Refused {
            code: 409 | 422,
            ..
        }
    )
}

fn noted(task: &Task, outcome: Result<String, String>, is_dry: bool) -> ResourceResult {
    let mut result = result_of(task);
    match outcome {
        Ok(message) => {
            "Synced".clone_into(&mut result.status);
            let phase = if is_dry { "Succeeded" } else { "Running" };
            phase.clone_into(&mut result.hook_phase);
            result.message = if is_dry {
                format!("{message} (dry run)")
            } else {
                message
            };
        }
        Err(message) => {
            "SyncFailed".clone_into(&mut result.status);
            "Failed".clone_into(&mut result.hook_phase);
            result.message = message;
        }
    }
    if task.phase == Phase::SyncFail && result.status == "SyncFailed" {
        result.message = format!("{}: {}", task.phase.text(), result.message);
    }
    result
}
