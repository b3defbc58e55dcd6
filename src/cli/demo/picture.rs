//! The picture of the story: all that is drawn, as plain values.

use std::collections::VecDeque;

use super::{
    past::Past,
    seen::{Seen, Traffic, Version},
    told::{Event, Told, Tone},
};
use crate::cli::rollout::{Paint, View, tree};

/// How many lines of what happened are kept.
const LINES: usize = 200;
/// How many commits are kept.
const COMMITS: usize = 8;

/// One commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// The beginning of its id.
    pub id: String,
    /// Who made it.
    pub author: String,
    /// Why.
    pub message: String,
}

/// How an expectation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not judged yet.
    Open,
    /// It held.
    Held,
    /// It did not.
    Broken,
}

/// All that is drawn.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// Number and title of the chapter.
    pub chapter: (usize, String),
    /// Simulated seconds since the beginning.
    pub at: f64,
    /// How fast time runs.
    pub speed: u32,
    /// Whether the reader is waited for.
    pub is_paused: bool,
    /// The newest commit first.
    pub commits: VecDeque<Commit>,
    /// Sync status, health and revision of the Application.
    pub application: (String, String, String),
    /// The Rollout.
    pub rollout: View,
    /// Its tree, line by line.
    pub tree: Vec<String>,
    /// The weight of the canary.
    pub weight: i64,
    /// The versions of the secret.
    pub versions: Vec<Version>,
    /// What the SealedSecret says of its promotion.
    pub promotion: String,
    /// The traffic, the newest last.
    pub traffic: Vec<Traffic>,
    /// What the chapter expects.
    pub expectations: Vec<(Standing, String)>,
    /// The end of the story, once it is there.
    pub summary: Option<Event>,
    /// What happened, the newest last.
    pub log: VecDeque<(Tone, String)>,
}

impl Picture {
    /// Takes one event.
    pub fn tell(&mut self, told: &Told) {
        match &told.event {
            Event::Opened { speed, .. } => self.speed = *speed,
            Event::Chapter { number, title } => self.chapter = (*number, title.clone()),
            Event::Commit {
                id,
                author,
                message,
                ..
            } => {
                self.commits.push_front(Commit {
                    id: id.get(..7).unwrap_or(id).to_owned(),
                    author: author.clone(),
                    message: message.clone(),
                });
                self.commits.truncate(COMMITS);
            }
            Event::Expectation(judged) => {
                let one = self
                    .expectations
                    .iter_mut()
                    .find(|(_, text)| *text == judged.text);
                if let Some((standing, _)) = one {
                    *standing = if judged.held {
                        Standing::Held
                    } else {
                        Standing::Broken
                    };
                }
            }
            Event::Summary { .. } => self.summary = Some(told.event.clone()),
            Event::Step { .. } | Event::Changed { .. } | Event::Happened { .. } => {}
        }
        let (tone, text) = told.event.words();
        for line in text.lines() {
            self.log
                .push_back((tone, format!("{:>5.0}s {line}", told.at)));
        }
        while self.log.len() > LINES {
            self.log.pop_front();
        }
    }

    /// A chapter begins, with what it expects.
    pub fn expect<'e>(&mut self, texts: impl Iterator<Item = &'e str>) {
        self.expectations = texts
            .map(|text| (Standing::Open, text.to_owned()))
            .collect();
    }

    /// Takes one moment.
    pub fn see(&mut self, seen: &Seen, past: &Past, at: f64) {
        self.at = at;
        let app = |path: &[&str]| seen.app(path).to_owned();
        let revision = app(&["status", "sync", "revision"]);
        self.application = (
            app(&["status", "sync", "status"]),
            app(&["status", "health", "status"]),
            revision.get(..7).unwrap_or(&revision).to_owned(),
        );
        self.rollout = seen.view.clone();
        let drawn = tree(&seen.view, Paint { is_on: false }, seen.now);
        self.tree = drawn
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        self.weight = seen.weight();
        self.versions = seen.versions();
        let (status, reason, message) = seen.sealed_condition("Promoted");
        self.promotion = if status.is_empty() {
            String::new()
        } else {
            format!("{reason}: {message}")
                .trim_end_matches(": ")
                .to_owned()
        };
        self.traffic.clone_from(&past.traffic);
    }
}
