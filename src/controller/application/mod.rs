//! The loop of the Applications: fetches and renders, looks at the cluster, decides, applies, and says how it went.

mod act;
mod config;
mod delete;
mod fetch;
mod observe;
mod operate;
mod overlay;
mod preview;
mod render;
mod run;
mod standby;
mod status;
mod watches;
mod webhook;

pub use preview::{Instead, Preview};
pub use render::RenderError;
pub use run::{Applier, CONTROL_NAMESPACE, POLL, Settings};
pub use webhook::{MAX_BODY, MAX_TOGETHER, WebhookSecrets, router};
