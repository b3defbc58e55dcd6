//! `waxwing demo`: a secret delivered like a change of code, told live on the embedded cluster by the real controllers.

mod chapter;
mod command;
mod difference;
mod director;
mod draw;
mod expectation;
mod observer;
mod pace;
mod past;
mod picture;
mod scenario;
mod screen;
mod seen;
mod stage;
mod teller;
#[cfg(test)]
mod tests;
mod told;
mod tree;

pub use command::{Args, Settings, run};
pub use scenario::SCENARIO;
