//! `waxwing rollout status`: mirrors `pkg/kubectl-argo-rollouts/cmd/status/status.go`.

use std::time::Duration;

use super::{connect::Connection, live, phase::phase};
use crate::{
    api::analysis::go_seconds,
    cli::{Exit, Failure, Shell},
};

/// Wait until a rollout is healthy or degraded.
///
/// Prints every change of its phase. The exit code is 0 when it is healthy, 1 when it is degraded or the time is over.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  waxwing rollout status guestbook\n  \
    waxwing rollout status guestbook --watch=false\n  waxwing rollout status guestbook --timeout 60s")]
pub(super) struct Args {
    /// The rollout.
    name: String,
    #[command(flatten)]
    connection: Connection,
    /// Wait until it is done.
    #[arg(short, long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1,
        default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    watch: bool,
    /// How long to wait, such as 1s, 2m, 3h; 0 is for ever.
    #[arg(short, long, default_value = "0s", value_name = "DURATION")]
    timeout: String,
    /// text or json (a line for each change).
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"])]
    output: String,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let patience = patience(&args.timeout)?;
    let place = args.connection.place().await?;
    let is_json = args.output == "json";
    let rollout = place.rollout(&args.name).await?;
    let (mut status, mut message) = phase(&rollout);
    if !args.watch {
        let is_over = matches!(status.as_str(), "Healthy" | "Degraded");
        let shown = if is_over { "" } else { message.as_str() };
        if is_json {
            shell.say(line(&status, &message))?;
        } else if is_over {
            shell.say(&status)?;
        } else {
            shell.say(format_args!("{status} - {shown}"))?;
        }
    } else {
        let mut before = None;
        live::first(&place, &args.name, patience, |scene| {
            (status, message) = phase(&scene.rollout);
            let said = if is_json {
                line(&status, &message)
            } else if message.is_empty() {
                status.clone()
            } else {
                format!("{status} - {message}")
            };
            if before.as_ref() != Some(&said) {
                shell.say(&said)?;
                before = Some(said);
            }
            Ok(matches!(status.as_str(), "Healthy" | "Degraded"))
        })
        .await?;
    }
    match status.as_str() {
        "Degraded" => Err(Failure::new(format!(
            "The rollout is in a degraded state with message: {message}"
        ))
        .exiting(Exit::No)),
        "Healthy" => Ok(Exit::Yes),
        _ if args.watch => {
            Err(Failure::new("Rollout status watch exceeded timeout").exiting(Exit::No))
        }
        _ => Ok(Exit::Yes),
    }
}

fn line(status: &str, message: &str) -> String {
    serde_json::json!({"status": status, "message": message}).to_string()
}

fn patience(text: &str) -> Result<Duration, Failure> {
    let seconds = if text == "0" {
        Some(0.0)
    } else {
        go_seconds(text)
    };
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let duration = duration.ok_or_else(|| {
        Failure::new(format!("invalid duration \"{text}\"")).hint("write it as 1s, 2m or 3h")
    })?;
    Ok(if duration.is_zero() {
        Duration::MAX
    } else {
        duration
    })
}
