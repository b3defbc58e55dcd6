//! Repositories, made by Git itself.

mod git;
pub mod repository;
