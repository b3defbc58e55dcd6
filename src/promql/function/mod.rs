//! The functions of PromQL.

mod call;
mod histogram;
mod label;
mod math;
pub(super) mod over_time;
mod rate;
pub(super) mod sort;
