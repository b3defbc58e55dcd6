//! Typed resources with serde and schema, and the names that people have in their files.

pub mod analysis;
pub mod analysis_status;
pub mod application;
pub mod base64;
pub mod certificate;
pub mod crd;
pub mod exchange;
mod go_json;
pub mod kustomization;
pub mod lease;
pub mod metadata;
pub mod rollout;
pub mod scope;
pub mod sealed_secret;
pub mod sealing_key;
pub mod secret;
pub mod version;
