//! `waxwing seal`: Secrets to SealedSecrets, and one value of a sealed file changed in place.

mod build;
mod check;
mod command;
mod comment;
mod edit;
mod editor;
mod input;
mod literal;
mod make;
mod sealed_file;
mod set;
mod unset;

pub use command::{Args, Settings, run};
pub(super) use input::location;
pub(super) use sealed_file::{Found, SealedFile, found_in};
