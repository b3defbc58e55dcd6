//! One file per user story, against the embedded server in process.

mod deployment;
