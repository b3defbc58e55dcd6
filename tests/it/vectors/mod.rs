//! Files made by the real tools, judged one by one.

mod apply;
mod kubeseal;
pub mod kubeseal_cli;
mod patch;
mod prometheus;
mod prometheus_queries;
mod promql;
mod properties;
mod protobuf;
mod sealing_format;
mod template;
mod template_leak;
mod unsealing;
mod yaml;
mod yaml_peer;
mod yaml_values;

pub use kubeseal::vector;
