//! Patterns of paths and names.

use globset::{GlobBuilder, GlobMatcher};

/// A pattern: `*` within one part of a path, `**` over several; a folder stands for all below it.
#[derive(Clone, Debug)]
pub struct Glob {
    pattern: String,
    own: GlobMatcher,
    below: GlobMatcher,
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(pattern: &str) -> Result<Self, String> {
        let clean = pattern.trim_start_matches("./").trim_end_matches('/');
        let build = |text: &str| {
            GlobBuilder::new(text)
                .literal_separator(true)
                .build()
                .map(|glob| glob.compile_matcher())
                .map_err(|error| format!("{pattern:?}: {}", error.kind()))
        };
        Ok(Self {
            pattern: pattern.to_owned(),
            own: build(clean)?,
            below: build(&format!("{clean}/**"))?,
        })
    }

    /// Whether a path or name is meant.
    pub fn takes(&self, path: &str) -> bool {
        self.pattern == "." || self.own.is_match(path) || self.below.is_match(path)
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.pattern
    }
}
