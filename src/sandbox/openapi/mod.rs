//! OpenAPI v3: which paths there are, what they take, and what the fields of each kind are.

mod cache;
mod component;
mod custom;
mod described;
mod description;
mod document;
mod index;
mod path;

pub use cache::Cache;
pub use document::document;
pub use index::{hash, index};
