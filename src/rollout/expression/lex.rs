//! From text to words.

/// A word of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Int(i64),
    Float(f64),
    Text(String),
    Name(String),
    /// `#`, with what follows it.
    Pointer(String),
    Sign(&'static str),
    End,
}

/// Longer ones first.
const SIGNS: &[&str] = &[
    "**", "..", "?.", "??", "==", "!=", "<=", ">=", "&&", "||", "+", "-", "*", "/", "%", "^", "<",
    ">", "!", "(", ")", "[", "]", "{", "}", ",", ".", ":", ";", "?", "|", "=",
];

/// Takes an expression apart.
///
/// # Errors
/// What is no word, in words near to those of Go's expr.
pub fn words(text: &str) -> Result<Vec<Token>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, behind) = match first {
            '"' | '\'' => quoted(rest, first)?,
            '`' => {
                let inner = rest.strip_prefix('`').unwrap_or_default();
                let (text, behind) = inner.split_once('`').ok_or("literal not terminated")?;
                (Token::Text(text.to_owned()), behind)
            }
            '#' => {
                let (name, behind) = name_of(rest.strip_prefix('#').unwrap_or_default());
                (Token::Pointer(name.to_owned()), behind)
            }
            _ if rest.starts_with("//") => {
                rest = rest.split_once('\n').map_or("", |(_, behind)| behind);
                rest = rest.trim_start();
                continue;
            }
            _ if rest.starts_with("/*") => {
                let (_, behind) = rest.split_once("*/").ok_or("unclosed comment")?;
                rest = behind.trim_start();
                continue;
            }
            _ if first.is_ascii_digit() || starts_as_fraction(rest) => number(rest)?,
            _ if first.is_alphabetic() || first == '_' || first == '$' => {
                let (name, behind) = name_of(rest);
                (Token::Name(name.to_owned()), behind)
            }
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                let sign = sign.ok_or_else(|| {
                    format!(
                        "unrecognized character: U+{:04X} '{first}'",
                        u32::from(first)
                    )
                })?;
                (
                    Token::Sign(sign),
                    rest.strip_prefix(sign).unwrap_or_default(),
                )
            }
        };
        words.push(word);
        rest = behind.trim_start();
    }
    Ok(words)
}

fn name_of(text: &str) -> (&str, &str) {
    let end = text
        .find(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '$'))
        .unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn starts_as_fraction(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next() == Some('.') && letters.next().is_some_and(|next| next.is_ascii_digit())
}

fn number(text: &str) -> Result<(Token, &str), String> {
    for (start, radix) in [
        ("0x", 16),
        ("0X", 16),
        ("0b", 2),
        ("0B", 2),
        ("0o", 8),
        ("0O", 8),
    ] {
        if let Some(digits) = text.strip_prefix(start) {
            let (digits, behind) = name_of(digits);
            let number = i64::from_str_radix(&digits.replace('_', ""), radix)
                .map_err(|_| format!("bad number syntax: {:?}", format!("{start}{digits}")))?;
            return Ok((Token::Int(number), behind));
        }
    }
    let mut end = 0;
    let mut is_float = false;
    let mut letters = text.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, letter)) = letters.next() {
        let is_range = letter == '.' && matches!(letters.peek(), Some((_, '.')));
        let is_sign = matches!(letter, '+' | '-') && matches!(before, 'e' | 'E');
        match letter {
            '.' if !is_range && !is_float => is_float = true,
            'e' | 'E' => is_float = true,
            _ if letter.is_ascii_digit() || letter == '_' || is_sign => {}
            _ => break,
        }
        before = letter;
        end = at + 1;
    }
    let (digits, behind) = text.split_at_checked(end).unwrap_or((text, ""));
    let wrong = || format!("bad number syntax: {digits:?}");
    if behind.starts_with(|letter: char| letter.is_alphabetic()) {
        return Err(wrong());
    }
    let plain = digits.replace('_', "");
    let token = if is_float {
        Token::Float(plain.parse().map_err(|_| wrong())?)
    } else {
        Token::Int(plain.parse().map_err(|_| "integer literal is too large")?)
    };
    Ok((token, behind))
}

fn quoted(text: &str, quote: char) -> Result<(Token, &str), String> {
    let mut made = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        if letter == quote {
            let behind = text.get(at + 1..).unwrap_or_default();
            return Ok((Token::Text(made), behind));
        }
        if letter != '\\' {
            made.push(letter);
            continue;
        }
        let escaped = letters.next().map(|(_, letter)| letter);
        made.push(match escaped {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('u') => {
                let digits: String = letters.by_ref().take(4).map(|(_, letter)| letter).collect();
                u32::from_str_radix(&digits, 16)
                    .ok()
                    .and_then(char::from_u32)
                    .ok_or("invalid char escape")?
            }
            Some(plain @ ('"' | '\'' | '\\' | '`' | '/')) => plain,
            _ => return Err("unknown char escape".to_owned()),
        });
    }
    Err("literal not terminated".to_owned())
}
