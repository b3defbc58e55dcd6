//! `waxwing image`: which image Git asks for, changed in place.

mod change;
mod command;
mod commit;
pub mod edit;
mod find;
mod reference;
mod scalar;
mod set;
#[cfg(test)]
mod tests;

pub use change::change;
pub use command::{Args, Settings, run};
pub use find::{At, Spot, in_kustomization, in_patch, patch_files};
pub use reference::{Reference, ReferenceError};
