//! Where the log of a running program goes, and how it looks.

use std::io::IsTerminal;

use clap::{ArgAction, ValueEnum};
use tracing::Level;
use tracing_subscriber::{EnvFilter, fmt::writer::MakeWriterExt};

use super::{Env, go_value};

/// Flags of the log, as the controller of sealed-secrets has them.
#[derive(Debug, clap::Args)]
pub struct LogArgs {
    /// What is logged: DEBUG, INFO, WARN or ERROR; another word is INFO.
    #[arg(long, env = "SEALED_SECRETS_LOG_LEVEL", default_value = "INFO")]
    log_level: String,
    /// How: text, or a JSON object a line.
    #[arg(long, env = "SEALED_SECRETS_LOG_FORMAT", value_enum, default_value_t = Format::Text)]
    log_format: Format,
    /// Information to standard output, warnings and errors to standard error; false for all to standard error.
    #[arg(long, env = "SEALED_SECRETS_LOG_INFO_STDOUT", default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set, value_parser = go_value::boolean)]
    log_info_stdout: bool,
}

/// Values of `--log-format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// How to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    level: Level,
    format: Format,
    info_to_stdout: bool,
    colour: bool,
}

impl LogArgs {
    /// From what was typed to what was meant.
    pub fn resolve(&self, env: &Env) -> Settings {
        let level = match self.log_level.to_ascii_uppercase().as_str() {
            "DEBUG" => Level::DEBUG,
            "WARN" => Level::WARN,
            "ERROR" => Level::ERROR,
            _ => Level::INFO,
        };
        Settings {
            level,
            format: self.log_format,
            info_to_stdout: self.log_info_stdout,
            colour: env.get("NO_COLOR").is_none()
                && std::io::stdout().is_terminal()
                && std::io::stderr().is_terminal(),
        }
    }
}

impl Settings {
    /// Starts the log of this process; a second start changes nothing.
    pub fn start(self) {
        // Libraries are heard when they warn only: what they say in detail may quote answers of a server.
        let level = self.level.as_str().to_ascii_lowercase();
        let others = if self.level == Level::ERROR {
            "error"
        } else {
            "warn"
        };
        let filter = EnvFilter::new(format!("{others},waxwing={level}"));
        let builder = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(self.colour);
        let split = std::io::stderr
            .with_max_level(Level::WARN)
            .or_else(std::io::stdout);
        let _ = match (self.format, self.info_to_stdout) {
            (Format::Text, true) => builder.with_writer(split).try_init(),
            (Format::Text, false) => builder.with_writer(std::io::stderr).try_init(),
            (Format::Json, true) => builder.json().with_writer(split).try_init(),
            (Format::Json, false) => builder.json().with_writer(std::io::stderr).try_init(),
        };
    }
}
