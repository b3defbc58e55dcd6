//! Files made by the real tools, judged one by one.

#[cfg(test)]
mod patch;
