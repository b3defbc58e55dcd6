//! The loops: each observes, lets its domain decide, and applies the plan.

pub mod analysis_run;
pub mod application;
pub mod delay;
pub mod engine;
mod fresh;
mod guests;
pub mod key_figures;
mod key_records;
pub mod key_secret;
pub mod keys;
pub mod lanes;
pub mod lease;
pub mod limiter;
mod listen;
pub mod memo;
pub mod metrics;
pub mod rollout;
mod run;
pub mod sealed_secret;
pub mod sealing_key;
pub mod serve;
mod shown;
pub mod simulation;
mod together;
mod version;
pub mod workload;

pub use listen::listen;
pub use run::{Settings, run};
pub use together::{Part, Together};
