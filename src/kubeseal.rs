//! The drop-in `kubeseal` program.

fn main() {}
