//! Conditions of metrics: the language of Go's expr as far as metrics need it, checked and evaluated as it does,
//! with the functions that the original adds (upstream `utils/evaluate`).

mod check;
mod condition;
mod eval;
mod function;
mod lex;
mod node;
mod operator;
mod parse;
#[cfg(test)]
mod tests;
mod value;

pub use condition::{Reading, instant, judge};
