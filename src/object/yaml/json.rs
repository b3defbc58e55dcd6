//! JSON text, value by value, as Go's decoder reads a stream of objects.

use std::borrow::Cow;

use super::{
    build::{Builder, Role},
    error::{Limit, YamlError},
    number::{Whole, whole_decimal},
    options::ReadOptions,
    position::{Locator, Position},
    scalar::Scalar,
};

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    CommaOrEnd,
}

/// Reads one value of a stream.
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    /// The next byte.
    next: usize,
    /// Where the document must end at the latest.
    end: usize,
    most: usize,
    locator: Locator<'a>,
    /// Whether the open maps and lists are maps.
    open: Vec<bool>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(bytes: &'a [u8], start: Position, options: &ReadOptions) -> Self {
        let most = options.limits.document_bytes;
        Self {
            bytes,
            next: start.offset,
            end: bytes.len().min(start.offset.saturating_add(most)),
            most,
            locator: Locator::new(bytes, start),
            open: Vec::new(),
        }
    }

    /// Gives one value to the builder and returns where it ends.
    ///
    /// # Errors
    /// The first thing that is not JSON, or too large.
    pub(super) fn read(mut self, builder: &mut Builder<'_>) -> Result<Position, YamlError> {
        let mut expect = Expect::Value;
        while !builder.is_complete() {
            self.skip_space();
            let at = self.locator.at(self.next);
            let byte = self.peek(at)?;
            expect = match (byte, expect) {
                (b'}', Expect::KeyOrEnd | Expect::CommaOrEnd)
                    if self.open.last() == Some(&true) =>
                {
                    self.close(builder)?
                }
                (b']', Expect::ValueOrEnd | Expect::CommaOrEnd)
                    if self.open.last() == Some(&false) =>
                {
                    self.close(builder)?
                }
                (b',', Expect::CommaOrEnd) => {
                    self.next += 1;
                    if self.open.last() == Some(&true) {
                        Expect::Key
                    } else {
                        Expect::Value
                    }
                }
                (b'"', Expect::Key | Expect::KeyOrEnd) => {
                    let key = self.string(at)?.into_owned();
                    builder.scalar(Scalar::Text(key), Role::Ordinary, at, None)?;
                    self.skip_space();
                    let colon = self.locator.at(self.next);
                    if self.peek(colon)? != b':' {
                        return Err(broken(colon, "a colon behind a key is missing"));
                    }
                    self.next += 1;
                    Expect::Value
                }
                (_, Expect::Value | Expect::ValueOrEnd) => self.value(byte, at, builder)?,
                (_, Expect::Key | Expect::KeyOrEnd) => return Err(broken(at, "a key is missing")),
                _ => {
                    return Err(broken(
                        at,
                        "a comma or a closing bracket or brace is missing",
                    ));
                }
            };
        }
        Ok(self.locator.at(self.next))
    }

    fn value(
        &mut self,
        first: u8,
        at: Position,
        builder: &mut Builder<'_>,
    ) -> Result<Expect, YamlError> {
        let scalar = match first {
            b'{' => {
                builder.start_map(at, None)?;
                self.next += 1;
                self.open.push(true);
                return Ok(Expect::KeyOrEnd);
            }
            b'[' => {
                builder.start_list(at, None)?;
                self.next += 1;
                self.open.push(false);
                return Ok(Expect::ValueOrEnd);
            }
            b'"' => Scalar::Text(self.string(at)?.into_owned()),
            b'-' | b'0'..=b'9' => self.number(at)?,
            b't' => self.word("true", at).map(|()| Scalar::Bool(true, "true"))?,
            b'f' => self
                .word("false", at)
                .map(|()| Scalar::Bool(false, "false"))?,
            b'n' => self.word("null", at).map(|()| Scalar::Null)?,
            _ => return Err(broken(at, "a character that cannot start a value")),
        };
        builder.scalar(scalar, Role::Ordinary, at, None)?;
        Ok(Expect::CommaOrEnd)
    }

    fn close(&mut self, builder: &mut Builder<'_>) -> Result<Expect, YamlError> {
        self.next += 1;
        self.open.pop();
        builder.end()?;
        Ok(Expect::CommaOrEnd)
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.next..self.end).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        let spaces = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        self.next += self.rest().iter().take_while(spaces).count();
    }

    fn peek(&self, at: Position) -> Result<u8, YamlError> {
        self.rest().first().copied().ok_or_else(|| self.cut_off(at))
    }

    /// The text ends too early, by itself or at the limit.
    fn cut_off(&self, at: Position) -> YamlError {
        if self.end < self.bytes.len() {
            YamlError::TooLarge {
                at,
                limit: Limit::DocumentBytes,
                most: self.most,
            }
        } else {
            broken(at, "the text ends before its value does")
        }
    }

    fn word(&mut self, word: &str, at: Position) -> Result<(), YamlError> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(broken(at, "a character that cannot start a value"));
        }
        self.next += word.len();
        Ok(())
    }

    fn number(&mut self, at: Position) -> Result<Scalar, YamlError> {
        const MALFORMED: &str = "a malformed number";
        let letters = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = self.rest().iter().take_while(letters).count();
        let text = self
            .rest()
            .get(..length)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default();
        self.next += length;
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
        let (front, rest) = unsigned.split_at(digits);
        if front.is_empty() || front.len() > 1 && front.starts_with('0') {
            return Err(broken(at, MALFORMED));
        }
        if rest.is_empty()
            && let Some(Whole::Signed(whole)) = whole_decimal(text)
        {
            return Ok(Scalar::Whole(Whole::Signed(whole)));
        }
        let starts_well = |part: &str| part.starts_with(|letter: char| letter.is_ascii_digit());
        let fraction_is_good = rest.strip_prefix('.').is_none_or(starts_well);
        match text.parse::<f64>() {
            Ok(value) if fraction_is_good && value.is_finite() => Ok(Scalar::Float(value)),
            Ok(_) if fraction_is_good => Err(broken(at, "a number that is too large")),
            _ => Err(broken(at, MALFORMED)),
        }
    }

    /// A string, whose opening quote comes next.
    fn string(&mut self, at: Position) -> Result<Cow<'a, str>, YamlError> {
        self.next += 1;
        let mut text = Cow::Borrowed("");
        loop {
            let rest = self.rest();
            let stops = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
            let Some(length) = rest.iter().position(stops) else {
                return Err(self.cut_off(at));
            };
            let (plain, behind) = rest.split_at(length);
            let plain = std::str::from_utf8(plain).map_err(|error| {
                let at = self.locator.at(self.next + error.valid_up_to());
                broken(at, "this is not UTF-8")
            })?;
            if text.is_empty() {
                text = Cow::Borrowed(plain);
            } else {
                text.to_mut().push_str(plain);
            }
            self.next += length + 1;
            match behind.first() {
                Some(b'"') => return Ok(text),
                Some(b'\\') => {
                    let letter = self.escape()?;
                    text.to_mut().push(letter);
                }
                _ => {
                    let at = self.locator.at(self.next - 1);
                    return Err(broken(at, "a control character in a string"));
                }
            }
        }
    }

    /// The letter that an escape stands for; its backslash is read.
    fn escape(&mut self) -> Result<char, YamlError> {
        let at = self.locator.at(self.next);
        let kind = self.peek(at)?;
        self.next += 1;
        Ok(match kind {
            b'"' | b'\\' | b'/' => char::from(kind),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let code = self.code(at)?;
                self.letter(code)
            }
            _ => return Err(broken(at, "an escape that does not exist")),
        })
    }

    /// A lone half of a surrogate pair becomes U+FFFD, as in Go.
    fn letter(&mut self, code: u32) -> char {
        if (0xd800..0xdc00).contains(&code) && self.rest().starts_with(b"\\u") {
            let before = self.next;
            self.next += 2;
            let low = self.code(Position::default()).unwrap_or_default();
            if (0xdc00..0xe000).contains(&low) {
                let joined = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                return char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER);
            }
            self.next = before;
        }
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// Four hexadecimal digits.
    fn code(&mut self, at: Position) -> Result<u32, YamlError> {
        let digits = self.rest().get(..4).ok_or_else(|| self.cut_off(at))?;
        let code = digits.iter().try_fold(0, |code, digit| {
            Some(code * 16 + char::from(*digit).to_digit(16)?)
        });
        self.next += 4;
        code.ok_or_else(|| broken(at, "an escape that does not exist"))
    }
}

fn broken(at: Position, what: &'static str) -> YamlError {
    YamlError::Syntax { at, what }
}
