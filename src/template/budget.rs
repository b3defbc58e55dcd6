//! The bounds of one rendering.

use super::template_error::Limit;

/// The most bytes that one template, or one text on the way, may make.
pub const MAX_OUTPUT_BYTES: usize = 1024 * 1024;
/// The most bytes that the text of a template may have.
pub const MAX_TEMPLATE_BYTES: usize = 1024 * 1024;
/// The most steps of one rendering: each node, each item of a list, each 64 bytes of text is one.
pub const MAX_STEPS: u64 = 1_000_000;
/// How deep calls, brackets and values may nest.
pub const MAX_DEPTH: usize = 100;

/// What is left of the bounds.
#[derive(Debug)]
pub struct Budget {
    steps: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: MAX_STEPS }
    }
}

impl Budget {
    /// Takes steps off.
    pub fn take(&mut self, steps: usize) -> Result<(), Limit> {
        self.steps = self.steps.checked_sub(steps as u64).ok_or(Limit::Steps)?;
        Ok(())
    }

    /// Takes the steps for making or reading so many bytes, if one text may be so long.
    pub fn take_bytes(&mut self, bytes: usize) -> Result<(), Limit> {
        if bytes > MAX_OUTPUT_BYTES {
            return Err(Limit::Output);
        }
        self.take(bytes / 64)
    }
}
