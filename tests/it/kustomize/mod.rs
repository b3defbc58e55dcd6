//! Builds against what kustomize 5.8.1 gives.

mod bad_input;
mod cases;
mod explain;
mod flags;
mod incremental;
mod place;
mod random;
mod remote;
mod revision;
mod scenario;
mod trees;
