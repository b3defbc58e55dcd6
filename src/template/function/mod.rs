//! The functions of templates: Go's own and Sprig's text functions, a file a family.

mod builtin;
mod case;
mod compare;
mod convert;
mod crypto;
pub mod date;
mod date_layout;
mod defaults;
mod dict;
mod encoding;
mod equal;
mod json;
mod list;
mod math;
mod path;
mod reflect;
mod refused;
mod regex;
mod regex_syntax;
mod signature;
mod strings;
mod table;
mod url;
pub mod version;
pub mod version_range;
mod wrap;

pub use signature::{Call, Fault, Function, Parameter, Run};
pub use table::{find, function_names, is_refused, method};
