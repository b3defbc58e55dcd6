//! Repositories, made by Git itself.

mod git;
mod http;
mod http_server;
mod repository;

pub use http_server::HttpServer;
pub use repository::Repository;
