//! `waxwing image`: which image Git asks for, changed in place.

mod change;
mod command;
mod commit;
mod edit;
mod find;
mod reference;
mod scalar;
mod set;
#[cfg(test)]
mod tests;

pub use command::{Args, Settings, run};
