//! `waxwing analysis`: AnalysisTemplates tried from the desk.

mod command;
mod recipe;
mod trial;

pub use command::{Args, Settings, run};
