//! `waxwing demo`: the story of one secret, told live on the embedded cluster by the real controllers.

mod chapter;
mod command;
mod narrator;
mod scenario;
mod stage;

pub use command::{Args, Settings, run};
pub use scenario::SCENARIO;
