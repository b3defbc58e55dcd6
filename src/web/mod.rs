//! The door to the web: a certificate by URL, a metric query.

mod get;

pub use get::{GetError, MAX_BODY_BYTES, Reply, get};
