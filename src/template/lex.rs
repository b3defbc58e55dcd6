//! Tokens of a template, after Go's `text/template/parse/lex.go`.

use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Assign,
    Bool,
    Char,
    Comma,
    Complex,
    Declare,
    Dot,
    EndOfText,
    Error(&'static str),
    Field,
    Identifier,
    Keyword(Keyword),
    LeftDelimiter,
    LeftParenthesis,
    Nil,
    Number,
    Other,
    Pipe,
    RawString,
    RightDelimiter,
    RightParenthesis,
    Space,
    String,
    Text,
    Variable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Range,
    Template,
    With,
}

#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

impl Token {
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

const OPEN: &str = "{{";
const CLOSE: &str = "}}";
const TRIMMED_CLOSE: &str = "-}}";
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

fn is_space(letter: char) -> bool {
    SPACES.contains(&letter)
}

fn is_word(letter: char) -> bool {
    letter == '_'
        || letter.is_ascii_alphanumeric()
        || (!letter.is_ascii() && (letter.is_alphabetic() || letter.is_numeric()))
}

/// All tokens; the last is the end of the text, or an error.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        text,
        at: 0,
        tokens: Vec::with_capacity(text.len() / 4 + 8),
    };
    let result = lexer.run();
    let kind = result.err().map_or(Kind::EndOfText, Kind::Error);
    let (start, end) = (lexer.at, lexer.at);
    lexer.tokens.push(Token { kind, start, end });
    lexer.tokens
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    tokens: Vec<Token>,
}

type Step = Result<(), &'static str>;

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        match self.text.as_bytes().get(self.at) {
            Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
            _ => self.rest().chars().next(),
        }
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += letter.len_utf8();
        Some(letter)
    }

    fn skip(&mut self, matches: impl Fn(char) -> bool) -> usize {
        let mut count = 0;
        while self.peek().is_some_and(&matches) {
            self.next();
            count += 1;
        }
        count
    }

    fn accept(&mut self, letters: &str) -> bool {
        let found = self.peek().is_some_and(|letter| letters.contains(letter));
        if found {
            self.next();
        }
        found
    }

    fn push(&mut self, kind: Kind, start: usize) {
        let end = self.at;
        self.tokens.push(Token { kind, start, end });
    }

    fn run(&mut self) -> Step {
        loop {
            let rest = self.rest();
            let Some(length) = rest.find(OPEN) else {
                if !rest.is_empty() {
                    let start = self.at;
                    self.at = self.text.len();
                    self.push(Kind::Text, start);
                }
                return Ok(());
            };
            let (before, after) = rest.split_at(length);
            let inner = after.get(OPEN.len()..).unwrap_or("");
            let trims = inner
                .strip_prefix('-')
                .is_some_and(|more| more.starts_with(is_space));
            let kept = if trims {
                before.trim_end_matches(is_space)
            } else {
                before
            };
            if !kept.is_empty() {
                let start = self.at;
                self.tokens.push(Token {
                    kind: Kind::Text,
                    start,
                    end: start + kept.len(),
                });
            }
            let start = self.at + length;
            self.at = start + OPEN.len() + if trims { 2 } else { 0 };
            if self.rest().starts_with("/*") {
                self.comment()?;
            } else {
                self.push(Kind::LeftDelimiter, start);
                self.action()?;
            }
        }
    }

    fn comment(&mut self) -> Step {
        let length = self
            .rest()
            .get(2..)
            .and_then(|rest| rest.find("*/"))
            .ok_or("unclosed comment")?;
        self.at += length + 4;
        self.close().ok_or("comment ends before closing delimiter")
    }

    /// Goes past a closing delimiter, and past the space after it if it trims.
    fn close(&mut self) -> Option<()> {
        let rest = self.rest();
        if rest.starts_with(CLOSE) {
            self.at += CLOSE.len();
            return Some(());
        }
        let trimmed = rest.strip_prefix(SPACES)?;
        if !trimmed.starts_with(TRIMMED_CLOSE) {
            return None;
        }
        self.at += 1 + TRIMMED_CLOSE.len();
        self.skip(is_space);
        Some(())
    }

    fn action(&mut self) -> Step {
        let mut depth = 0_usize;
        loop {
            let start = self.at;
            if self.close().is_some() {
                if depth > 0 {
                    self.at = start;
                    return Err("unclosed left parenthesis");
                }
                self.push(Kind::RightDelimiter, start);
                return Ok(());
            }
            let letter = self.next().ok_or("unclosed action")?;
            let kind = match letter {
                ' ' | '\t' | '\r' | '\n' => {
                    while self.peek().is_some_and(is_space)
                        && !self
                            .rest()
                            .get(1..)
                            .is_some_and(|more| more.starts_with(TRIMMED_CLOSE))
                    {
                        self.next();
                    }
                    Kind::Space
                }
                '=' => Kind::Assign,
                ':' => {
                    if self.next() != Some('=') {
                        return Err("expected :=");
                    }
                    Kind::Declare
                }
                '|' => Kind::Pipe,
                '"' => {
                    self.quoted('"').ok_or("unterminated quoted string")?;
                    Kind::String
                }
                '`' => {
                    let length = self
                        .rest()
                        .find('`')
                        .ok_or("unterminated raw quoted string")?;
                    self.at += length + 1;
                    Kind::RawString
                }
                '\'' => {
                    self.quoted('\'').ok_or("unterminated character constant")?;
                    Kind::Char
                }
                '$' => self.name(Kind::Variable)?,
                '.' if !self.peek().is_some_and(|next| next.is_ascii_digit()) => {
                    if self.at_terminator() {
                        Kind::Dot
                    } else {
                        self.name(Kind::Field)?
                    }
                }
                '.' | '+' | '-' | '0'..='9' => {
                    self.at = start;
                    self.number()?
                }
                '(' => {
                    depth += 1;
                    Kind::LeftParenthesis
                }
                ')' => {
                    depth = depth.checked_sub(1).ok_or("unexpected right parenthesis")?;
                    Kind::RightParenthesis
                }
                ',' => Kind::Comma,
                _ if is_word(letter) => self.word(start)?,
                _ if letter.is_ascii_graphic() => Kind::Other,
                _ => return Err("unrecognized character in action"),
            };
            self.push(kind, start);
        }
    }

    fn quoted(&mut self, quote: char) -> Option<()> {
        loop {
            match self.next()? {
                '\n' => return None,
                '\\' if self.next()? == '\n' => return None,
                letter if letter == quote => return Some(()),
                _ => {}
            }
        }
    }

    fn at_terminator(&self) -> bool {
        match self.peek() {
            None => true,
            Some(letter) => {
                is_space(letter)
                    || matches!(letter, '.' | ',' | '|' | ':' | ')' | '(')
                    || self.rest().starts_with(CLOSE)
            }
        }
    }

    fn name(&mut self, kind: Kind) -> Result<Kind, &'static str> {
        self.skip(is_word);
        if self.at_terminator() {
            Ok(kind)
        } else {
            Err("bad character in a name")
        }
    }

    fn word(&mut self, start: usize) -> Result<Kind, &'static str> {
        self.name(Kind::Identifier)?;
        Ok(match self.text.get(start..self.at).unwrap_or("") {
            "block" => Kind::Keyword(Keyword::Block),
            "break" => Kind::Keyword(Keyword::Break),
            "continue" => Kind::Keyword(Keyword::Continue),
            "define" => Kind::Keyword(Keyword::Define),
            "else" => Kind::Keyword(Keyword::Else),
            "end" => Kind::Keyword(Keyword::End),
            "if" => Kind::Keyword(Keyword::If),
            "nil" => Kind::Nil,
            "range" => Kind::Keyword(Keyword::Range),
            "template" => Kind::Keyword(Keyword::Template),
            "with" => Kind::Keyword(Keyword::With),
            "true" | "false" => Kind::Bool,
            _ => Kind::Identifier,
        })
    }

    fn number(&mut self) -> Result<Kind, &'static str> {
        self.scan_number()?;
        if !matches!(self.peek(), Some('+' | '-')) {
            return Ok(Kind::Number);
        }
        self.scan_number()?;
        let ends_well = self
            .text
            .get(..self.at)
            .is_some_and(|text| text.ends_with('i'));
        if ends_well {
            Ok(Kind::Complex)
        } else {
            Err("bad number syntax")
        }
    }

    fn scan_number(&mut self) -> Step {
        self.accept("+-");
        let mut digits = "0123456789_";
        let (mut is_decimal, mut is_hex) = (true, false);
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
                (is_decimal, is_hex) = (false, true);
            } else if self.accept("oO") {
                digits = "01234567_";
                is_decimal = false;
            } else if self.accept("bB") {
                digits = "01_";
                is_decimal = false;
            }
        }
        self.skip(|letter| digits.contains(letter));
        if self.accept(".") {
            self.skip(|letter| digits.contains(letter));
        }
        if (is_decimal && self.accept("eE")) || (is_hex && self.accept("pP")) {
            self.accept("+-");
            self.skip(|letter| "0123456789_".contains(letter));
        }
        self.accept("i");
        if self.peek().is_some_and(is_word) {
            Err("bad number syntax")
        } else {
            Ok(())
        }
    }
}
