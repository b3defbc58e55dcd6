//! Upper, lower and the styles of names.

use super::{
    super::quote,
    signature::{Call, Called, Function, Parameter::Text, bytes},
    strings::part,
};

pub const FUNCTIONS: &[Function] = &[
    Function::new("upper", &[Text], |call, values| {
        each(call, bytes(values, 0), upper)
    }),
    Function::new("lower", &[Text], |call, values| {
        each(call, bytes(values, 0), lower)
    }),
    Function::new("title", &[Text], |call, values| {
        let mut before = ' ';
        each(call, bytes(values, 0), |letter| {
            let titled = if is_separator(before) {
                upper(letter)
            } else {
                letter
            };
            before = letter;
            titled
        })
    }),
    Function::new("untitle", &[Text], |call, values| {
        let mut is_start = true;
        each(call, bytes(values, 0), |letter| {
            let lowered = if is_start { lower(letter) } else { letter };
            is_start = letter.is_whitespace();
            lowered
        })
    }),
    Function::new("swapcase", &[Text], |call, values| {
        let mut is_after_space = true;
        each(call, bytes(values, 0), |letter| {
            if letter.is_uppercase() {
                is_after_space = false;
                lower(letter)
            } else if letter.is_lowercase() {
                is_after_space = false;
                upper(letter)
            } else {
                is_after_space = letter.is_whitespace();
                letter
            }
        })
    }),
    Function::new("snakecase", &[Text], |call, values| {
        call.budget.take_bytes(bytes(values, 0).len())?;
        call.text(lower_case(bytes(values, 0), b'_'))
    }),
    Function::new("kebabcase", &[Text], |call, values| {
        call.budget.take_bytes(bytes(values, 0).len())?;
        call.text(lower_case(bytes(values, 0), b'-'))
    }),
    Function::new("camelcase", &[Text], |call, values| {
        let text = pascal_case(&letters(bytes(values, 0)));
        call.text(text)
    }),
];

fn letters(text: &[u8]) -> Vec<char> {
    quote::letters(text)
        .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn each(call: &mut Call, text: &[u8], mut change: impl FnMut(char) -> char) -> Called {
    call.budget.take_bytes(text.len())?;
    let changed: String = letters(text).into_iter().map(&mut change).collect();
    call.text(changed)
}

/// The one upper-case letter of a letter, if there is just one.
pub fn upper(letter: char) -> char {
    let mut all = letter.to_uppercase();
    match (all.next(), all.next()) {
        (Some(one), None) => one,
        _ => letter,
    }
}

/// The one lower-case letter of a letter, if there is just one.
pub fn lower(letter: char) -> char {
    let mut all = letter.to_lowercase();
    match (all.next(), all.next()) {
        (Some(one), None) => one,
        _ => letter,
    }
}

fn is_separator(letter: char) -> bool {
    if letter.is_ascii() {
        return !(letter.is_ascii_alphanumeric() || letter == '_');
    }
    !letter.is_alphanumeric() && letter.is_whitespace()
}

fn is_connector(letter: char) -> bool {
    letter == '-' || letter == '_' || letter.is_whitespace()
}

fn is_punctuation(letter: char) -> bool {
    "!\"#%&'()*,-./:;?@[\\]_{}".contains(letter)
}

/// `first_name` to `FirstName`, as `xstrings.ToPascalCase`.
fn pascal_case(text: &[char]) -> String {
    let mut out = String::new();
    let mut rest = text.iter().copied();
    let mut current = None;
    let mut is_first_upper = false;
    for letter in rest.by_ref() {
        if is_connector(letter) {
            out.push(letter);
            current = Some(letter);
            continue;
        }
        is_first_upper = letter.is_uppercase();
        current = Some(upper(letter));
        break;
    }
    let Some(mut current) = current else {
        return out;
    };
    let mut rest = rest.peekable();
    if rest.peek().is_none() {
        out.push(current);
        return out;
    }
    for letter in rest {
        let before = current;
        current = letter;
        if is_connector(current) && is_connector(before) {
            out.push(before);
            continue;
        }
        if is_connector(before) {
            is_first_upper = current.is_uppercase();
            current = upper(current);
        } else {
            if is_first_upper {
                if current.is_uppercase() {
                    current = lower(current);
                } else {
                    is_first_upper = false;
                }
            }
            out.push(before);
        }
    }
    out.push(current);
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    None,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

/// Whether a letter has a case or is a letter of an alphabet.
fn is_alphabet(letter: char) -> bool {
    letter.is_alphabetic()
}

/// A letter with the bytes before it that are no letters; after the last letter, such bytes alone count as that one.
struct Unit<'t> {
    letter: char,
    bytes: &'t [u8],
}

/// The units of a text; `None` where there is no letter at all.
fn units(text: &[u8]) -> Option<Vec<Unit<'_>>> {
    let mut units: Vec<Unit> = Vec::new();
    let (mut start, mut at) = (0, 0);
    for letter in quote::letters(text) {
        at += letter.map_or(1, char::len_utf8);
        if let Some(letter) = letter
            .ok()
            .filter(|letter| *letter != char::REPLACEMENT_CHARACTER)
        {
            let bytes = part(text, start, at);
            units.push(Unit { letter, bytes });
            start = at;
        }
    }
    let letter = units.last()?.letter;
    if start < text.len() {
        let bytes = part(text, start, text.len());
        units.push(Unit { letter, bytes });
    }
    Some(units)
}

fn run(text: &[Unit], start: usize, matches: impl Fn(char) -> bool) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let matching = rest.iter().take_while(|unit| matches(unit.letter));
    start + matching.count()
}

/// The first word of a text and its length.
fn next_word(text: &[Unit]) -> (Word, usize) {
    let Some(first) = text.first().map(|unit| unit.letter) else {
        return (Word::None, 0);
    };
    if is_connector(first) {
        (Word::Connector, run(text, 1, is_connector))
    } else if is_punctuation(first) {
        (Word::Punctuation, run(text, 1, is_punctuation))
    } else if first.is_uppercase() {
        let second = text.get(1).map(|unit| unit.letter);
        let length = match second {
            Some(second) if second.is_uppercase() => {
                let end = run(text, 2, char::is_uppercase);
                let is_word_after = text.get(end).is_some_and(|unit| is_alphabet(unit.letter));
                if is_word_after { end - 1 } else { end }
            }
            Some(second) if is_alphabet(second) => run(text, 2, |letter| {
                is_alphabet(letter) && !letter.is_uppercase()
            }),
            _ => 1,
        };
        (Word::Upper, length)
    } else if is_alphabet(first) {
        let end = run(text, 1, |letter| {
            is_alphabet(letter) && !letter.is_uppercase()
        });
        (Word::Alphabet, end)
    } else if first.is_numeric() {
        (Word::Number, run(text, 1, char::is_numeric))
    } else {
        let end = run(text, 1, |letter| {
            !(is_connector(letter)
                || is_alphabet(letter)
                || letter.is_numeric()
                || is_punctuation(letter))
        });
        (Word::Other, end)
    }
}

struct Words<'u, 't> {
    rest: &'u [Unit<'t>],
}

impl<'u, 't> Words<'u, 't> {
    fn next(&mut self) -> (Word, &'u [Unit<'t>]) {
        let (kind, length) = next_word(self.rest);
        let (word, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        (kind, word)
    }
}

/// `FirstName` to `first_name`, as `xstrings.ToSnakeCase` and its kind.
fn lower_case(text: &[u8], connector: u8) -> Vec<u8> {
    let Some(units) = units(text) else {
        return text.to_vec();
    };
    let mut out = Vec::new();
    let push = |out: &mut Vec<u8>, kind: Word, word: &[Unit]| {
        for unit in word {
            if !matches!(kind, Word::Upper | Word::Connector) {
                out.extend_from_slice(unit.bytes);
                continue;
            }
            for letter in letters(unit.bytes) {
                if is_connector(letter) {
                    out.push(connector);
                } else {
                    let lowered = lower(letter);
                    out.extend_from_slice(lowered.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
        }
    };
    let is_joined = |kind: Word| matches!(kind, Word::Alphabet | Word::Number);
    let mut words = Words { rest: &units };
    let (mut kind, mut word) = words.next();
    while !words.rest.is_empty() {
        if kind != Word::Connector {
            push(&mut out, kind, word);
        }
        let (before, last) = (kind, word);
        (kind, word) = words.next();
        match before {
            Word::Number => {
                while is_joined(kind) {
                    push(&mut out, kind, word);
                    (kind, word) = words.next();
                }
                if !matches!(kind, Word::None | Word::Punctuation | Word::Connector) {
                    out.push(connector);
                }
            }
            Word::Connector => push(&mut out, before, last),
            Word::Punctuation => {}
            _ if kind != Word::Number => {
                if !matches!(kind, Word::Connector | Word::Punctuation) {
                    out.push(connector);
                }
            }
            _ => {
                if words.rest.is_empty() {
                    break;
                }
                let number = word;
                (kind, word) = words.next();
                if kind != Word::Alphabet {
                    push(&mut out, Word::Number, number);
                    if !matches!(kind, Word::Connector | Word::Punctuation) {
                        out.push(connector);
                    }
                    continue;
                }
                out.push(connector);
                push(&mut out, Word::Number, number);
                while is_joined(kind) {
                    push(&mut out, kind, word);
                    (kind, word) = words.next();
                }
                if !matches!(kind, Word::None | Word::Connector | Word::Punctuation) {
                    out.push(connector);
                }
            }
        }
    }
    push(&mut out, kind, word);
    out
}
