//! `waxwing rollout restart`: mirrors `pkg/kubectl-argo-rollouts/cmd/restart/restart.go`.

use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::{Value, json};

use super::connect::{Connection, Told, tell};
use crate::{
    api::analysis::go_seconds,
    cli::{Exit, Failure, Shell},
    clock::Clock,
};

/// Restart the pods of a rollout.
///
/// Pods that are older than the asked moment are evicted and made again, as many at once as may be unavailable.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  waxwing rollout restart guestbook\n  \
    waxwing rollout restart guestbook --in 10s")]
pub(super) struct Args {
    /// The rollout.
    name: String,
    #[command(flatten)]
    connection: Connection,
    /// Amount of time before a restart, such as 30s, 5m, 1h.
    #[arg(short, long = "in", value_name = "DURATION")]
    after: Option<String>,
    /// A sentence, or the rollout as it is now.
    #[arg(short, long, value_enum, default_value_t)]
    output: Told,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let after = args.after.as_deref().unwrap_or("0s");
    let now = Clock::wall().now();
    // A slip in the duration is told before anybody is asked.
    patch(now, after)?;
    let place = args.connection.place().await?;
    let ahead = place.cluster.ahead_of(&Clock::wall()).await;
    let patch = patch(now.checked_add(ahead).unwrap_or(now), after)?;
    let changed = place.patch(&args.name, &patch).await?;
    let sentence = format!("rollout '{}' restarts in {after}", args.name);
    tell(shell, args.output, &changed, &sentence)?;
    Ok(Exit::Yes)
}

fn patch(now: Timestamp, after: &str) -> Result<Value, Failure> {
    let seconds = go_seconds(after).filter(|seconds| *seconds >= 0.0);
    let at = seconds
        .and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok())
        .and_then(|by| now.checked_add(by).ok())
        .and_then(|at| at.round((Unit::Second, 1)).ok());
    let at = at.ok_or_else(|| {
        Failure::new(format!("invalid duration \"{after}\"")).hint("write it as 30s, 5m or 1h")
    })?;
    Ok(json!({"spec": {"restartAt": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()}}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instant_is_written_in_whole_seconds() {
        let now = "2026-03-01T10:00:00Z".parse().unwrap();
        assert_eq!(
            patch(now, "1m30s").unwrap(),
            json!({"spec": {"restartAt": "2026-03-01T10:01:30Z"}})
        );
        let failure = patch(now, "soon").unwrap_err().to_string();
        assert!(failure.contains("invalid duration \"soon\""), "{failure}");
    }
}
