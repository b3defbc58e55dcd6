//! Patches, each written once and pure: RFC 6902, RFC 7386, strategic merge, and three-way apply.

pub mod apply;
mod error;
pub mod json;
pub mod managed;
pub mod merge;
pub mod strategic;

pub use error::{PatchError, PatchProblem};
