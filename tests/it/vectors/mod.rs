//! Files made by the real tools, judged one by one.

mod yaml;
mod yaml_judge;
mod yaml_values;
