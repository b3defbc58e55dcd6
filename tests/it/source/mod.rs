//! Repositories, made by Git itself.

mod git;
mod repository;

pub use repository::Repository;
