//! The `kubeseal` program as a process: bad input, the network, and the real one as judge.

mod bad_input;
mod cases;
mod modes;
mod online;
mod peer;
mod program;
mod service;
