//! Which resources the server knows: the built-in ones and those of custom resource definitions.

mod built_in;
mod definition;
#[expect(
    clippy::module_inception,
    reason = "the type of this module is the registry itself"
)]
mod registry;
mod resource;

pub use registry::Registry;
pub use resource::{PrinterColumn, Resource, ScalePaths, Subresource};
