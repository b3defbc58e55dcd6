//! Label and field selectors, as the API server reads them.

mod field;
mod label;
mod parse;
mod requirement;

pub use field::{FieldSelector, FieldTerm};
pub use label::{LabelSelector, SelectorError};
pub use requirement::{Operator, Requirement};
