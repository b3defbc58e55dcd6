//! The rules of writing: what a create, update or delete does to the store. Pure but for uids.

mod create;
mod delete;
mod managed;
mod meta;
mod scale;
mod scope;
mod status;
mod update;

pub use create::create;
pub use delete::{
    DeleteOptions, Deleted, FOREGROUND, ORPHAN, Propagation, delete, remove_finalizers_done,
};
pub use managed::{SERVER, Writer, applied, entries, is_served, settle, time_text};
pub use meta::{change_metadata, timestamp};
pub use scale::{apply_scale, scale_of};
pub use scope::{Scope, shelf_of};
pub use status::with_status_of;
pub use update::{UpdateKind, check_uid, update};
