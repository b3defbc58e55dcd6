//! `kustomize build` (5.8.1): from a folder with a kustomization file to the manifests that it stands for.
//!
//! Everything here is pure: files are asked for through [`crate::object::tree::Files`].

mod accumulate;
mod build;
mod cache;
mod definitions;
mod error;
mod field_path;
mod field_specs;
mod generator;
mod hash;
mod id;
mod limits;
mod load;
mod merge;
mod merge_list;
mod name_reference;
mod order;
mod origin;
mod parse;
mod path_match;
mod plugin;
mod remote;
mod resource;
mod resource_set;
mod scalar;
mod schema;
mod selection;
mod target;
mod trace;
mod transformer;
mod variable;

pub use build::{Build, LoadRestrictions, Options, Reorder, build};
pub use cache::Session;
pub use error::{BuildError, Place};
pub use id::Id;
pub use resource::Resource;
pub use trace::Cause;
