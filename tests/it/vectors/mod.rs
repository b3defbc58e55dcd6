//! Files made by the real tools, judged one by one.

mod apply;
mod kubeseal;
mod kubeseal_cli;
mod patch;
mod sealing_format;
mod unsealing;
mod yaml;
mod yaml_peer;
mod yaml_values;

pub use kubeseal::vector;
