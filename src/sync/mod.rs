//! Applying Git to a cluster: order, differences, health and decisions. Everything here is pure.

pub mod advance;
pub mod auto;
pub mod compare;
pub mod diff;
pub mod health;
pub mod hook;
pub mod ignore;
mod key;
mod moved;
mod normal;
pub mod operation;
pub mod option;
pub mod origin;
mod path;
pub mod project;
pub mod target;
pub mod task;
pub mod tracking;
pub mod wave;
pub mod window;
pub mod write;

pub use key::Key;
