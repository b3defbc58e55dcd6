//! Files made by the real tools, judged one by one.

mod kubeseal;
mod kubeseal_cli;
mod sealing_format;
mod yaml;
mod yaml_peer;
mod yaml_values;
mod patch;
mod unsealing;

pub use kubeseal::vector;
