//! From bytes to an object as the server's own types would hold it: twice given fields, unknown fields and
//! values of a wrong type are told as the decoders of Kubernetes tell them.

mod defaults;
mod duplicate;
mod go_json;
mod omit;
mod syntax;
mod typed;
mod written;

pub use duplicate::parse;
pub use go_json::{go_value, patched_json, struct_json};
pub use syntax::syntax_error;
pub use typed::{TypeError, typed};
pub use written::{blank, complete, drop_empty};
