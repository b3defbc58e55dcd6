//! From Go's syntax of regular expressions to that of the `regex` crate.

/// An expression, and a measure of what it costs to match one byte.
pub struct Pattern {
    pub text: String,
    pub weight: usize,
}

/// The most repeats that Go takes.
const MAX_REPEATS: usize = 1000;
/// The most letters from one brace to its end: two numbers that need not be small, and what is between and after them.
const MAX_BRACES: usize = 42;

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = "\\t\\n\\x0C\\r ";

/// Rewrites what the two read differently: Go's `\d`, `\w`, `\s` and `\b` are of ASCII, `\Q…\E` quotes, and
/// within a class `[`, `&` and `~` are plain, and `(?)` is nothing. `None` where Go has an error that the crate has not.
pub fn translated(pattern: &str) -> Option<Pattern> {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut weight = pattern.len() + 1;
    let mut letters = pattern.chars().peekable();
    let mut in_class = false;
    let mut class_start = false;
    while let Some(letter) = letters.next() {
        let is_start = std::mem::take(&mut class_start);
        match letter {
            '\\' => match letters.next()? {
                'd' if in_class => out.push_str(DIGIT),
                'w' if in_class => out.push_str(WORD),
                's' if in_class => out.push_str(SPACE),
                'd' => out.push_str(&format!("[{DIGIT}]")),
                'w' => out.push_str(&format!("[{WORD}]")),
                's' => out.push_str(&format!("[{SPACE}]")),
                'D' => out.push_str(&format!("[^{DIGIT}]")),
                'W' => out.push_str(&format!("[^{WORD}]")),
                'S' => out.push_str(&format!("[^{SPACE}]")),
                'b' if !in_class => out.push_str("(?-u:\\b)"),
                'B' if !in_class => out.push_str("(?-u:\\B)"),
                'Q' if !in_class => {
                    while let Some(quoted) = letters.next() {
                        if quoted == '\\' && letters.peek() == Some(&'E') {
                            letters.next();
                            break;
                        }
                        out.push_str(&regex::escape(quoted.encode_utf8(&mut [0; 4])));
                    }
                }
                'u' | 'U' | 'R' | 'X' | 'e' | '<' | '>' => return None,
                braced @ ('x' | 'p' | 'P') if letters.peek() == Some(&'{') => {
                    out.push('\\');
                    out.push(braced);
                    loop {
                        let inner = letters.next()?;
                        out.push(inner);
                        if inner == '}' {
                            break;
                        }
                    }
                }
                other => {
                    out.push('\\');
                    out.push(other);
                }
            },
            '[' if !in_class => {
                in_class = true;
                class_start = true;
                out.push('[');
                if letters.peek() == Some(&'^') {
                    letters.next();
                    out.push('^');
                }
            }
            '[' if letters.peek() == Some(&':') => {
                out.push('[');
            }
            ':' if in_class && letters.peek() == Some(&']') => {
                letters.next();
                out.push_str(":]");
            }
            '[' | '&' | '~' if in_class => {
                out.push('\\');
                out.push(letter);
            }
            ']' if in_class && is_start => out.push_str("\\]"),
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '(' if !in_class && letters.peek() == Some(&'?') => {
                let flags: String = letters
                    .clone()
                    .skip(1)
                    .take_while(|flag| !matches!(flag, ':' | ')' | '<' | '=' | '!'))
                    .collect();
                if flags.is_empty() && letters.clone().nth(1) == Some(')') {
                    letters.nth(1);
                    continue;
                }
                if flags != "P" && flags.contains(['x', 'u', 'R']) {
                    return None;
                }
                out.push('(');
            }
            '{' if !in_class => {
                let ahead: String = letters.clone().take(MAX_BRACES).collect();
                let (inner, is_closed) = match ahead.split_once('}') {
                    Some((inner, _)) => (inner, true),
                    None => (ahead.as_str(), false),
                };
                let (low, high) = inner.split_once(',').unwrap_or((inner, inner));
                let is_number = |text: &str| {
                    !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit())
                };
                if is_closed && is_number(low) && (high.is_empty() || is_number(high)) {
                    let most = low
                        .parse()
                        .unwrap_or(usize::MAX)
                        .max(high.parse().unwrap_or(0));
                    if most > MAX_REPEATS {
                        return None;
                    }
                    weight = weight.saturating_mul(most.max(1));
                    out.push('{');
                } else {
                    out.push_str("\\{");
                }
            }
            '}' if !in_class => {
                let opened = out.rfind('{').is_some_and(|at| {
                    let inner = out.get(at + 1..).unwrap_or("");
                    !out.get(..at).unwrap_or("").ends_with('\\')
                        && !inner.is_empty()
                        && inner
                            .bytes()
                            .all(|byte| byte.is_ascii_digit() || byte == b',')
                });
                out.push_str(if opened { "}" } else { "\\}" });
            }
            other => out.push(other),
        }
    }
    Some(Pattern { text: out, weight })
}
