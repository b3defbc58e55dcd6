//! The one benchmark binary: `cargo bench` prints our figures, one module a topic.

fn main() {
    divan::main();
}
