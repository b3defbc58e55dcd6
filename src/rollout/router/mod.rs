//! What moves traffic: a file a router, and the table of them.

mod http_route;
#[expect(clippy::module_inception, reason = "the common part of all routers")]
mod router;
mod traefik_service;

pub use router::{RouteError, Split, needs, route, unsupported};
