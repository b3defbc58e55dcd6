//! Files made by the real tools, judged one by one.

#[cfg(test)]
mod yaml;
#[cfg(test)]
mod yaml_judge;
#[cfg(test)]
mod yaml_values;
