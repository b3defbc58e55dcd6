//! `waxwing secret`: versions of secrets that are delivered as canaries, one file a command.

mod command;
mod connect;
mod history;
mod list;
mod promote;
#[cfg(test)]
mod tests;

pub use command::{Args, Settings, run};
