//! `waxwing reencrypt`: the sealed files of a tree, sealed again for the newest certificate.

mod command;
mod work;

pub use command::{Args, Settings, run};
