//! Runs the story: gives the cues, watches, judges the expectations, and has it told.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{
    chapter::{CHAPTERS, Chapter},
    difference::Differences,
    expectation::{Expectation, Form},
    past::Past,
    seen::Seen,
    stage::Stage,
    teller::Teller,
    told::{Event, Judged, Told},
};
use crate::cli::Failure;

/// How often it looks.
const LOOK: Duration = Duration::from_millis(50);
/// Simulated seconds without canary traffic before the next chapter: no window of a metric reaches back over them.
const QUIET: i64 = 150;
/// Simulated seconds after which a cue whose moment does not come is given up.
const GIVE_UP: i64 = 1200;
/// How many times as long things may take as on a quiet machine: a busy one lags behind fast time.
const SLACK: i64 = 4;

/// What the story knows while it runs.
pub struct Director<'a, 'b> {
    stage: &'a mut Stage,
    teller: &'a mut Teller<'b>,
    differences: Differences,
    before: Seen,
    past: Past,
    judged: Vec<Judged>,
}

impl<'a, 'b> Director<'a, 'b> {
    /// At the beginning.
    pub fn new(stage: &'a mut Stage, teller: &'a mut Teller<'b>) -> Self {
        let before = stage.seen();
        Self {
            stage,
            teller,
            differences: Differences::default(),
            before,
            past: Past::default(),
            judged: Vec::new(),
        }
    }

    /// Tells the whole story, and says whether every expectation held.
    ///
    /// # Errors
    /// The cluster failed where the story has no expectation for it, standard output is closed, or it was stopped.
    pub async fn run(mut self, pause_at: Option<usize>) -> Result<bool, Failure> {
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
        self.tell(Event::Summary { expectations })?;
        Ok(held)
    }

    async fn pause(&mut self, number: usize) -> Result<(), Failure> {
        self.tell(Event::Step {
            text: format!("paused before chapter {number}; Enter goes on"),
        })?;
        self.teller.wait_for_enter()?;
        while self.teller.is_paused() {
            self.look().await?;
        }
        Ok(())
    }

    /// Looks once: tells what differs, remembers, draws.
    async fn look(&mut self) -> Result<(), Failure> {
        tokio::time::sleep(LOOK).await;
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
        let mut given: Vec<Timestamp> = Vec::new();
        let mut open: Vec<&Expectation> = chapter.expectations.iter().collect();
        self.teller
            .expect(chapter.expectations.iter().map(|one| one.text));
        self.past.cue_at = self.stage.now();
        loop {
            let waiting_since = given.last().copied().unwrap_or(self.past.cue_at);
            let waits = self.stage.now().duration_since(waiting_since).as_secs();
            if let Some(cue) = chapter.cues.get(given.len())
                && ((cue.when)(&self.before, &self.past) || waits > GIVE_UP)
            {
                if waits > GIVE_UP {
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
                given.push(self.stage.now());
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

    /// Takes those out that are decided by what was seen last.
    fn judge<'e>(
        &self,
        open: &mut Vec<&'e Expectation>,
        given: &[Timestamp],
    ) -> Vec<(&'e Expectation, Result<(), String>)> {
        let mut decided = Vec::new();
        open.retain(|expectation| {
            let Some(at) = given.get(expectation.cue) else {
                return true;
            };
            let decision = match expectation.form {
                Form::Comes(within, holds) => {
                    let is_late = self.before.now.duration_since(*at)
                        > SignedDuration::from_secs(within * SLACK);
                    match holds(&self.before, &self.past) {
                        Ok(()) => Some(Ok(())),
                        Err(seen) if is_late => Some(Err(seen)),
                        Err(_) => None,
                    }
                }
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
