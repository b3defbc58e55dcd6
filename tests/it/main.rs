//! The one integration-test binary.

mod floors;
mod sandbox_api;
mod story;
mod vectors;
