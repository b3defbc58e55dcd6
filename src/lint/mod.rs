//! Finds plain secrets in what goes to Git, and sealed ones that cannot be opened or that nothing provides.
//!
//! Everything here is pure: files come as bytes, renderings as facts of objects, certificates as what they say. No
//! value of a secret is kept in a finding.

pub mod baseline;
pub mod certificate;
pub mod config;
pub mod document;
pub mod finding;
mod form;
mod glob;
pub mod ignore;
mod inner;
mod key;
pub mod layout;
pub mod project;
mod reference;
pub mod report;
pub mod rule;
pub mod rules;
pub mod scan;
mod scope;
mod sealed;
pub mod set;
pub mod text;
mod value;
