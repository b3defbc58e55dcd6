//! Time passes: requests are answered, figures are shown at each scrape.

use std::collections::{BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::{
    Exposition, HISTORY_STEP, MAX_HISTORY, Moment, Picture, Scene, USUAL_RATE,
    account::{self, Account, Stream},
    exposition, picture, rate,
};

/// The most scrapes that are caught up with when time has leapt.
const MAX_LATE_SCRAPES: usize = 1_000;

/// How the world is watched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// How far apart scrapes are; they happen at multiples of it.
    pub scrape_interval: SignedDuration,
    /// Requests a second to a route that names no rate.
    pub requests_per_second: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            scrape_interval: SignedDuration::from_secs(15),
            requests_per_second: USUAL_RATE,
        }
    }
}

impl Options {
    /// The usual rate in a million seconds, for [`super::routes`].
    pub fn usual(&self) -> u64 {
        rate::in_a_million_seconds(self.requests_per_second)
    }
}

/// The traffic since the beginning, and the scene as it is now.
#[derive(Debug)]
pub struct World {
    interval: SignedDuration,
    now: Timestamp,
    scene: Scene,
    streams: Vec<Stream>,
    /// Routes that have led to a ready pod once.
    known: BTreeSet<String>,
    account: Account,
    history: VecDeque<Moment>,
}

impl World {
    /// An empty world that begins at an instant.
    pub fn new(options: &Options, now: Timestamp) -> Self {
        Self {
            interval: options.scrape_interval.max(SignedDuration::from_millis(1)),
            now,
            scene: Scene::default(),
            streams: Vec::new(),
            known: BTreeSet::new(),
            account: Account::default(),
            history: VecDeque::new(),
        }
    }

    /// Lets time pass up to an instant with the scene as it is; gives the scrapes on the way, that instant included.
    pub fn advance(&mut self, until: Timestamp) -> Vec<Exposition> {
        let late = self.interval * i32::try_from(MAX_LATE_SCRAPES).unwrap_or(i32::MAX);
        if until.duration_since(self.now) > late {
            // Nobody looks at what is so long ago.
            self.pass(until.checked_sub(late).unwrap_or(until));
        }
        let mut shown = Vec::new();
        while self.now < until {
            let scrape = next_multiple(self.now, self.interval);
            let look = next_multiple(self.now, HISTORY_STEP);
            let stop = until.min(scrape).min(look);
            self.pass(stop);
            if stop == look {
                if self.history.len() >= MAX_HISTORY {
                    self.history.pop_front();
                }
                self.history.push_back(picture::moment(&self.streams, stop));
            }
            if stop == scrape {
                shown.push(Exposition {
                    at: stop,
                    figures: exposition::figures(&self.scene, &self.account),
                });
            }
        }
        shown
    }

    /// Changes the scene from now on.
    pub fn set(&mut self, scene: Scene) {
        account::note_known(&scene, &mut self.known);
        self.known
            .retain(|origin| scene.routes.iter().any(|route| route.origin == *origin));
        self.streams = account::streams(&scene, &self.known);
        self.scene = scene;
    }

    /// The traffic now, for people to look at.
    pub fn picture(&self) -> Picture {
        Picture::of(&self.scene, &self.streams, &self.history)
    }

    /// When the next scrape is due.
    pub fn next_scrape(&self) -> Timestamp {
        next_multiple(self.now, self.interval)
    }

    fn pass(&mut self, until: Timestamp) {
        let millis = until.as_millisecond() - self.now.as_millisecond();
        self.account
            .pass(&self.streams, u64::try_from(millis).unwrap_or(0));
        self.now = until;
    }
}

/// The first multiple of a span after an instant.
fn next_multiple(after: Timestamp, span: SignedDuration) -> Timestamp {
    let span = i64::try_from(span.as_millis()).unwrap_or(i64::MAX).max(1);
    let next = after
        .as_millisecond()
        .div_euclid(span)
        .saturating_add(1)
        .saturating_mul(span);
    Timestamp::from_millisecond(next).unwrap_or(Timestamp::MAX)
}
