//! One file per user story, against the embedded server in process.

mod seal_and_open;
mod world;
mod deployment;
