//! Repositories, made by Git itself.

mod git;
mod http;
mod http_server;
mod repository;

pub use repository::Repository;
