//! The loop of the Applications: fetches and renders, looks at the cluster, decides, applies, and says how it went.

mod act;
mod delete;
mod observe;
mod operate;
mod render;
mod run;
mod status;
mod watches;
mod webhook;

pub use render::RenderError;
pub use run::{Applier, Settings};
pub use webhook::{MAX_BODY, WebhookSecrets, router};
