//! Collection: what follows from a write, done in the same transaction: dependents of what is gone,
//! foreground and orphan deletions, the content of a namespace or of a custom resource definition
//! (`pkg/controller/garbagecollector`, `pkg/controller/namespace/deletion`).

mod cascade;
mod content;

pub use cascade::settle;
pub use content::DEFINITION_FINALIZER;
