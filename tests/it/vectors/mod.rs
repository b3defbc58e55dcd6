//! Files made by the real tools, judged one by one.

#[cfg(test)]
mod yaml;
#[cfg(test)]
mod yaml_peer;
#[cfg(test)]
mod yaml_values;
