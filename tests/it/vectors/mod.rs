//! Files made by the real tools, judged one by one.

mod kubeseal;
mod kubeseal_cli;
mod patch;
mod protobuf;
mod sealing_format;
mod yaml;
mod yaml_judge;
mod yaml_values;
