//! How many requests come.

use crate::object::Object;

/// Annotation of an HTTPRoute, GRPCRoute, TraefikService or Service: how many requests a second come to it.
pub const RATE: &str = "sandbox.waxwing.dev/requests-per-second";
/// Requests a second to a route that names no rate.
pub const USUAL_RATE: f64 = 20.0;
/// The most requests a second that a route may name.
pub const MAX_REQUESTS: f64 = 1_000_000.0;

/// Requests in a million seconds, so that shares are whole numbers.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between zero and a million millions"
)]
pub(super) fn in_a_million_seconds(requests: f64) -> u64 {
    (requests.clamp(0.0, MAX_REQUESTS) * 1e6).round() as u64
}

/// The rate that an object names.
pub(super) fn said(object: &Object) -> Option<u64> {
    let requests: f64 = object.annotation(RATE)?.parse().ok()?;
    (requests.is_finite() && requests >= 0.0).then(|| in_a_million_seconds(requests))
}
