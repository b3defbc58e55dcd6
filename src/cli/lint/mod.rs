//! `waxwing lint`: collects files, renders kustomizations, lets the rules look, and says what they found.

mod certificates;
mod command;
mod explain;
mod fix;
mod format;
mod history;
mod input;
mod judge;
mod known;
mod render;
mod seal;
mod settings;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod tokens;

pub use command::{Args, run};
pub use settings::Settings;
