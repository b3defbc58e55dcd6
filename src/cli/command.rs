//! The table of commands, and the way from the command line to an exit code.

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

use super::{
    Exit, Failure, Shell, analysis, app, build, cert, completion, controller, crd, demo, image,
    install, key, lint, reencrypt, rollout, sandbox, seal, secret, unseal, version,
};

/// Seals secrets for Git, opens them in the cluster, applies Git, and rolls changes out as canaries.
#[derive(Debug, Parser)]
#[command(name = "waxwing", version, propagate_version = true)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// One command of the program; one more is a file beside this one and a line in both tables here.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Seal Secrets, and change sealed files.
    Seal(Box<seal::Args>),
    /// Seal a tree again for the newest key.
    Reencrypt(Box<reencrypt::Args>),
    /// Open sealed files with private keys.
    Unseal(Box<unseal::Args>),
    /// List, make, retire, back up and restore sealing keys.
    Key(Box<key::Args>),
    /// Fetch the certificate, with its fingerprint.
    Cert(cert::Args),
    /// Open the SealedSecrets of a cluster.
    Controller(Box<controller::Args>),
    /// Run a small Kubernetes API server on this machine.
    Sandbox(sandbox::Args),
    /// Watch the story of one secret on an embedded cluster.
    Demo(demo::Args),
    /// Look at Applications, sync them, and wait for them.
    App(app::Args),
    /// Look at Rollouts, and tell them what to do.
    Rollout(rollout::Args),
    /// Change an image in Git.
    Image(image::Args),
    /// Try an AnalysisTemplate from the desk.
    Analysis(analysis::Args),
    /// As `app diff`: show what a sync would change.
    Diff(app::DiffArgs),
    /// As `app sync`: sync an application and wait for the end.
    Sync(app::SyncArgs),
    /// Look at the versions of secrets that are delivered as canaries.
    Secret(secret::Args),
    /// Build a kustomization.
    Build(build::Args),
    /// Print all that a cluster needs to run the controllers.
    Install(install::Args),
    /// Find plain secrets, and sealed ones that cannot be opened.
    Lint(Box<lint::Args>),
    /// Print the custom resource definitions.
    Crd(crd::Args),
    /// Print a script that completes the command line.
    Completion(completion::Args),
    /// Print the version, and the versions of the originals that it is held to.
    Version(version::Args),
}

impl Command {
    /// Runs the command, from what was typed to its exit code.
    ///
    /// # Errors
    /// [`Failure`] says why the command stopped.
    pub fn run(self, shell: &mut Shell) -> Result<Exit, Failure> {
        match self {
            Self::Seal(args) => seal::run(args.resolve(shell.env())?, shell),
            Self::Reencrypt(args) => reencrypt::run(args.resolve(shell.env())?, shell),
            Self::Unseal(args) => unseal::run(args.resolve(shell.env())?, shell),
            Self::Key(args) => key::run(args.resolve(shell.env())?, shell),
            Self::Cert(args) => cert::run(args.resolve(shell.env())?, shell),
            Self::Controller(args) => controller::run(args.resolve(shell.env())?, shell),
            Self::Sandbox(args) => sandbox::run(args.resolve(shell.env())?, shell),
            Self::Demo(args) => demo::run(args.resolve(shell.env())?, shell),
            Self::App(args) => app::run(args.resolve(shell.env())?, shell),
            Self::Rollout(args) => rollout::run(args.resolve(shell.env())?, shell),
            Self::Image(args) => image::run(args.resolve(shell.env())?, shell),
            Self::Analysis(args) => analysis::run(args.resolve(shell.env())?, shell),
            Self::Diff(args) => app::run(app::Settings::diff(args), shell),
            Self::Sync(args) => app::run(app::Settings::sync(args), shell),
            Self::Secret(args) => secret::run(args.resolve(shell.env())?, shell),
            Self::Build(args) => build::run(args.resolve(shell.env())?, shell),
            Self::Install(args) => install::run(args.resolve(shell.env())?, shell),
            Self::Lint(args) => lint::run(args.resolve(shell.env())?, shell),
            Self::Crd(args) => crd::run(args.resolve(shell.env())?, shell),
            Self::Completion(args) => completion::run(args.resolve(shell.env())?, shell),
            Self::Version(args) => version::run(args.resolve(shell.env())?, shell),
        }
    }
}

/// Parses a command line, runs the command and reports its failure: the whole of `main`.
pub fn run(line: impl IntoIterator<Item = OsString>, shell: &mut Shell) -> ExitCode {
    let result = match CommandLine::try_parse_from(line) {
        Ok(line) => line.command.run(shell),
        Err(said) => shell.say_usage(&said),
    };
    let exit = match result {
        Ok(exit) => exit,
        Err(failure) => shell.report(&failure),
    };
    exit.into()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_flags_of_each_command_go_together() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn the_controller_says_its_version_as_the_original_does() {
        let line = CommandLine::try_parse_from(["waxwing", "controller", "--version"]).unwrap();
        assert!(matches!(line.command, Command::Controller(_)));
    }
}
