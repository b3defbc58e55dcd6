//! Asking a person on a terminal for what must not be seen.

use ratatui::crossterm::{
    event::{Event, KeyCode, KeyEventKind, KeyModifiers, read},
    terminal::{disable_raw_mode, enable_raw_mode},
};

use super::{Failure, Shell};
use crate::secret::Hidden;

/// The most letters of an answer.
const MAX_LETTERS: usize = 4096;

impl Shell {
    /// Asks for a line that is not shown while it is typed; only where [`Shell::can_ask`] says yes.
    ///
    /// # Errors
    /// The terminal cannot be read, or the person gave up.
    pub fn ask_hidden(&mut self, prompt: &str) -> Result<Hidden<String>, Failure> {
        write!(self.errors(), "{prompt}")?;
        self.errors().flush()?;
        let failed = |error| Failure::new("failed to read from the terminal").because(error);
        enable_raw_mode().map_err(failed)?;
        let answer = typed();
        disable_raw_mode().map_err(failed)?;
        self.note("");
        answer
    }
}

fn typed() -> Result<Hidden<String>, Failure> {
    // Room for everything, so that no shorter copy of it is left behind.
    let mut answer = Hidden::new(String::with_capacity(MAX_LETTERS * 4));
    let mut letters = 0;
    loop {
        let event = read()
            .map_err(|error| Failure::new("failed to read from the terminal").because(error))?;
        let Event::Key(key) = event else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return Ok(answer),
            KeyCode::Char('c' | 'd') if control => return Err(Failure::new("nothing was typed")),
            KeyCode::Backspace => {
                answer.expose_mut().pop();
            }
            KeyCode::Char(letter) if !control && letters < MAX_LETTERS => {
                answer.expose_mut().push(letter);
                letters += 1;
            }
            _ => {}
        }
    }
}
