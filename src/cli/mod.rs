//! The faces: one file a command.
