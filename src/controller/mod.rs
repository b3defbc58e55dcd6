//! The loops: each observes, lets its domain decide, and applies the plan.

pub mod delay;
pub mod engine;
pub mod lanes;
pub mod workload;
