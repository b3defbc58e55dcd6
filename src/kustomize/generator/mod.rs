//! What makes resources: ConfigMaps and Secrets from files and literals.

mod object;
mod pairs;
mod service_account;

pub(super) use object::{Kind, generate};
pub(super) use service_account::service_account;
