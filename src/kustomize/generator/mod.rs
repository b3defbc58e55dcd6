//! What makes resources: ConfigMaps and Secrets from files and literals.

mod object;
mod pairs;

pub(super) use object::{Kind, generate};
