//! The commands as programs, on files and on the embedded server.

mod desk;
mod image_set;
mod install;
mod key;
mod online;
mod reencrypt;
mod rights;
mod rollout;
mod seal;
mod seal_check;
mod seal_config;
mod seal_docs;
mod seal_edit;
mod stand;
mod version;
