//! The one benchmark binary: `cargo bench` prints our figures, one module a topic.

mod seal;

fn main() {
    divan::main();
}
