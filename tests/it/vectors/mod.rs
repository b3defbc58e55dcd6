//! Files made by the real tools, judged one by one.

mod kubeseal;
mod kubeseal_cli;
mod properties;
mod sealing_format;
mod unsealing;

pub use kubeseal::vector;
