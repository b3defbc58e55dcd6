//! From bytes to an object as the server's own types would hold it: twice given fields, unknown fields and
//! values of a wrong type are told as the decoders of Kubernetes tell them.

mod duplicate;
mod omit;
mod quantity;
mod typed;

pub use duplicate::parse;
pub use typed::typed;
