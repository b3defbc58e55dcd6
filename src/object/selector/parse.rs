//! The text form of label selectors: scanner and parser of `labels.Parse`.

use super::{
    Operator, Requirement, SelectorError,
    requirement::{invalid, quoted},
};
use crate::object::name;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    End,
    Open,
    Close,
    Comma,
    Not,
    Compare(Operator, &'a str),
    /// `in` and `notin`: words, unless an operator is wanted.
    Word(&'a str),
}

impl<'a> Token<'a> {
    fn literal(self) -> &'a str {
        match self {
            Self::End => "",
            Self::Open => "(",
            Self::Close => ")",
            Self::Comma => ",",
            Self::Not => "!",
            Self::Compare(_, text) | Self::Word(text) => text,
        }
    }
}

/// The requirements of a text, in the order of the text.
pub(super) fn requirements(text: &str) -> Result<Vec<Requirement>, SelectorError> {
    let mut parser = Parser {
        rest: text,
        next: Token::End,
    };
    parser.advance();
    let mut requirements = Vec::new();
    loop {
        match parser.next {
            Token::Word(_) | Token::Not => {}
            Token::End => return Ok(requirements),
            other => return Err(found(other, "!, identifier, or 'end of string'")),
        }
        let requirement = parser
            .requirement()
            .map_err(|error| SelectorError(format!("unable to parse requirement: {error}")))?;
        requirements.push(requirement);
        match parser.advance() {
            Token::End => return Ok(requirements),
            Token::Comma => {
                if !matches!(parser.next, Token::Word(_) | Token::Not) {
                    return Err(found(parser.next, "identifier after ','"));
                }
            }
            other => return Err(found(other, "',' or 'end of string'")),
        }
    }
}

fn found(token: Token<'_>, expected: &str) -> SelectorError {
    SelectorError(format!("found '{}', expected: {expected}", token.literal()))
}

struct Parser<'a> {
    rest: &'a str,
    next: Token<'a>,
}

impl<'a> Parser<'a> {
    /// Gives the token that was next, and scans one more.
    fn advance(&mut self) -> Token<'a> {
        let token = self.next;
        self.next = self.scan();
        token
    }

    fn scan(&mut self) -> Token<'a> {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        const SYMBOLS: &[(&str, Token<'static>)] = &[
            ("==", Token::Compare(Operator::DoubleEquals, "==")),
            ("!=", Token::Compare(Operator::NotEquals, "!=")),
            ("=", Token::Compare(Operator::Equals, "=")),
            (">", Token::Compare(Operator::GreaterThan, ">")),
            ("<", Token::Compare(Operator::LessThan, "<")),
            ("!", Token::Not),
            ("(", Token::Open),
            (")", Token::Close),
            (",", Token::Comma),
        ];
        for (symbol, token) in SYMBOLS {
            if let Some(rest) = self.rest.strip_prefix(symbol) {
                self.rest = rest;
                return *token;
            }
        }
        let end = self
            .rest
            .find(['=', '!', '(', ')', ',', '>', '<', ' ', '\t', '\r', '\n'])
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if word.is_empty() {
            Token::End
        } else {
            Token::Word(word)
        }
    }

    fn requirement(&mut self) -> Result<Requirement, SelectorError> {
        let is_negated = self.next == Token::Not;
        if is_negated {
            self.advance();
        }
        let key = match self.advance() {
            Token::Word(key) => key,
            other => return Err(found(other, "identifier")),
        };
        let wrong = name::label_key_errors(key);
        if !wrong.is_empty() {
            // Upstream has no path at this place, and shows it so.
            return Err(SelectorError(invalid(
                "<nil>",
                &quoted(key),
                &wrong.join("; "),
            )));
        }
        if is_negated {
            return Requirement::new(key, Operator::DoesNotExist, Vec::new());
        }
        if matches!(self.next, Token::End | Token::Comma) {
            return Requirement::new(key, Operator::Exists, Vec::new());
        }
        match self.advance() {
            Token::Word("in") => Requirement::new(key, Operator::In, self.values()?),
            Token::Word("notin") => Requirement::new(key, Operator::NotIn, self.values()?),
            Token::Compare(operator, _) => {
                Requirement::new(key, operator, vec![self.exact_value()?])
            }
            other => Err(found(other, "in, notin, =, ==, !=, gt, lt")),
        }
    }

    fn exact_value(&mut self) -> Result<String, SelectorError> {
        if matches!(self.next, Token::End | Token::Comma) {
            return Ok(String::new());
        }
        match self.advance() {
            Token::Word(value) => Ok(value.to_owned()),
            other => Err(found(other, "identifier")),
        }
    }

    /// The values in parentheses; between two commas and beside a parenthesis stands an empty one.
    fn values(&mut self) -> Result<Vec<String>, SelectorError> {
        match self.advance() {
            Token::Open => {}
            // Upstream has no comma in this one message.
            other => {
                return Err(SelectorError(format!(
                    "found '{}' expected: '('",
                    other.literal()
                )));
            }
        }
        match self.next {
            Token::Close => {
                self.advance();
                return Ok(vec![String::new()]);
            }
            Token::Word(_) | Token::Comma => {}
            other => return Err(found(other, "',', ')' or identifier")),
        }
        let mut values: Vec<String> = Vec::new();
        loop {
            match self.advance() {
                Token::Word(value) => {
                    values.push(value.to_owned());
                    match self.next {
                        Token::Comma => {}
                        Token::Close => break,
                        other => return Err(found(other, "',' or ')'")),
                    }
                }
                Token::Comma => {
                    if values.is_empty() {
                        values.push(String::new());
                    }
                    match self.next {
                        Token::Close => {
                            values.push(String::new());
                            break;
                        }
                        Token::Comma => values.push(String::new()),
                        _ => {}
                    }
                }
                other => return Err(found(other, "',', or identifier")),
            }
        }
        self.advance();
        values.sort_unstable();
        values.dedup();
        Ok(values)
    }
}
