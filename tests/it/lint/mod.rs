//! The linter as a program: on trees, indexes, commits and streams, in every format.

mod canary;
mod fix;
mod formats;
mod generator;
mod history;
mod hooks;
mod modes;
mod plants;
mod program;
#[path = "../../../src/cli/lint/tokens.rs"]
mod tokens;
