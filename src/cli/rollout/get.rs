//! `waxwing rollout get`.

use std::{pin::pin, time::Duration};

use futures::StreamExt;
use jiff::Timestamp;

use super::{
    connect::Connection,
    live::{self, Scene},
    render::{Paint, header},
    tree::tree,
    view::view,
};
use crate::{
    cli::{Exit, Failure, Shell},
    clock::Clock,
};

/// How soon the picture is drawn again after the last one, and at the latest.
const SOONEST: Duration = Duration::from_millis(200);
const LATEST: Duration = Duration::from_secs(1);
/// Clears a terminal and goes to its first place.
const CLEAR: &str = "\u{1b}[H\u{1b}[2J\u{1b}[0;0H";

/// Show a rollout with its revisions, pods and analysis.
///
/// The tree shows ⟳ Rollout, # revision, ⧉ ReplicaSet, □ Pod, α AnalysisRun, Σ Experiment and ⊞ Job. A ReplicaSet that
/// reads versions of canaried secrets names them (`db:v2`), and an AnalysisRun the metrics that never saw data
/// (`no-data:error-rate`).
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  waxwing rollout get guestbook\n  waxwing rollout get guestbook -w\n  \
    waxwing rollout get guestbook -w --timeout-seconds 60"
)]
pub(super) struct Args {
    /// The rollout.
    name: String,
    #[command(flatten)]
    connection: Connection,
    /// Draw it again with every change.
    #[arg(short, long)]
    watch: bool,
    /// Draw it without colours.
    #[arg(long)]
    no_color: bool,
    /// End a watch after so many seconds; 0 never.
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    timeout_seconds: u64,
    /// tree or json (with --watch a line for each change).
    #[arg(short, long, default_value = "tree", value_parser = ["tree", "json"])]
    output: String,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let place = args.connection.place().await?;
    let paint = Paint {
        is_on: shell.has_colour() && !args.no_color,
    };
    let is_json = args.output == "json";
    let first = live::read(&place, &args.name).await?;
    let clock = Clock::wall();
    let mut ahead = place.cluster.ahead_of(&clock).await;
    let now = |ahead| clock.now().checked_add(ahead).unwrap_or_default();
    if !args.watch {
        if is_json {
            shell.say(serde_json::to_string_pretty(&view(&first)).unwrap_or_default())?;
        } else {
            shell.say(drawn(&first, paint, now(ahead)))?;
        }
        return Ok(Exit::Yes);
    }
    let over = async {
        match args.timeout_seconds {
            0 => std::future::pending().await,
            seconds => tokio::time::sleep(Duration::from_secs(seconds)).await,
        }
    };
    let mut over = pin!(over);
    let mut scenes = pin!(live::watch(&place, &args.name)?);
    let mut latest = first;
    let mut last_line = String::new();
    loop {
        if is_json {
            let line = serde_json::to_string(&view(&latest)).unwrap_or_default();
            if line != last_line {
                shell.say(&line)?;
                last_line = line;
            }
        } else {
            if !ahead.is_zero() {
                // Such a clock may run faster than ours.
                ahead = place.cluster.ahead_of(&clock).await;
            }
            shell.say(format_args!("{CLEAR}{}", drawn(&latest, paint, now(ahead))))?;
        }
        let drawn_at = tokio::time::Instant::now();
        loop {
            tokio::select! {
                scene = scenes.next() => match scene {
                    Some(scene) => latest = scene,
                    None => return Ok(Exit::Yes),
                },
                () = tokio::time::sleep_until(drawn_at + LATEST) => break,
                () = &mut over => return Ok(Exit::Yes),
            }
            if drawn_at.elapsed() >= SOONEST {
                break;
            }
        }
    }
}

fn drawn(scene: &Scene, paint: Paint, now: Timestamp) -> String {
    let view = view(scene);
    format!("{}\n\n{}", header(&view, paint), tree(&view, paint, now))
}
