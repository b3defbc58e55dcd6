//! The API over HTTP: paths, options, bodies and forms on the way in, Status and objects on the way out.

mod accept;
mod bind;
mod body;
mod change;
mod evict;
mod handle;
mod list;
mod object;
mod openapi;
mod options;
mod patch;
mod query;
mod read;
mod reply;
mod route;
mod scale;
mod sub;
mod system;

pub use handle::{Closing, handle};
pub use reply::error;
pub use system::is_public;
