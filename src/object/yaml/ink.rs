//! The pen of the writer: columns, indentation, and scalars in their four styles.

use super::style::{Style, is_break, is_printable};

/// Steps of indentation.
const INDENT: usize = 2;
/// A space behind this column is a place to fold a long scalar.
const WIDTH: usize = 80;

/// Text being written, with what the next word needs to know of the last one.
#[derive(Debug, Default)]
pub(super) struct Ink {
    text: String,
    /// Characters in the last line.
    column: usize,
    /// The column of the current map or list; none before the first.
    indent: Option<usize>,
    /// Whether the last thing written counts as space.
    spaced: bool,
    /// Whether the line holds nothing but indentation and indicators so far.
    indented: bool,
}

impl Ink {
    pub(super) fn new() -> Self {
        Self {
            spaced: true,
            indented: true,
            ..Self::default()
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.indent = None;
        self.start_line();
        self.text
    }

    /// Goes one level deeper and returns what [`Ink::leave`] needs. Lists stand level with their key.
    pub(super) fn enter(&mut self, level_with_key: bool) -> Option<usize> {
        let outer = self.indent;
        self.indent = match outer {
            None => Some(0),
            Some(indent) if level_with_key => Some(indent),
            Some(indent) => Some(indent + INDENT),
        };
        outer
    }

    pub(super) fn leave(&mut self, outer: Option<usize>) {
        self.indent = outer;
    }

    /// Whether a list may stand level with the key just written.
    pub(super) fn is_behind_key(&self) -> bool {
        !self.indented
    }

    fn put(&mut self, letter: char) {
        self.text.push(letter);
        self.column += 1;
    }

    fn end_line(&mut self) {
        self.text.push('\n');
        self.column = 0;
    }

    /// A line break of the scalar itself, kept as it is.
    fn put_break(&mut self, letter: char) {
        self.text.push(letter);
        self.column = 0;
        self.indented = true;
    }

    /// Goes to the indentation, on a new line unless this one is still free up to there.
    pub(super) fn start_line(&mut self) {
        let indent = self.indent.unwrap_or_default();
        if !self.indented || self.column > indent || self.column == indent && !self.spaced {
            self.end_line();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.spaced = true;
        self.indented = true;
    }

    /// An indicator: `-`, `?` and `:` of a long key leave the line as if only indented.
    pub(super) fn indicator(&mut self, sign: char, apart: bool, keeps_indented: bool) {
        if apart && !self.spaced {
            self.put(' ');
        }
        self.put(sign);
        self.spaced = false;
        self.indented &= keeps_indented;
    }

    /// `{}` or `[]`.
    pub(super) fn empty(&mut self, open: char, close: char) {
        self.indicator(open, true, false);
        self.indicator(close, false, false);
    }

    pub(super) fn scalar(&mut self, text: &str, style: Style, may_fold: bool) {
        let outer = self.indent;
        self.indent = Some(outer.map_or(INDENT, |indent| indent + INDENT));
        match style {
            Style::Plain => self.plain(text, may_fold),
            Style::SingleQuoted => self.single_quoted(text, may_fold),
            Style::DoubleQuoted => self.double_quoted(text, may_fold),
            Style::Literal => self.literal(text),
        }
        self.indent = outer;
    }

    fn end_scalar(&mut self) {
        self.spaced = false;
        self.indented = false;
    }

    fn plain(&mut self, text: &str, may_fold: bool) {
        if !self.spaced {
            self.put(' ');
        }
        let mut after_space = false;
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            let folds = letter == ' '
                && may_fold
                && !after_space
                && self.column > WIDTH
                && letters.peek() != Some(&' ');
            if folds {
                self.start_line();
            } else {
                self.put(letter);
            }
            after_space = letter == ' ';
            self.indented &= letter == ' ';
        }
        self.end_scalar();
    }

    fn single_quoted(&mut self, text: &str, may_fold: bool) {
        self.indicator('\'', true, false);
        let (mut after_space, mut after_break) = (false, false);
        let mut letters = text.chars().enumerate().peekable();
        while let Some((index, letter)) = letters.next() {
            let next = letters.peek().map(|(_, letter)| *letter);
            if letter == ' ' {
                let folds = may_fold
                    && !after_space
                    && self.column > WIDTH
                    && index > 0
                    && next.is_some_and(|next| next != ' ');
                if folds {
                    self.start_line();
                } else {
                    self.put(letter);
                }
                after_space = true;
            } else if is_break(letter) {
                if !after_break && letter == '\n' {
                    self.end_line();
                }
                self.put_break(letter);
                after_break = true;
            } else {
                if after_break {
                    self.start_line();
                }
                if letter == '\'' {
                    self.put('\'');
                }
                self.put(letter);
                self.indented = false;
                (after_space, after_break) = (false, false);
            }
        }
        self.indicator('\'', false, false);
        self.end_scalar();
    }

    fn double_quoted(&mut self, text: &str, may_fold: bool) {
        // With a byte order mark in front the original escapes every letter.
        let escapes_all = text.starts_with('\u{feff}');
        self.indicator('"', true, false);
        let mut after_space = false;
        let mut letters = text.chars().enumerate().peekable();
        while let Some((index, letter)) = letters.next() {
            let next = letters.peek().map(|(_, letter)| *letter);
            let escapes = escapes_all
                || !is_printable(letter)
                || is_break(letter)
                || matches!(letter, '"' | '\\');
            if escapes {
                self.escape(letter);
            } else if letter == ' '
                && may_fold
                && !after_space
                && self.column > WIDTH
                && index > 0
                && next.is_some()
            {
                self.start_line();
                if next == Some(' ') {
                    self.put('\\');
                }
            } else {
                self.put(letter);
            }
            after_space = letter == ' ' && !escapes;
        }
        self.indicator('"', false, false);
        self.end_scalar();
    }

    fn escape(&mut self, letter: char) {
        let short = match letter {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' | '\\' => letter,
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => return self.escape_code(u32::from(letter)),
        };
        self.put('\\');
        self.put(short);
    }

    fn escape_code(&mut self, code: u32) {
        let escaped = match code {
            0..=0xff => format!("\\x{code:02X}"),
            0x100..=0xffff => format!("\\u{code:04X}"),
            _ => format!("\\U{code:08X}"),
        };
        self.column += escaped.len();
        self.text.push_str(&escaped);
    }

    fn literal(&mut self, text: &str) {
        self.indicator('|', true, false);
        if text.starts_with(|letter| letter == ' ' || is_break(letter)) {
            self.indicator('2', false, false);
        }
        let mut from_end = text.chars().rev();
        match (from_end.next().is_some_and(is_break), from_end.next()) {
            (false, _) => self.indicator('-', false, false),
            (true, before) if before.is_none_or(is_break) => self.indicator('+', false, false),
            (true, _) => {}
        }
        self.end_line();
        self.spaced = true;
        self.indented = true;
        let mut after_break = true;
        for letter in text.chars() {
            if is_break(letter) {
                self.put_break(letter);
                after_break = true;
            } else {
                if after_break {
                    self.start_line();
                }
                self.put(letter);
                self.indented = false;
                after_break = false;
            }
        }
    }
}
