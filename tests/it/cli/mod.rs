//! The commands as programs, on files and on the embedded server.

mod image_set;
mod install;
mod rights;
mod rollout;
