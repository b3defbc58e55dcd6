//! The one clock of the program: every door and every loop asks it, nothing asks the machine.

#[expect(
    clippy::module_inception,
    reason = "the type of this module is the clock itself"
)]
mod clock;

pub use clock::{Clock, Mark};
