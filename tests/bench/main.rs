//! The one benchmark binary: `cargo bench` prints our figures, one module a topic.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a measurement stops at its first surprise, and may use the machine"
)]

mod apply;
mod controller;
mod flood;
mod kustomize;
mod list;
mod rollout;
mod sandbox;
mod seal;
mod sync;
mod template;
mod yaml;

fn main() {
    divan::main();
}
