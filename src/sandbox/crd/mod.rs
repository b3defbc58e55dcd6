//! Custom resource definitions: which are accepted, and what their schemas do to objects.

mod structural;

pub use structural::Structural;
