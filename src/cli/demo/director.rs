//! Runs the story: gives the cues, watches, judges the expectations, and has it told.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{
    chapter::{CHAPTERS, Chapter},
    difference::Differences,
    expectation::{Expectation, Form},
    pace::Pace,
    past::Past,
    seen::Seen,
    stage::Stage,
    teller::Teller,
    told::{Event, Judged, Told},
};
use crate::cli::{Exit, Failure};

/// How often it looks.
const LOOK: Duration = Duration::from_millis(50);
/// Simulated seconds without canary traffic before the next chapter: no window of a metric reaches back over them.
const QUIET: i64 = 150;
/// Simulated seconds within which the moment of a cue comes.
const MOMENT: i64 = 300;

/// When a cue was given, by the simulated clock and by that on the wall.
#[derive(Clone, Copy)]
struct Given {
    at: Timestamp,
    on_wall: Instant,
}

/// What the story knows while it runs.
pub struct Director<'a, 'b> {
    stage: &'a mut Stage,
    teller: &'a mut Teller<'b>,
    differences: Differences,
    before: Seen,
    past: Past,
    judged: Vec<Judged>,
    pace: Pace,
}

impl<'a, 'b> Director<'a, 'b> {
    /// At the beginning.
    pub fn new(stage: &'a mut Stage, teller: &'a mut Teller<'b>) -> Self {
        let before = stage.seen();
        let pace = Pace::new(stage.speed());
        Self {
            pace,
            stage,
            teller,
            differences: Differences::default(),
            before,
            past: Past::default(),
            judged: Vec::new(),
        }
    }

    /// Tells the whole story, and says whether every expectation held, or that it cannot be told on this machine.
    ///
    /// # Errors
    /// The cluster failed where the story has no expectation for it, standard output is closed, or it was stopped.
    pub async fn run(mut self, pause_at: Option<usize>) -> Result<Exit, Failure> {
        self.tell(self.stage.opened())?;
        for (index, chapter) in CHAPTERS.iter().enumerate() {
            let number = index + 1;
            if pause_at == Some(number) {
                self.pause(number).await?;
            }
            self.tell(Event::Chapter {
                number,
                title: chapter.title.to_owned(),
            })?;
            self.chapter(number, chapter).await?;
            let is_last = number == CHAPTERS.len();
            while !is_last && !self.past.is_quiet(&self.before, QUIET) {
                self.look().await?;
            }
        }
        let expectations = self.judged.clone();
        let held = expectations.iter().all(|one| one.held) && !expectations.is_empty();
        let too_slow = self.pace.complaint().filter(|_| !held);
        let exit = match (held, &too_slow) {
            (true, _) => Exit::Yes,
            (false, None) => Exit::No,
            (false, Some(_)) => Exit::CouldNotTell,
        };
        self.tell(Event::Summary {
            expectations,
            too_slow,
        })?;
        Ok(exit)
    }

    async fn pause(&mut self, number: usize) -> Result<(), Failure> {
        self.tell(Event::Step {
            text: format!("paused before chapter {number}; Enter goes on"),
        })?;
        self.teller.wait_for_enter().await?;
        while self.teller.is_paused() {
            self.look().await?;
        }
        Ok(())
    }

    /// Looks once: tells what differs, remembers, draws.
    async fn look(&mut self) -> Result<(), Failure> {
        let began = Instant::now();
        tokio::time::sleep(LOOK).await;
        self.pace.note(began.elapsed(), LOOK);
        let seen = self.stage.seen();
        for event in self.differences.between(&self.before, &seen) {
            self.tell(event)?;
        }
        self.past.see(&seen);
        let at = self.stage.passed();
        self.teller.show(&seen, &self.past, at)?;
        self.before = seen;
        Ok(())
    }

    fn tell(&mut self, event: Event) -> Result<(), Failure> {
        let at = self.stage.passed();
        if let Event::Expectation(judged) = &event {
            self.judged.push(judged.clone());
        }
        self.teller.tell(&Told { at, event })
    }

    async fn chapter(&mut self, number: usize, chapter: &Chapter) -> Result<(), Failure> {
        self.past.begin(&self.before);
        let mut given: Vec<Given> = Vec::new();
        let mut open: Vec<&Expectation> = chapter.expectations.iter().collect();
        self.teller
            .expect(chapter.expectations.iter().map(|one| one.text));
        let begun = self.now();
        self.past.cue_at = begun.at;
        loop {
            let waits_since = given.last().copied().unwrap_or(begun);
            let is_overdue = self.is_late(waits_since, MOMENT);
            if let Some(cue) = chapter.cues.get(given.len())
                && ((cue.when)(&self.before, &self.past) || is_overdue)
            {
                if is_overdue {
                    self.tell(Event::Step {
                        text: "what the story waits for does not come".to_owned(),
                    })?;
                }
                self.tell(Event::Step {
                    text: cue.told.to_owned(),
                })?;
                let events = self
                    .stage
                    .act(cue.deed, &self.before, &mut self.past)
                    .await?;
                for event in events {
                    self.tell(event)?;
                }
                given.push(self.now());
                self.past.cue_at = self.stage.now();
                continue;
            }
            self.look().await?;
            for (expectation, answer) in self.judge(&mut open, &given) {
                self.judged_one(number, expectation, answer)?;
            }
            let waits_for_more = open.iter().any(|one| matches!(one.form, Form::Comes(..)));
            if given.len() == chapter.cues.len() && !waits_for_more {
                break;
            }
        }
        for expectation in open {
            self.judged_one(number, expectation, Ok(()))?;
        }
        Ok(())
    }

    fn now(&self) -> Given {
        Given {
            at: self.stage.now(),
            on_wall: Instant::now(),
        }
    }

    /// Whether what should come within so many simulated seconds is late.
    fn is_late(&self, since: Given, within: i64) -> bool {
        let simulated = self.before.now.duration_since(since.at);
        self.pace
            .is_late(simulated, since.on_wall.elapsed(), within)
    }

    /// Takes those out that are decided by what was seen last.
    fn judge<'e>(
        &self,
        open: &mut Vec<&'e Expectation>,
        given: &[Given],
    ) -> Vec<(&'e Expectation, Result<(), String>)> {
        let mut decided = Vec::new();
        open.retain(|expectation| {
            let Some(cue) = given.get(expectation.cue) else {
                return true;
            };
            let decision = match expectation.form {
                Form::Comes(within, holds) => match holds(&self.before, &self.past) {
                    Ok(()) => Some(Ok(())),
                    Err(seen) if self.is_late(*cue, within) => Some(Err(seen)),
                    Err(_) => None,
                },
                Form::Stays(holds) => holds(&self.before, &self.past).err().map(Err),
            };
            let is_open = decision.is_none();
            decided.extend(decision.map(|answer| (*expectation, answer)));
            is_open
        });
        decided
    }

    fn judged_one(
        &mut self,
        chapter: usize,
        expectation: &Expectation,
        answer: Result<(), String>,
    ) -> Result<(), Failure> {
        self.tell(Event::Expectation(Judged {
            chapter,
            text: expectation.text.to_owned(),
            held: answer.is_ok(),
            seen: answer.err().unwrap_or_default(),
        }))
    }
}
