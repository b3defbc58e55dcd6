//! The one integration-test binary.

mod floors;
mod sandbox;
mod sandbox_api;
mod story;
mod vectors;
