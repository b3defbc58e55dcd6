//! The faces: one file a command.

pub mod kubeseal;
