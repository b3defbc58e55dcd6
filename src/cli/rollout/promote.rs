//! `waxwing rollout promote`: mirrors `pkg/kubectl-argo-rollouts/cmd/promote/promote.go`.

use serde_json::{Value, json};

use super::connect::{Connection, Told, tell};
use crate::{
    cli::{Exit, Failure, Shell},
    object::Object,
};

/// Go on from a pause, or to the end.
///
/// Promotes a rollout that is paused at a canary step, or a blue-green one before its switch. With --full it skips
/// analysis, pauses and steps.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  waxwing rollout promote guestbook\n  \
    waxwing rollout promote guestbook --full")]
pub(super) struct Args {
    /// The rollout.
    name: String,
    #[command(flatten)]
    connection: Connection,
    /// Skip analysis, pauses and steps.
    #[arg(long)]
    full: bool,
    /// Deprecated: use it without the flag.
    #[arg(short = 'c', long, hide = true, conflicts_with = "skip_all_steps")]
    skip_current_step: bool,
    /// Deprecated: use --full.
    #[arg(short = 'a', long, hide = true)]
    skip_all_steps: bool,
    /// A sentence, or the rollout as it is now.
    #[arg(short, long, value_enum, default_value_t)]
    output: Told,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let place = args.connection.place().await?;
    let rollout = place.rollout(&args.name).await?;
    let skip = match (args.skip_current_step, args.skip_all_steps) {
        (true, _) => {
            shell.note("Flag --skip-current-step has been deprecated, use without the flag instead ex: promote ROLLOUT_NAME");
            Skip::One
        }
        (_, true) => {
            shell.note("Flag --skip-all-steps has been deprecated, use --full instead");
            Skip::All
        }
        _ if args.full => Skip::Everything,
        _ => Skip::Nothing,
    };
    let patches = patches(&rollout, skip).map_err(Failure::new)?;
    let mut changed = rollout;
    if let Some(patch) = &patches.status {
        changed = place.patch_status(&args.name, patch).await?;
    }
    if let Some(patch) = &patches.spec {
        changed = place.patch(&args.name, patch).await?;
    }
    let done = if args.full {
        "fully promoted"
    } else {
        "promoted"
    };
    tell(
        shell,
        args.output,
        &changed,
        &format!("rollout '{}' {done}", args.name),
    )?;
    Ok(Exit::Yes)
}

/// How much is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Skip {
    Nothing,
    One,
    All,
    Everything,
}

#[derive(Debug, Default, PartialEq)]
struct Patches {
    spec: Option<Value>,
    status: Option<Value>,
}

/// What is to be written to the spec and to the status.
fn patches(rollout: &Object, skip: Skip) -> Result<Patches, &'static str> {
    let status = |name: &str| rollout.at(&["status", name]);
    let is_canary = rollout.at(&["spec", "strategy", "canary"]).is_some();
    let steps = rollout
        .at(&["spec", "strategy", "canary", "steps"])
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    let index = status("currentStepIndex")
        .and_then(Value::as_u64)
        .and_then(|index| usize::try_from(index).ok())
        .unwrap_or(0);
    let next = if index < steps { index + 1 } else { index };
    let only_status = |patch: Value| Patches {
        spec: None,
        status: Some(json!({"status": patch})),
    };
    if matches!(skip, Skip::One | Skip::All) {
        if rollout.at(&["spec", "strategy", "blueGreen"]).is_some() {
            return Err("Cannot skip steps of a bluegreen rollout. Run without a flags");
        }
        if steps == 0 {
            return Err("Cannot skip steps of a rollout without steps");
        }
        let index = if skip == Skip::One { next } else { steps };
        return Ok(only_status(json!({"currentStepIndex": index})));
    }
    if skip == Skip::Everything {
        // A rollout that is promoted already has nothing to be promoted.
        let is_underway = status("currentPodHash") != status("stableRS");
        return Ok(if is_underway {
            only_status(json!({"promoteFull": true}))
        } else {
            Patches::default()
        });
    }
    let is_paused = status("pauseConditions")
        .and_then(Value::as_array)
        .is_some_and(|pauses| !pauses.is_empty());
    let is_inconclusive = rollout
        .at(&["status", "canary", "currentStepAnalysisRunStatus", "status"])
        .and_then(Value::as_str)
        == Some("Inconclusive");
    let holds = status("controllerPause").and_then(Value::as_bool) == Some(true);
    let mut patches = Patches::default();
    if is_paused && is_canary && is_inconclusive && holds && steps > 0 {
        // Otherwise a pause as the next step would find the old conditions and stay for ever.
        patches = only_status(json!({
            "pauseConditions": null, "controllerPause": false, "currentStepIndex": next,
        }));
    } else if is_paused {
        patches = only_status(json!({"pauseConditions": null}));
    } else if is_canary && steps > 0 {
        patches = only_status(json!({"pauseConditions": null, "currentStepIndex": next}));
    }
    if rollout.at(&["spec", "paused"]).and_then(Value::as_bool) == Some(true) {
        patches.spec = Some(json!({"spec": {"paused": false}}));
    }
    Ok(patches)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rollout(paused: bool, status: Value) -> Object {
        Object::from_value(json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
            "metadata": {"name": "guestbook"},
            "spec": {"paused": paused, "strategy": {"canary": {"steps": [{"setWeight": 20}, {"pause": {}}]}}},
            "status": status,
        }))
        .unwrap()
    }

    fn status_of(rollout: &Object, skip: Skip) -> Value {
        let patch = patches(rollout, skip).unwrap().status.unwrap();
        patch["status"].clone()
    }

    #[test]
    fn a_pause_is_ended_or_a_step_is_skipped_but_never_both() {
        let paused = json!({"currentStepIndex": 1, "controllerPause": true,
            "pauseConditions": [{"reason": "CanaryPauseStep"}]});
        let nothing = |status: Value| status_of(&rollout(false, status), Skip::Nothing);
        assert_eq!(nothing(paused.clone()), json!({"pauseConditions": null}));
        assert_eq!(
            nothing(json!({"currentStepIndex": 0})),
            json!({"pauseConditions": null, "currentStepIndex": 1})
        );
        assert_eq!(
            nothing(json!({"currentStepIndex": 2})),
            json!({"pauseConditions": null, "currentStepIndex": 2})
        );
        let mut inconclusive = paused;
        inconclusive["canary"] =
            json!({"currentStepAnalysisRunStatus": {"status": "Inconclusive"}});
        assert_eq!(
            nothing(inconclusive),
            json!({"pauseConditions": null, "controllerPause": false, "currentStepIndex": 2})
        );
    }

    #[test]
    fn a_halted_rollout_is_resumed() {
        let patches = patches(&rollout(true, json!({})), Skip::Nothing).unwrap();
        assert_eq!(patches.spec, Some(json!({"spec": {"paused": false}})));
    }

    #[test]
    fn a_full_promotion_is_asked_for_only_while_there_is_something_to_promote() {
        let underway = rollout(false, json!({"currentPodHash": "b", "stableRS": "a"}));
        assert_eq!(
            status_of(&underway, Skip::Everything),
            json!({"promoteFull": true})
        );
        let done = rollout(false, json!({"currentPodHash": "a", "stableRS": "a"}));
        assert_eq!(patches(&done, Skip::Everything), Ok(Patches::default()));
    }

    #[test]
    fn deprecated_flags_move_the_index() {
        let at = rollout(false, json!({"currentStepIndex": 0}));
        assert_eq!(status_of(&at, Skip::One), json!({"currentStepIndex": 1}));
        assert_eq!(status_of(&at, Skip::All), json!({"currentStepIndex": 2}));
        let mut bare = at;
        bare.set(&["spec", "strategy"], json!({"canary": {}}));
        assert_eq!(
            patches(&bare, Skip::One),
            Err("Cannot skip steps of a rollout without steps")
        );
        bare.set(&["spec", "strategy"], json!({"blueGreen": {}}));
        assert_eq!(
            patches(&bare, Skip::All),
            Err("Cannot skip steps of a bluegreen rollout. Run without a flags")
        );
    }
}
