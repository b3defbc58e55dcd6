//! The one benchmark binary: `cargo bench` prints our figures, one module a topic.

mod controller;

fn main() {
    divan::main();
}
