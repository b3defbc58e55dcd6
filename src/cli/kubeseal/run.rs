//! From the command line to the exit code.

use std::{
    io::{self, IsTerminal},
    path::Path,
    process::ExitCode,
};

use super::{
    certificate,
    failure::Failure,
    files,
    flags::{self, FlagError},
    merge, online,
    options::Options,
    raw, recover, seal,
    table::{ENVIRONMENT_PREFIX, FLAGS},
    usage::usage,
};

/// The version of the original whose behaviour this program has; scripts compare it.
pub const COMPATIBLE_VERSION: &str = "v0.36.6";

/// Exit code for a run that failed.
const FAILED: u8 = 1;
/// Exit code for wrong flags.
const WRONG_USAGE: u8 = 2;

/// Runs `kubeseal` with the arguments, streams and environment of the process.
pub fn main() -> ExitCode {
    let mut arguments = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    let program = arguments.next().unwrap_or_else(|| "kubeseal".to_owned());
    let arguments: Vec<_> = arguments.collect();
    let given = match flags::parse(FLAGS, ENVIRONMENT_PREFIX, environment, &arguments) {
        Ok(given) => given,
        Err(error) => return wrong_usage(&program, &error),
    };
    let mut notes = given.notes.join("\n");
    if !notes.is_empty() {
        notes.push('\n');
    }
    let done = files::print(notes.as_bytes()).and_then(|()| run(Options::of(&given), &program));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            files::say(&format!("error: {failure}"));
            ExitCode::from(FAILED)
        }
    }
}

fn wrong_usage(program: &str, error: &FlagError) -> ExitCode {
    files::say(&format!("Usage of {program}:"));
    let (last, code) = match error {
        FlagError::Help => ("pflag: help requested", 0),
        FlagError::Wrong(why) => (why.as_str(), WRONG_USAGE),
    };
    let text = format!("{}{last}\n", usage(FLAGS));
    // There is nothing else to do with an output that does not take the usage.
    let _ = files::print(text.as_bytes());
    ExitCode::from(code)
}

/// One environment variable, if it is set to a text.
#[expect(clippy::disallowed_methods, reason = "a face reads the environment")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn run(mut options: Options, program: &str) -> Result<(), Failure> {
    if options.version {
        return files::print(format!("kubeseal version: {COMPATIBLE_VERSION}\n").as_bytes());
    }
    if options.help {
        return files::print(format!("Usage of {program}:\n{}", usage(FLAGS)).as_bytes());
    }
    if !options.from_file.is_empty() && !options.raw {
        return Err(Failure::new("--from-file requires --raw"));
    }
    // The file is opened first, whatever the mode; the standard input is read when it is needed.
    let file = match options.secret_file.as_str() {
        "" => None,
        path => Some(files::read_manifest(path)?),
    };
    let manifest = || match file {
        Some(bytes) => Ok(bytes),
        None => files::read_manifest(""),
    };
    let name = files::input_name(&options.secret_file).to_owned();
    if options.re_encrypt && options.sealed_secret_file.is_empty() {
        options.sealed_secret_file = options.secret_file.clone();
    }
    if Path::new(&options.sealed_secret_file)
        .extension()
        .is_some_and(|end| end == "yaml" || end == "yml")
    {
        options.format = "yaml".to_owned();
    }
    if options.recovery_unseal {
        return put(
            &options,
            recover::run(&options, &manifest()?, &name)?.as_bytes(),
        );
    }
    if !options.recovery_private_key.is_empty() && io::stderr().is_terminal() {
        files::say(
            "warning: ignoring --recovery-private-key because unseal command not chosen with --recovery-unseal",
        );
    }
    if options.validate {
        return online::validate(&options, &manifest()?, &name);
    }
    if options.re_encrypt {
        return put(
            &options,
            online::re_encrypt(&options, &manifest()?, &name)?.as_bytes(),
        );
    }
    if options.fetch_cert {
        return put(&options, &certificate::fetch(&options)?);
    }
    let certificate = certificate::certificate(&options)?;
    if !options.merge_into.is_empty() {
        return merge::run(&options, &certificate, &manifest()?, &name);
    }
    let text = if options.raw {
        raw::run(&options, &certificate, &environment)?
    } else {
        seal::run(&options, &certificate, &manifest()?, &name, &environment)?
    };
    put(&options, text.as_bytes())
}

/// Puts the output where it shall go, whole.
fn put(options: &Options, bytes: &[u8]) -> Result<(), Failure> {
    match options.sealed_secret_file.as_str() {
        "" => files::print(bytes),
        path => files::replace_file(path, bytes),
    }
}
