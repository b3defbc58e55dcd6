//! Files made by the real tools, judged one by one.

mod patch;
mod yaml;
mod yaml_judge;
mod yaml_values;
