//! Rollouts and their analysis: what shall be done next, decided without doing it.

pub mod canary;
pub mod hash;
mod quantity;
