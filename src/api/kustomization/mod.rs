//! The `kustomization.yaml` file of kustomize 5.8: its fields, and how strictly it is read.

mod fields;
mod shape;
mod strict;

pub use fields::*;
pub use strict::{KustomizationError, Read, line_of, read, replacements};
