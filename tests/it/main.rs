//! The one integration-test binary.

mod floors;
mod kubeseal;
mod story;
mod vectors;
