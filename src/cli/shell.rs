//! The terminal, or what stands for it: standard streams, environment and colour, touched nowhere else.

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
    io::{self, IsTerminal, Read, Write},
    path::PathBuf,
};

use super::{Exit, Failure};

/// The environment variables, read once.
#[derive(Clone, Debug, Default)]
pub struct Env(BTreeMap<String, String>);

impl Env {
    /// The variables of this process; those that are not Unicode are left out.
    pub fn of_process() -> Self {
        let text = |part: std::ffi::OsString| part.into_string().ok();
        Self(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((text(name)?, text(value)?)))
                .collect(),
        )
    }

    /// One variable; empty counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The home folder.
    pub fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

/// Standard input, output and error with the environment; tests give their own.
pub struct Shell {
    input: Box<dyn Read + Send>,
    output: Box<dyn Write + Send>,
    errors: Box<dyn Write + Send>,
    env: Env,
    input_is_terminal: bool,
    output_is_terminal: bool,
    errors_is_terminal: bool,
}

impl fmt::Debug for Shell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shell").finish_non_exhaustive()
    }
}

impl Shell {
    /// The streams and environment of this process.
    pub fn of_process() -> Self {
        Self {
            input: Box::new(io::stdin()),
            output: Box::new(io::stdout()),
            errors: Box::new(io::stderr()),
            env: Env::of_process(),
            input_is_terminal: io::stdin().is_terminal(),
            output_is_terminal: io::stdout().is_terminal(),
            errors_is_terminal: io::stderr().is_terminal(),
        }
    }

    /// Streams and environment that are given; nothing is a terminal.
    pub fn new(
        input: impl Read + Send + 'static,
        output: impl Write + Send + 'static,
        errors: impl Write + Send + 'static,
        env: Env,
    ) -> Self {
        Self {
            input: Box::new(input),
            output: Box::new(output),
            errors: Box::new(errors),
            env,
            input_is_terminal: false,
            output_is_terminal: false,
            errors_is_terminal: false,
        }
    }

    /// The environment.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// Standard input.
    pub fn input(&mut self) -> &mut (dyn Read + Send) {
        &mut *self.input
    }

    /// Standard input, to be read on another thread; until it is given back there is nothing to be read here.
    pub fn take_input(&mut self) -> Box<dyn Read + Send> {
        std::mem::replace(&mut self.input, Box::new(io::empty()))
    }

    /// Gives standard input back.
    pub fn give_input(&mut self, input: impl Read + Send + 'static) {
        self.input = Box::new(input);
    }

    /// Standard output.
    pub fn output(&mut self) -> &mut (dyn Write + Send) {
        &mut *self.output
    }

    /// Standard error.
    pub fn errors(&mut self) -> &mut (dyn Write + Send) {
        &mut *self.errors
    }

    /// Whether standard output may be coloured: a terminal, and neither `NO_COLOR` nor a dumb one.
    pub fn has_colour(&self) -> bool {
        self.output_is_terminal && self.wants_colour()
    }

    /// Whether a picture may be drawn on standard output: a terminal that can do more than lines.
    pub fn is_interactive(&self) -> bool {
        self.output_is_terminal && self.env.get("TERM").is_some_and(|term| term != "dumb")
    }

    /// Whether a person can be asked: they type on a terminal and see what is asked.
    pub fn can_ask(&self) -> bool {
        self.input_is_terminal && self.errors_is_terminal
    }

    /// Whether progress may be shown on standard error.
    pub fn has_progress(&self) -> bool {
        self.errors_is_terminal && self.env.get("TERM") != Some("dumb")
    }

    fn wants_colour(&self) -> bool {
        self.env.get("NO_COLOR").is_none() && self.env.get("TERM") != Some("dumb")
    }

    /// Writes a line to standard output at once.
    ///
    /// # Errors
    /// The stream is closed or full.
    pub fn say(&mut self, line: impl Display) -> Result<(), Failure> {
        writeln!(self.output, "{line}")?;
        self.output.flush()?;
        Ok(())
    }

    /// Writes a line to standard error at once; a closed one is left alone.
    pub fn note(&mut self, line: impl Display) {
        let _ = writeln!(self.errors, "{line}");
        let _ = self.errors.flush();
    }

    /// Reports a failure once, and gives the exit code; a reader that went away is a success.
    pub fn report(&mut self, failure: &Failure) -> Exit {
        if failure.is_broken_pipe() {
            return Exit::Yes;
        }
        let label = if self.errors_is_terminal && self.wants_colour() {
            "\u{1b}[1;31merror:\u{1b}[0m"
        } else {
            "error:"
        };
        let _ = write!(self.errors, "{label} {failure}");
        let _ = self.errors.flush();
        failure.exit
    }

    /// Prints what the command-line parser has to say: help on standard output, or a usage error.
    ///
    /// # Errors
    /// The stream is closed or full.
    pub fn say_usage(&mut self, said: &clap::Error) -> Result<Exit, Failure> {
        let is_error = said.use_stderr();
        let (stream, coloured) = if is_error {
            (&mut self.errors, self.errors_is_terminal)
        } else {
            (&mut self.output, self.output_is_terminal)
        };
        let text = said.render();
        let colour = coloured && self.env.get("NO_COLOR").is_none();
        if colour {
            write!(stream, "{}", text.ansi())?;
        } else {
            write!(stream, "{text}")?;
        }
        stream.flush()?;
        Ok(if is_error {
            Exit::CouldNotTell
        } else {
            Exit::Yes
        })
    }
}

/// Runs asynchronous work to its end. What it has left on other threads, such as the making of a key, is not
/// waited for.
///
/// # Errors
/// The machine gives no threads.
pub fn block_on<Work: Future>(work: Work) -> Result<Work::Output, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("failed to start the runtime").because(error))?;
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    Ok(done)
}
