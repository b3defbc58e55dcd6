//! `waxwing rollout`: what a Rollout does, as `kubectl argo rollouts` shows it, and what a user may tell it.

mod abort;
mod command;
mod connect;
mod get;
mod list;
mod live;
mod member;
mod pause;
mod phase;
mod promote;
mod render;
mod restart;
mod resume;
mod retry;
mod run_view;
mod set_image;
mod status;
#[cfg(test)]
mod tests;
mod tree;
mod undo;
mod version;
mod view;

pub use command::{Args, Settings, run};
pub use live::Scene;
pub use render::Paint;
pub use tree::tree;
pub use view::{View, view};
