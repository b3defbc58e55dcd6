//! Leases: who of several controllers is the one that works.

use crate::object::Gvk;

/// API group.
pub const GROUP: &str = "coordination.k8s.io";
/// API version.
pub const VERSION: &str = "v1";
/// Kind.
pub const KIND: &str = "Lease";

/// Annotation of the Lease of a shard: who asks its holder to give it back.
pub const WANTED_BY: &str = "waxwing.dev/wanted-by";

/// The kind of Leases.
pub fn gvk() -> Gvk {
    Gvk::new(GROUP, VERSION, KIND)
}
