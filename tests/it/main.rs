//! The one integration-test binary.

mod floors;
mod story;
mod vectors;
