//! The one benchmark binary: `cargo bench` prints our figures, one module a topic.

mod sandbox;
mod yaml;

fn main() {
    divan::main();
}
