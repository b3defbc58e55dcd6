//! Go's `text/template` with the Sprig text functions, for the templates of a SealedSecret: [`render`] and its limits.
//!
//! Text goes through `lex` (tokens), `parse` (tree of `node`) and `eval` (values, output). Functions are in
//! `function/`, a file a family. Nothing here knows a clock, chance or the environment: what is not given in by
//! the [`Policy`] is refused. Errors say position and class, never a value.

mod arguments;
mod budget;
mod eval;
mod function;
mod lex;
mod names;
mod node;
mod number;
mod parse;
mod policy;
mod print;
mod quote;
mod render;
mod scope;
mod template_error;
mod value;

pub use budget::{MAX_DEPTH, MAX_OUTPUT_BYTES, MAX_STEPS, MAX_TEMPLATE_BYTES};
pub use function::{function_names, is_refused, version, version_range};
pub use policy::Policy;
pub use render::{Template, render};
pub use template_error::{Class, Limit, TemplateError};
