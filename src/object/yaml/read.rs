//! A stream of YAML and JSON documents, one by one.

use super::{
    build::Builder,
    document::Document,
    error::{Limit, YamlError},
    events::Reader,
    json::Scanner,
    options::ReadOptions,
    position::Position,
    stream::{self, Piece},
};

/// How many JSON values make a stream JSON for good, as in kubectl: behind one alone YAML may follow.
const SURELY_JSON: usize = 2;

/// Reads a whole stream; empty, null and comment-only documents are skipped.
///
/// # Errors
/// The first error of the stream; [`documents`] gives the documents around it too.
pub fn read(bytes: &[u8], options: &ReadOptions) -> Result<Vec<Document>, YamlError> {
    documents(bytes, options).collect()
}

/// The documents of a stream one by one: YAML documents between `---` lines, or JSON values one behind the
/// other, or one JSON value and then YAML, as kubectl's decoder (`util/yaml/decoder.go`) takes them.
///
/// A document that cannot be read is an error in its place, and the next one is tried, unless the end of
/// the broken one cannot be told (JSON, or a limit of the stream): then the error is the last item.
///
/// Kubectl ignores what follows a `...` line; here it is a document.
pub fn documents<'a>(bytes: &'a [u8], options: &'a ReadOptions) -> Documents<'a> {
    let start = stream::start(bytes);
    let state = if bytes.len() > options.limits.stream_bytes {
        State::TooLarge
    } else if stream::looks_like_json(bytes, start) {
        State::Json { count: 0 }
    } else {
        State::Yaml
    };
    Documents {
        bytes,
        options,
        here: start,
        state,
        piece: None,
        left: options.limits.stream_nodes,
    }
}

/// The documents of a stream, read when asked for.
pub struct Documents<'a> {
    bytes: &'a [u8],
    options: &'a ReadOptions,
    /// Where the next document starts.
    here: Position,
    state: State,
    /// The piece of YAML being read.
    piece: Option<Reader<'a>>,
    /// Nodes that the stream may still have.
    left: usize,
}

enum State {
    TooLarge,
    Json { count: usize },
    Yaml,
    Done,
}

impl Iterator for Documents<'_> {
    type Item = Result<Document, YamlError>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = match self.state {
            State::Done => None,
            State::TooLarge => {
                self.state = State::Done;
                Some(Err(YamlError::TooLarge {
                    at: self.here,
                    limit: Limit::StreamBytes,
                    most: self.options.limits.stream_bytes,
                }))
            }
            State::Json { count } => self.next_json(count),
            State::Yaml => self.next_yaml(),
        };
        if let Some(Err(YamlError::TooLarge {
            limit: Limit::StreamNodes,
            ..
        })) = found
        {
            self.state = State::Done;
        }
        found
    }
}

impl Documents<'_> {
    fn next_json(&mut self, count: usize) -> Option<Result<Document, YamlError>> {
        loop {
            let start = stream::skip_space(self.bytes, self.here, false);
            if start.offset == self.bytes.len() {
                self.state = State::Done;
                return None;
            }
            let error = match self.json_value(start) {
                Ok(None) => continue,
                Ok(Some(document)) => {
                    self.state = State::Json { count: count + 1 };
                    return Some(Ok(document));
                }
                Err(error) => error,
            };
            if count >= SURELY_JSON || !matches!(error, YamlError::Syntax { .. }) {
                self.state = State::Done;
                return Some(Err(error));
            }
            self.here = stream::skip_space(self.bytes, self.here, true);
            self.state = State::Yaml;
            // Whoever came further knows better what is wrong.
            return self.next_yaml().map(|found| {
                found.map_err(|other| match other {
                    YamlError::Syntax { at, .. } if at < error.position() => error,
                    _ => other,
                })
            });
        }
    }

    fn json_value(&mut self, start: Position) -> Result<Option<Document>, YamlError> {
        let mut builder = Builder::new(self.options, self.left);
        let end = Scanner::new(self.bytes, start, self.options).read(&mut builder);
        self.left = self.left.saturating_sub(builder.nodes());
        self.here = end?;
        let found = builder.finish()?.filter(|(value, ..)| !value.is_null());
        Ok(found.map(|(value, at, places)| Document {
            value,
            line: at.line,
            is_json: true,
            places,
        }))
    }

    fn next_yaml(&mut self) -> Option<Result<Document, YamlError>> {
        loop {
            if let Some(reader) = &mut self.piece {
                let found = reader.next_document();
                self.left = reader.left();
                match found {
                    Ok(Some(document)) => return Some(Ok(document)),
                    Ok(None) => self.piece = None,
                    Err(error) => {
                        self.piece = None;
                        return Some(Err(error));
                    }
                }
            }
            let Some(Piece { text, start, rest }) = stream::next_piece(self.bytes, self.here)
            else {
                self.state = State::Done;
                return None;
            };
            self.here = rest;
            let most = self.options.limits.document_bytes;
            match text.and_then(|bytes| stream::checked(bytes, start, most)) {
                Ok(text) => self.piece = Some(Reader::new(text, start, self.options, self.left)),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
