//! The second form of request bodies, `application/vnd.kubernetes.protobuf`: what typed Go clients send.
//! It is turned into the JSON that Go would write of the same object, so that nothing behind it knows.

mod envelope;
mod error;
mod form;
mod message;
mod render;
pub mod table;
mod wire;

#[cfg(test)]
mod tests;

pub use envelope::{MEDIA_TYPE, Opened, open};
pub use error::ProtobufError;
pub use render::absent;
pub use table::is_known;
