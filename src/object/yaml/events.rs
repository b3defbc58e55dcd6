//! YAML text through the event parser, node by node into a document.

use granit_parser::{
    Event, Marker, Options, Parser, ScalarStyle, ScanError, Span, StrInput, StructureStyle, Tag,
};

use super::{
    build::{Builder, Role, is_merge},
    document::Document,
    error::{Limit, YamlError},
    options::ReadOptions,
    position::Position,
    scalar::Scalar,
    syntax,
};

/// The prefix of the tags that YAML itself names.
const YAML_TAGS: &str = "tag:yaml.org,2002:";

/// Reads the documents of one piece of a stream. More than one stands there only behind `...`.
pub(super) struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    text: &'a str,
    options: &'a ReadOptions,
    /// Where the piece starts in the stream.
    start: Position,
    /// Nodes that the stream may still have.
    left: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        text: &'a str,
        start: Position,
        options: &'a ReadOptions,
        left: usize,
    ) -> Self {
        let depth = options.limits.depth;
        let mut parsing = Options::default();
        parsing.flow_nesting_limit = depth;
        parsing.block_nesting_limit = depth;
        parsing.bom_inside_document_as_content = true;
        parsing.set_emit_comments(false);
        Self {
            parser: Parser::new_from_str_with_options(text, parsing),
            text,
            options,
            start,
            left,
        }
    }

    /// Nodes that the stream may have after what is read.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// The next document that is not null.
    ///
    /// # Errors
    /// After an error the piece cannot be read further.
    pub(super) fn next_document(&mut self) -> Result<Option<Document>, YamlError> {
        loop {
            let mut builder = Builder::new(self.options, self.left);
            let is_last = self.fill(&mut builder);
            self.left = self.left.saturating_sub(builder.nodes());
            if is_last? {
                return Ok(None);
            }
            if let Some((value, at, places)) = builder.finish()?
                && !value.is_null()
            {
                return Ok(Some(Document {
                    value,
                    line: at.line,
                    is_json: false,
                    places,
                }));
            }
        }
    }

    fn next_event(&mut self) -> Result<Option<(Event<'a>, Span)>, YamlError> {
        let event = self.parser.next_event().transpose();
        event.map_err(|error| self.refused(&error))
    }

    /// Reads one document into the builder, or answers that there is none left.
    fn fill(&mut self, builder: &mut Builder<'_>) -> Result<bool, YamlError> {
        while let Some((event, span)) = self.next_event()? {
            let at = self.position(&span.start);
            match event {
                Event::DocumentEnd => return Ok(false),
                Event::Alias(anchor) => builder.alias(anchor, at)?,
                Event::Scalar(..) => self.scalar(builder, event, &span)?,
                Event::SequenceStart(style, anchor, _) => {
                    self.check_indent(style, &span.start)?;
                    builder.start_list(at, some_anchor(anchor))?;
                }
                Event::MappingStart(..) if self.starts_with_colon_entry(&span) => {
                    // The entry comes as a map of one key: its scalar, an empty value, its end.
                    if let Some((event, span)) = self.next_event()? {
                        self.scalar(builder, event, &span)?;
                    }
                    self.next_event()?;
                    self.next_event()?;
                }
                Event::MappingStart(style, anchor, _) => {
                    self.check_indent(style, &span.start)?;
                    builder.start_map(at, some_anchor(anchor))?;
                }
                Event::SequenceEnd | Event::MappingEnd => builder.end()?,
                _ => {}
            }
        }
        Ok(true)
    }

    fn scalar(
        &self,
        builder: &mut Builder<'_>,
        event: Event<'a>,
        span: &Span,
    ) -> Result<(), YamlError> {
        let Event::Scalar(mut text, style, anchor, tag) = event else {
            return Ok(());
        };
        let at = self.position(&span.start);
        let plain = style == ScalarStyle::Plain;
        if plain && self.ends_with_colon(span) {
            text.to_mut().push(':');
        }
        let tag = tag.as_deref().map(yaml_name);
        let tag = tag.as_deref();
        let role = if is_merge(&text, plain, tag) {
            Role::Merge
        } else {
            Role::Ordinary
        };
        let scalar = Scalar::read(&text, plain, tag, self.options.dialect)
            .map_err(|what| YamlError::Unrepresentable { at, what })?;
        builder.scalar(scalar, role, at, some_anchor(anchor))
    }

    /// Whether a plain scalar in brackets or braces ends with a colon: in `[a:]` and `{a:, b: c}` YAML 1.2
    /// sees a key without a value, go-yaml the text `a:`.
    fn ends_with_colon(&self, span: &Span) -> bool {
        let end = span.end.byte_offset().unwrap_or_default();
        let behind = self.text.as_bytes().get(end..).unwrap_or_default();
        !span.is_empty() && matches!(behind, [b':', b',' | b']' | b'}', ..])
    }

    /// Whether a map is in truth an entry of a list in brackets, a plain scalar that ends with a colon.
    fn starts_with_colon_entry(&mut self, span: &Span) -> bool {
        let start = span.start.byte_offset().unwrap_or_default();
        if self.text.as_bytes().get(start) == Some(&b'{') {
            return false;
        }
        let span = match self.parser.peek() {
            Some(Ok((Event::Scalar(_, ScalarStyle::Plain, ..), span))) => *span,
            _ => return false,
        };
        self.ends_with_colon(&span)
    }

    /// The event parser lets a tab stand before the first key or entry of a document; go-yaml does not.
    fn check_indent(&self, style: StructureStyle, mark: &Marker) -> Result<(), YamlError> {
        let offset = mark.byte_offset().unwrap_or_default();
        let before = self.text.get(..offset).unwrap_or_default();
        let lines = before.trim_end_matches([' ', '\t']);
        let indent = before.get(lines.len()..).unwrap_or_default();
        if style == StructureStyle::Block
            && indent.contains('\t')
            && (lines.is_empty() || lines.ends_with('\n'))
        {
            return Err(YamlError::Syntax {
                at: self.position(mark),
                what: syntax::TAB,
            });
        }
        Ok(())
    }

    fn position(&self, mark: &Marker) -> Position {
        let before = if mark.line() == 1 {
            self.start.column
        } else {
            1
        };
        Position {
            line: self.start.line + mark.line() - 1,
            column: before + mark.col(),
            offset: self.start.offset + mark.byte_offset().unwrap_or_default(),
        }
    }

    fn refused(&self, error: &ScanError) -> YamlError {
        let at = self.position(error.marker());
        if syntax::is_depth(error.kind()) {
            return YamlError::TooLarge {
                at,
                limit: Limit::Depth,
                most: self.options.limits.depth,
            };
        }
        YamlError::Syntax {
            at,
            what: syntax::class(error.kind()),
        }
    }
}

fn some_anchor(anchor: usize) -> Option<usize> {
    (anchor != 0).then_some(anchor)
}

/// The name of one of YAML's own tags; empty for a tag of anyone else.
fn yaml_name(tag: &Tag) -> String {
    tag.suffix_in_namespace(YAML_TAGS)
        .map(std::borrow::Cow::into_owned)
        .unwrap_or_default()
}
