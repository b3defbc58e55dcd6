//! The terminal while a picture is on it; given back whatever happens.

use std::{
    io::{self, Stdout},
    sync::Once,
    time::Duration,
};

use ratatui::{
    Terminal,
    backend::CrosstermBackend,
    crossterm::{
        cursor, event,
        event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers},
        execute,
        terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
    },
};

use super::{draw::draw, picture::Picture};
use crate::cli::Failure;

/// A terminal with a picture on it.
pub struct Screen {
    /// What is drawn.
    pub picture: Picture,
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Standard output is none.
    pub fn open() -> Result<Self, Failure> {
        give_back_on_panic();
        let failed = |error| Failure::new("failed to take the terminal").because(error);
        enable_raw_mode().map_err(failed)?;
        let opened = execute!(io::stdout(), EnterAlternateScreen, cursor::Hide)
            .and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())));
        match opened {
            Ok(terminal) => Ok(Self {
                picture: Picture::default(),
                terminal,
            }),
            Err(error) => {
                give_back();
                Err(failed(error))
            }
        }
    }

    /// Draws the picture as it is, and takes the keys that were typed.
    ///
    /// # Errors
    /// The terminal is gone, or the user stops the story (`q`, Ctrl-C).
    pub fn draw(&mut self) -> Result<(), Failure> {
        let failed = |error| Failure::new("failed to draw").because(error);
        let picture = &self.picture;
        self.terminal
            .draw(|frame| draw(frame, picture))
            .map_err(failed)?;
        while event::poll(Duration::ZERO).map_err(failed)? {
            if let Event::Key(key) = event::read().map_err(failed)? {
                self.typed(key)?;
            }
        }
        Ok(())
    }

    fn typed(&mut self, key: KeyEvent) -> Result<(), Failure> {
        if key.kind == KeyEventKind::Release {
            return Ok(());
        }
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if is_control => Err(stopped()),
            KeyCode::Char('q') => Err(stopped()),
            KeyCode::Enter | KeyCode::Char(' ') => {
                self.picture.is_paused = false;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// The user has stopped the story.
pub fn stopped() -> Failure {
    Failure::new("stopped before the end of the story")
}

fn give_back() {
    // There is nobody left to tell when this fails.
    let _ = disable_raw_mode();
    let _ = execute!(io::stdout(), LeaveAlternateScreen, cursor::Show);
}

/// A panic is to be read, and the terminal to be used after it.
fn give_back_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
        }));
    });
}
