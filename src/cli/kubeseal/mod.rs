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

pub(super) use certificate::fetch;
pub(super) use failure::Failure as Refusal;
pub(super) use kubeconfig::namespace;
pub(super) use network::{post_each, words};
pub(super) use options::{ClusterFlags, Options};
pub(super) use render::Format;
pub(super) use run::environment;
pub use run::{COMPATIBLE_VERSION, main};
pub(super) use scalars::settle;
