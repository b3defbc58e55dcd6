//! The one integration-test binary.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at its first surprise, and may use the machine"
)]

mod cli;
mod fault;
mod fidelity;
mod floors;
mod fuzz;
mod kubeseal;
mod kustomize;
mod rollout;
mod sandbox;
mod sandbox_api;
mod sequence;
mod soak;
mod source;
mod story;
mod sync;
mod vectors;
