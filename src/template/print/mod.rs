//! Go's `fmt` for the values of templates: `Sprint`, `Sprintln`, `Sprintf`.

mod float;
mod format;
mod verb;

pub use float::exponent_form;
pub use format::sprintf;
pub use verb::{sprint, sprintln, to_text};
