//! What the story tells, one event at a time; every way of telling shows the same events.

use serde::Serialize;

/// One event, and when.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    /// Simulated seconds since the story began.
    pub at: f64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "camelCase")]
pub enum Event {
    /// The cluster answers.
    Opened {
        /// Where.
        server: String,
        /// How to reach it.
        kubeconfig: String,
        /// The Git repository.
        repository: String,
        /// How many simulated seconds pass in a second.
        speed: u32,
    },
    /// A chapter begins.
    Chapter {
        /// Its number, from 1.
        number: usize,
        /// What it is about.
        title: String,
    },
    /// The story goes on.
    Step {
        /// In words.
        text: String,
    },
    /// Somebody pushed.
    Commit {
        /// The id.
        id: String,
        /// Who.
        author: String,
        /// Why.
        message: String,
        /// What differs from the commit before.
        files: Vec<String>,
    },
    /// Something about an object is another than before.
    Changed {
        /// The object and what of it.
        what: String,
        /// What it was; empty for what is new.
        from: String,
        /// What it is.
        to: String,
    },
    /// A controller told it as an event of the cluster.
    Happened {
        /// Kind and name of the object.
        object: String,
        /// A word for machines.
        reason: String,
        /// A sentence for people.
        message: String,
        /// Whether it wants attention.
        warning: bool,
    },
    /// An expectation of the story held, or not.
    Expectation(Judged),
    /// The end, with every expectation again.
    Summary {
        /// Each as it was judged.
        expectations: Vec<Judged>,
        /// That the machine did not keep up, where that is so and something did not hold.
        #[serde(skip_serializing_if = "Option::is_none")]
        too_slow: Option<String>,
    },
}

/// An expectation and how it came out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// Of which chapter.
    pub chapter: usize,
    /// What was expected.
    pub text: String,
    /// Whether it held.
    pub held: bool,
    /// What was seen where it did not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub seen: String,
}

/// How much a line matters to the eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A headline.
    Title,
    /// The story.
    Plain,
    /// What machines say.
    Quiet,
    /// As hoped.
    Good,
    /// Wants attention.
    Bad,
}

impl Told {
    /// The event as JSON, on one line.
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The event in words, with its tone.
    pub fn line(&self) -> (Tone, String) {
        let (tone, text) = self.event.words();
        if matches!(self.event, Event::Chapter { .. } | Event::Summary { .. }) {
            return (tone, format!("\n{text}"));
        }
        (tone, format!("{:>6.0}s  {text}", self.at))
    }
}

impl Event {
    /// The event in words, without its time.
    pub fn words(&self) -> (Tone, String) {
        match self {
            Self::Opened {
                server,
                kubeconfig,
                repository,
                speed,
            } => (
                Tone::Plain,
                format!(
                    "a Kubernetes API server runs in this process at {server} ({speed} times as fast as the clock \
                     on the wall), kubeconfig {kubeconfig}, repository {repository}"
                ),
            ),
            Self::Chapter { number, title } => (Tone::Title, format!("{number}. {title}")),
            Self::Step { text } => (Tone::Plain, text.clone()),
            Self::Commit {
                id,
                author,
                message,
                files,
            } => {
                let short = id.get(..7).unwrap_or(id);
                (
                    Tone::Plain,
                    format!("git: {short} {message} ({author}: {})", files.join(", ")),
                )
            }
            Self::Changed { what, from, to } if from.is_empty() => {
                (Tone::Quiet, format!("{what}: {to}"))
            }
            Self::Changed { what, from, to } => (Tone::Quiet, format!("{what}: {from} -> {to}")),
            Self::Happened {
                object,
                reason,
                message,
                warning,
            } => {
                let tone = if *warning { Tone::Bad } else { Tone::Quiet };
                (tone, format!("{object}: {reason}: {message}"))
            }
            Self::Expectation(judged) => judged.words(),
            Self::Summary {
                expectations,
                too_slow,
            } => {
                let held = expectations.iter().filter(|one| one.held).count();
                let all = expectations.len();
                let tone = if held == all { Tone::Good } else { Tone::Bad };
                let mut text = String::new();
                for one in expectations {
                    text.push_str(&format!("{}. {}\n", one.chapter, one.words().1));
                }
                text.push_str(&format!("{held} of {all} expectations held"));
                if let Some(why) = too_slow {
                    text.push_str(&format!("; {why}"));
                }
                (tone, text)
            }
        }
    }
}

impl Judged {
    /// In words, with a mark.
    pub fn words(&self) -> (Tone, String) {
        if self.held {
            (Tone::Good, format!("✓ {}", self.text))
        } else {
            (Tone::Bad, format!("✗ {}; seen: {}", self.text, self.seen))
        }
    }
}
