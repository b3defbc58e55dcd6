//! `waxwing demo`: the story of one secret, told live on the embedded cluster by the real controllers.

mod chapter;
mod command;
mod narrator;
mod stage;

pub use command::{Args, Settings, run};
