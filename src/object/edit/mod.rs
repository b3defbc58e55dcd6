//! Changes of YAML and JSON text in place: what is not meant to change stays, byte for byte.

mod apply;
mod scan;
#[cfg(test)]
mod tests;

pub use apply::{Change, EditError, To, apply};
pub use scan::closed;
