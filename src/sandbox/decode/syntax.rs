//! What Go's decoder says of a text that is no JSON (`encoding/json/scanner.go`): one state at a time, as there.

/// Where the scanner stands.
#[derive(Clone, Copy)]
enum State {
    Value,
    /// A value, or the end of an empty list.
    FirstElement,
    /// A key, or the end of an empty map.
    FirstKey,
    Key,
    Colon,
    AfterElement,
    AfterField,
    End,
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    /// Whether each open bracket is that of a map.
    open: Vec<bool>,
}

const CUT_OFF: &str = "unexpected end of JSON input";

/// What is wrong with a text, if anything is.
pub fn syntax_error(text: &[u8]) -> Option<String> {
    let mut scanner = Scanner {
        text,
        at: 0,
        open: Vec::new(),
    };
    scanner.run().err()
}

impl Scanner<'_> {
    fn run(&mut self) -> Result<(), String> {
        let mut state = State::Value;
        loop {
            while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
                self.at += 1;
            }
            let Some(byte) = self.peek() else {
                return match state {
                    State::End => Ok(()),
                    _ => Err(CUT_OFF.to_owned()),
                };
            };
            state = self.step(state, byte)?;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn step(&mut self, state: State, byte: u8) -> Result<State, String> {
        match (state, byte) {
            (State::FirstElement, b']') | (State::AfterElement, b']') => Ok(self.close()),
            (State::FirstKey, b'}') | (State::AfterField, b'}') => Ok(self.close()),
            (State::Value | State::FirstElement, _) => self.value(byte),
            (State::FirstKey | State::Key, b'"') => {
                self.string()?;
                Ok(State::Colon)
            }
            (State::Colon, b':') => Ok(self.next(State::Value)),
            (State::AfterElement, b',') => Ok(self.next(State::Value)),
            (State::AfterField, b',') => Ok(self.next(State::Key)),
            (State::FirstKey | State::Key, _) => {
                Err(self.wrong("looking for beginning of object key string"))
            }
            (State::Colon, _) => Err(self.wrong("after object key")),
            (State::AfterElement, _) => Err(self.wrong("after array element")),
            (State::AfterField, _) => Err(self.wrong("after object key:value pair")),
            (State::End, _) => Err(self.wrong("after top-level value")),
        }
    }

    fn next(&mut self, state: State) -> State {
        self.at += 1;
        state
    }

    fn close(&mut self) -> State {
        self.at += 1;
        self.open.pop();
        self.after_value()
    }

    fn after_value(&self) -> State {
        match self.open.last() {
            None => State::End,
            Some(true) => State::AfterField,
            Some(false) => State::AfterElement,
        }
    }

    fn value(&mut self, byte: u8) -> Result<State, String> {
        match byte {
            b'{' => {
                self.open.push(true);
                return Ok(self.next(State::FirstKey));
            }
            b'[' => {
                self.open.push(false);
                return Ok(self.next(State::FirstElement));
            }
            b'"' => self.string()?,
            b't' => self.word("true")?,
            b'f' => self.word("false")?,
            b'n' => self.word("null")?,
            b'-' | b'0'..=b'9' => self.number()?,
            _ => return Err(self.wrong("looking for beginning of value")),
        }
        Ok(self.after_value())
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        for wanted in word.bytes() {
            match self.peek() {
                None => return Err(CUT_OFF.to_owned()),
                Some(byte) if byte == wanted => self.at += 1,
                Some(_) => {
                    let wanted = char::from(wanted);
                    return Err(self.wrong(&format!("in literal {word} (expecting '{wanted}')")));
                }
            }
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), String> {
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(CUT_OFF.to_owned()),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some(0..=0x1f) => return Err(self.wrong("in string literal")),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        match self.peek() {
            None => Err(CUT_OFF.to_owned()),
            Some(b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    match self.peek() {
                        None => return Err(CUT_OFF.to_owned()),
                        Some(byte) if byte.is_ascii_hexdigit() => self.at += 1,
                        Some(_) => return Err(self.wrong("in \\u hexadecimal character escape")),
                    }
                }
                Ok(())
            }
            Some(_) => Err(self.wrong("in string escape code")),
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<(), String> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else if self.digits() == 0 {
            return Err(self.wrong_or_cut("in numeric literal"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.wrong_or_cut("after decimal point in numeric literal"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.wrong_or_cut("in exponent of numeric literal"));
            }
        }
        Ok(())
    }

    fn wrong_or_cut(&self, place: &str) -> String {
        if self.peek().is_none() {
            CUT_OFF.to_owned()
        } else {
            self.wrong(place)
        }
    }

    /// Go looks at bytes, and shows each as the character of its number.
    fn wrong(&self, place: &str) -> String {
        let byte = self.peek().unwrap_or_default();
        let shown = match byte {
            b'\'' => r"'\''".to_owned(),
            b'"' => "'\"'".to_owned(),
            b'\\' => r"'\\'".to_owned(),
            b'\n' => r"'\n'".to_owned(),
            b'\r' => r"'\r'".to_owned(),
            b'\t' => r"'\t'".to_owned(),
            0..0x20 | 0x7f => format!("'\\x{byte:02x}'"),
            0x80..=0xa0 | 0xad => format!("'\\u{byte:04x}'"),
            _ => format!("'{}'", char::from(byte)),
        };
        format!("invalid character {shown} {place}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_json_is_told_in_the_words_of_go() {
        for (text, expected) in [
            (
                "{not json",
                "invalid character 'n' looking for beginning of object key string",
            ),
            ("", CUT_OFF),
            ("{\"a\": [1, 2", CUT_OFF),
            ("nul", CUT_OFF),
            (
                "not json",
                "invalid character 'o' in literal null (expecting 'u')",
            ),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("[1 2]", "invalid character '2' after array element"),
            (
                "{\"a\": 1 \"b\"}",
                "invalid character '\"' after object key:value pair",
            ),
            ("1 x", "invalid character 'x' after top-level value"),
            ("-x", "invalid character 'x' in numeric literal"),
            ("\"\\q\"", "invalid character 'q' in string escape code"),
            (
                "[1,]",
                "invalid character ']' looking for beginning of value",
            ),
        ] {
            assert_eq!(
                syntax_error(text.as_bytes()).as_deref(),
                Some(expected),
                "{text}"
            );
        }
        for text in [
            "{}",
            " [ ] ",
            "{\"a\": [true, null, -1.5e+3, \"\\u00e9\"]}",
            "0",
        ] {
            assert_eq!(syntax_error(text.as_bytes()), None, "{text}");
        }
        let byte = syntax_error(&[0x9e]).unwrap();
        assert_eq!(
            byte,
            "invalid character '\\u009e' looking for beginning of value"
        );
    }
}
