//! The command line of `waxwing analysis`.

use serde_json::Value;

use super::{recipe, trial};
use crate::{
    api::analysis::Phase,
    cli::{Env, Exit, Failure, Shell, access::Connection, block_on},
    clock::Clock,
    rollout::{compose, metric},
    web::Web,
};

/// The variable with the Prometheus of metrics that name none, as the original reads it.
const ADDRESS: &str = "ARGO_ROLLOUTS_PROMETHEUS_ADDRESS";

/// Try an analysis.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Measure the metrics of an AnalysisTemplate now, and judge them as the controller does.
    ///
    /// Nothing is written to a cluster. Times are those of the Prometheus that is asked, whatever the clock of this
    /// machine says. Exit code 0: Successful; 1: Failed or Inconclusive; 2: Error.
    #[command(
        after_help = "Examples:\n  waxwing analysis run analysis-template.yaml --arg service=shop --prometheus http://localhost:9090\n  waxwing analysis run error-rate -n shop --arg service=shop -o json"
    )]
    Run(RunArgs),
}

#[derive(Debug, clap::Args)]
struct RunArgs {
    /// A file with the template (and those that it names), or the name of one in the cluster.
    template: String,
    /// A value for an argument.
    #[arg(long = "arg", value_name = "NAME=VALUE", value_parser = pair)]
    args: Vec<(String, String)>,
    /// Ask this Prometheus, whatever the metrics say.
    #[arg(long, value_name = "URL")]
    prometheus: Option<String>,
    /// How many measurements of a metric without a count.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    measurements: u32,
    /// The name is that of a ClusterAnalysisTemplate.
    #[arg(long)]
    cluster_scope: bool,
    #[command(flatten)]
    connection: Connection,
    /// text or json.
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"])]
    output: String,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE is wanted")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// What `waxwing analysis run` is to do.
#[derive(Debug)]
pub struct Settings {
    place: recipe::Place,
    args: Vec<Value>,
    prometheus: Option<String>,
    metrics: metric::Settings,
    measurements: i64,
    is_json: bool,
}

impl Args {
    /// From what was typed to what was meant.
    ///
    /// # Errors
    /// Never so far; commands have one form.
    pub fn resolve(self, env: &Env) -> Result<Settings, Failure> {
        let Command::Run(args) = self.command;
        let given = args
            .args
            .iter()
            .map(|(name, value)| compose::given(name, value));
        Ok(Settings {
            args: given.collect(),
            prometheus: args.prometheus,
            metrics: metric::Settings {
                prometheus_address: env.get(ADDRESS).map(str::to_owned),
            },
            measurements: i64::from(args.measurements),
            is_json: args.output == "json",
            place: recipe::Place {
                template: args.template,
                cluster_scope: args.cluster_scope,
                connection: args.connection,
            },
        })
    }
}

/// Measures, prints each measurement as it comes, and the outcome.
///
/// # Errors
/// The template cannot be read or composed; what the metrics say is no failure but the exit code.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    let web = Web::new().map_err(|error| Failure::new("failed to set up TLS").because(error))?;
    let is_json = settings.is_json;
    let ended = block_on(async {
        let recipe = recipe::read(&settings.place).await?;
        let mut run = recipe.run(&settings.args)?;
        if let Some(address) = &settings.prometheus {
            trial::ask_instead(&mut run, address);
        }
        let secrets = recipe.secrets(&run).await?;
        let trial = trial::Trial {
            web,
            clock: Clock::wall(),
            settings: settings.metrics,
            measurements: settings.measurements,
        };
        trial
            .play(
                run,
                secrets,
                |line| {
                    if is_json { Ok(()) } else { shell.say(line) }
                },
            )
            .await
    })??;
    if is_json {
        shell.say(serde_json::to_string_pretty(&ended.run.to_value()).unwrap_or_default())?;
    } else {
        let message = ended.message();
        let colon = if message.is_empty() { "" } else { ": " };
        shell.say(format_args!("{}{colon}{message}", ended.phase.as_str()))?;
    }
    Ok(match ended.phase {
        Phase::Successful => Exit::Yes,
        Phase::Failed | Phase::Inconclusive => Exit::No,
        Phase::Error | Phase::Pending | Phase::Running => Exit::CouldNotTell,
    })
}
