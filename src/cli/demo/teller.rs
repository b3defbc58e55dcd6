//! Who tells the story: lines for people, one event a line for programs, or a picture that moves.

use std::io::BufRead;

use tokio::sync::oneshot;

use super::{
    past::Past,
    screen::Screen,
    seen::Seen,
    told::{Told, Tone},
};
use crate::cli::{Failure, Shell};

/// How the story is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Telling {
    /// A picture on a terminal, lines elsewhere.
    #[default]
    Auto,
    /// Words for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Tells what happens as it happens.
pub enum Teller<'a> {
    /// Words for people, in colour on a terminal.
    Lines(&'a mut Shell),
    /// One JSON object a line.
    Json(&'a mut Shell),
    /// A picture.
    Picture(Box<Screen>),
}

impl Teller<'_> {
    /// Tells one event.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn tell(&mut self, told: &Told) -> Result<(), Failure> {
        match self {
            Self::Lines(shell) => {
                let (tone, line) = told.line();
                let line = painted(tone, &line, shell.has_colour());
                shell.say(line)
            }
            Self::Json(shell) => shell.say(told.json()),
            Self::Picture(screen) => {
                screen.picture.tell(told);
                Ok(())
            }
        }
    }

    /// What a chapter expects, before it is judged.
    pub fn expect<'e>(&mut self, texts: impl Iterator<Item = &'e str>) {
        if let Self::Picture(screen) = self {
            screen.picture.expect(texts);
        }
    }

    /// Shows one moment.
    ///
    /// # Errors
    /// The terminal is closed, or the user has stopped the story.
    pub fn show(&mut self, seen: &Seen, past: &Past, at: f64) -> Result<(), Failure> {
        match self {
            Self::Picture(screen) => {
                screen.picture.see(seen, past, at);
                screen.draw()
            }
            Self::Lines(_) | Self::Json(_) => Ok(()),
        }
    }

    /// Waits until the reader wants to go on; a picture goes on being drawn meanwhile, and the process can be told to
    /// stop.
    ///
    /// # Errors
    /// Standard input cannot be read.
    pub async fn wait_for_enter(&mut self) -> Result<(), Failure> {
        match self {
            Self::Picture(screen) => {
                screen.picture.is_paused = true;
                Ok(())
            }
            Self::Lines(shell) | Self::Json(shell) => {
                let mut input = std::io::BufReader::new(shell.take_input());
                let (done, read) = oneshot::channel();
                // On a thread that nobody waits for: a read of a terminal cannot be given up.
                std::thread::spawn(move || {
                    let mut line = String::new();
                    let outcome = input.read_line(&mut line);
                    // Whoever has stopped waiting wants to know nothing.
                    let _ = done.send((outcome, input));
                });
                let Ok((outcome, input)) = read.await else {
                    return Ok(());
                };
                shell.give_input(input);
                // The end of the input goes on as well.
                outcome
                    .map(drop)
                    .map_err(|error| Failure::new("failed to read the input").because(error))
            }
        }
    }

    /// Whether the reader has not gone on yet.
    pub fn is_paused(&self) -> bool {
        match self {
            Self::Picture(screen) => screen.picture.is_paused,
            Self::Lines(_) | Self::Json(_) => false,
        }
    }
}

fn painted(tone: Tone, text: &str, has_colour: bool) -> String {
    let code = match tone {
        Tone::Plain => return text.to_owned(),
        Tone::Title => "1;36",
        Tone::Quiet => "2",
        Tone::Good => "32",
        Tone::Bad => "31",
    };
    if has_colour {
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}
