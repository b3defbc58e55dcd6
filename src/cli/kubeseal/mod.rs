//! The drop-in `kubeseal`: flags, streams, texts and exit codes of the original.

mod certificate;
mod failure;
mod files;
mod flags;
mod input;
mod kubeconfig;
mod merge;
mod network;
mod online;
mod options;
mod raw;
mod recover;
mod render;
mod run;
mod scalars;
mod seal;
mod table;
mod usage;

pub use run::{COMPATIBLE_VERSION, main};
