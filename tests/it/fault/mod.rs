//! Faults between our controllers and the API server: whatever happens on the way, they come to the same end.
//!
//! `WAXWING_SEED` replays a mix.

mod proxy;
mod secret_story;
mod sync_story;

pub use proxy::{Fault, Proxy};

/// The seed of a mix: the one that is asked for, or the test's own.
pub fn seed(own: u64) -> u64 {
    let asked = std::env::var("WAXWING_SEED").ok();
    asked.map_or(own, |text| text.parse().unwrap())
}
