//! The door to the web: a certificate by URL, a metric query.

mod error;
mod get;
mod send;

pub use error::WebError;
pub use get::{GetError, MAX_BODY_BYTES, Reply, get, get_here};
pub use send::Web;
