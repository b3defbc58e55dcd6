//! Who tells the story: plain words for people, one event a line for programs.

use serde_json::json;

use crate::cli::{Exit, Failure, Shell};

/// How the story is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Telling {
    /// Words for people, in colour on a terminal.
    Text,
    /// One JSON object a line.
    Json,
}

/// Tells what happens as it happens, and counts the expectations that held.
#[derive(Debug)]
pub struct Narrator<'a> {
    shell: &'a mut Shell,
    telling: Telling,
    held: Vec<String>,
    broken: Vec<String>,
}

impl<'a> Narrator<'a> {
    /// A narrator at the beginning of a story.
    pub fn new(shell: &'a mut Shell, telling: Telling) -> Self {
        Self {
            shell,
            telling,
            held: Vec::new(),
            broken: Vec::new(),
        }
    }

    /// Opens a chapter.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn chapter(&mut self, title: &str) -> Result<(), Failure> {
        match self.telling {
            Telling::Text => {
                let title = self.painted("1;36", title);
                self.shell.say(format!("\n{title}"))
            }
            Telling::Json => self.shell.say(json!({"event": "chapter", "title": title})),
        }
    }

    /// Tells one thing that happens.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn tell(&mut self, text: &str) -> Result<(), Failure> {
        match self.telling {
            Telling::Text => self.shell.say(format!("  {text}")),
            Telling::Json => self.shell.say(json!({"event": "step", "text": text})),
        }
    }

    /// Shows something as it stands in a file or on the wire.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn show(&mut self, what: &str, lines: &str) -> Result<(), Failure> {
        match self.telling {
            Telling::Text => {
                for line in lines.lines() {
                    let line = self.painted("2", line);
                    self.shell.say(format!("      {line}"))?;
                }
                Ok(())
            }
            Telling::Json => self
                .shell
                .say(json!({"event": "shown", "what": what, "text": lines})),
        }
    }

    /// Says whether an expectation of the story held, with what was seen where it did not.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn expect(&mut self, text: &str, held: bool, seen: &str) -> Result<(), Failure> {
        if held {
            self.held.push(text.to_owned());
        } else {
            self.broken.push(text.to_owned());
        }
        match self.telling {
            Telling::Text if held => {
                let mark = self.painted("32", "✓");
                self.shell.say(format!("  {mark} {text}"))
            }
            Telling::Text => {
                let mark = self.painted("31", "✗");
                self.shell.say(format!("  {mark} {text}; seen: {seen}"))
            }
            Telling::Json if held => self
                .shell
                .say(json!({"event": "expectation", "text": text, "held": true})),
            Telling::Json => self
                .shell
                .say(json!({"event": "expectation", "text": text, "held": false, "seen": seen})),
        }
    }

    /// Ends the story with the count of what held; yes only if all did.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn end(self) -> Result<Exit, Failure> {
        let (held, broken) = (self.held.len(), self.broken.len());
        match self.telling {
            Telling::Text => {
                let code = if broken == 0 { "1;32" } else { "1;31" };
                let all = held + broken;
                let words = format!("{held} of {all} expectations held");
                let words = self.painted(code, &words);
                self.shell.say(format!("\n{words}"))?;
                for text in &self.broken {
                    self.shell.say(format!("  not held: {text}"))?;
                }
            }
            Telling::Json => self
                .shell
                .say(json!({"event": "summary", "held": held, "broken": self.broken}))?,
        }
        Ok(if broken == 0 && held > 0 {
            Exit::Yes
        } else {
            Exit::No
        })
    }

    fn painted(&self, code: &str, text: &str) -> String {
        if self.shell.has_colour() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}
