//! Text templates over secret values: literals and plain `{{ .key }}`; anything else is a clear error.

#[expect(
    clippy::module_inception,
    reason = "the type of this module is the template itself"
)]
mod template;

pub use template::{MAX_OUTPUT_BYTES, TemplateError, render};
