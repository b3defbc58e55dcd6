//! Builds against what kustomize 5.8.1 gives.

mod cases;
mod explain;
mod random;
mod revision;
mod scenario;
