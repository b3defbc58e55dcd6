//! Secrets that are known by their form alone, wherever they stand: tokens, private keys, URLs with a password.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::value;
use crate::api::base64;

/// Something found by its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The bytes of it.
    pub range: Range<usize>,
    /// What it is, such as "GitHub token".
    pub what: &'static str,
}

/// Token forms: what they are, and how they look. No word boundary in front, so that all share one search for their
/// beginnings.
const TOKENS: &[(&str, &str)] = &[
    ("GitHub token", r"gh[pousr]_[A-Za-z0-9]{36}"),
    (
        "GitHub fine-grained token",
        r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    ),
    (
        "GitLab token",
        r"gl(?:pat|dt|rt|cbt|ptt|ft|soat)-[A-Za-z0-9_-]{20,64}",
    ),
    ("AWS access key id", r"(?:AKIA|ASIA)[A-Z2-7]{16}"),
    (
        "Slack token",
        r"xox[abeoprs]-[0-9A-Za-z]{2,}-[0-9A-Za-z-]{8,}",
    ),
    (
        "Slack webhook",
        r"hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}",
    ),
    ("Google API key", r"AIza[0-9A-Za-z_-]{35}"),
    ("Stripe live key", r"[sr]k_live_[0-9A-Za-z]{24,99}"),
    ("npm token", r"npm_[A-Za-z0-9]{36}"),
    ("PyPI token", r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}"),
    ("Docker Hub token", r"dckr_pat_[A-Za-z0-9_-]{27,}"),
    ("SendGrid key", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("Vault token", r"hv[sbr]\.[A-Za-z0-9_-]{24,}"),
    ("DigitalOcean token", r"do[opr]_v1_[a-f0-9]{64}"),
    ("Hugging Face token", r"hf_[A-Za-z]{34}"),
    (
        "JSON web token",
        r"eyJ[A-Za-z0-9_-]{14,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}",
    ),
];

static TOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let each: Vec<String> = TOKENS.iter().map(|(_, form)| format!("({form})")).collect();
    Regex::new(&each.join("|")).ok()
});

/// A token without this many different letters is an example.
const MIN_LETTERS: usize = 8;

/// The tokens of known form in a text.
pub fn tokens(text: &str) -> Vec<Found> {
    let Some(regex) = TOKEN.as_ref() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for captures in regex.captures_iter(text) {
        let Some(whole) = captures.get(0) else {
            continue;
        };
        let number = (1..=TOKENS.len()).find(|number| captures.get(*number).is_some());
        let what = number
            .and_then(|number| TOKENS.get(number - 1))
            .map(|(what, _)| *what);
        if let Some(what) = what
            && !is_inside_word(text, &whole.range())
            && !is_example(whole.as_str())
        {
            found.push(Found {
                range: whole.range(),
                what,
            });
        }
    }
    found
}

/// Whether more of the same letters stand before or behind: part of something longer, such as a ciphertext.
fn is_inside_word(text: &str, range: &Range<usize>) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '_');
    let before = text
        .get(..range.start)
        .and_then(|before| before.chars().next_back());
    let behind = text
        .get(range.end..)
        .and_then(|behind| behind.chars().next());
    before.is_some_and(is_part) || behind.is_some_and(is_part)
}

fn is_example(token: &str) -> bool {
    let lower = token.to_ascii_lowercase();
    let letters: std::collections::BTreeSet<char> = token.chars().skip(4).collect();
    letters.len() < MIN_LETTERS
        || [
            "example",
            "xxxx",
            "0123456789",
            "1234567890",
            "abcdefghij",
            "your_",
            "your-",
            "placeholder",
            "redacted",
        ]
        .iter()
        .any(|word| lower.contains(word))
}

static URL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"[A-Za-z][A-Za-z0-9+.-]*://([^\s/?#@:"'`<>\\|]*):([^\s/?#"'`<>\\|]*)@([^\s/?#"'`<>@:]+)"#,
    )
    .ok()
});

/// The passwords within the URLs of a text: the range is that of the password.
pub fn passwords_in_urls(text: &str) -> Vec<Found> {
    let Some(regex) = URL.as_ref().filter(|_| text.contains("://")) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for captures in regex.captures_iter(text) {
        let (Some(user), Some(password), Some(host)) =
            (captures.get(1), captures.get(2), captures.get(3))
        else {
            continue;
        };
        let is_template = |text: &str| {
            text.contains(['$', '{', '}', '%', '*', '[', '(']) && value::is_placeholder(text)
        };
        let word = password.as_str();
        let is_meant = !word.is_empty()
            && !value::is_placeholder(word)
            && !matches!(
                word.to_ascii_lowercase().as_str(),
                "password"
                    | "pass"
                    | "pw"
                    | "pwd"
                    | "passwd"
                    | "p"
                    | "secret"
                    | "token"
                    | "x-oauth-basic"
            )
            && !word
                .chars()
                .all(|letter| matches!(letter, '*' | 'x' | 'X' | '.' | '#' | '-' | '_'))
            && !word.starts_with(['$', '{', '%', ':'])
            && !word.contains("{}")
            && !is_template(user.as_str())
            && !host.as_str().is_empty();
        if is_meant {
            found.push(Found {
                range: password.range(),
                what: "password in a URL",
            });
        }
    }
    found
}

const BEGIN: &str = "-----BEGIN ";
/// The same in base64, as the `data` of a Secret has it.
const BEGIN_BASE64: &str = "LS0tLS1CRUdJTi";
/// The least base64 letters of a real private key.
const MIN_KEY_LETTERS: usize = 40;

/// The private keys in a text, those within base64 included.
pub fn private_keys(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices(BEGIN) {
        if let Some(what) = private_key_at(text.get(start..).unwrap_or_default()) {
            let line = text
                .get(start..)
                .unwrap_or_default()
                .lines()
                .next()
                .unwrap_or_default();
            let end = line.get(BEGIN.len()..).and_then(|rest| rest.find("-----"));
            let length = end.map_or(line.len(), |end| BEGIN.len() + end + 5);
            found.push(Found {
                range: start..start + length,
                what,
            });
        }
    }
    for (start, _) in text.match_indices(BEGIN_BASE64) {
        let rest = text.get(start..).unwrap_or_default();
        let is_base64 =
            |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '=');
        let length = rest
            .find(|letter: char| !is_base64(letter))
            .unwrap_or(rest.len());
        let word = rest.get(..length - length % 4).unwrap_or_default();
        let inner = base64::decode(word)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(what) = inner.as_deref().and_then(private_key_in) {
            found.push(Found {
                range: start..start + length,
                what,
            });
        }
    }
    for (start, _) in text.match_indices("AGE-SECRET-KEY-1") {
        let rest = text.get(start..).unwrap_or_default();
        let length = rest
            .find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'))
            .unwrap_or(rest.len());
        let token = rest.get(..length).unwrap_or_default();
        if length == 74 && !is_example(token.get(12..).unwrap_or_default()) {
            found.push(Found {
                range: start..start + length,
                what: "age secret key",
            });
        }
    }
    if let Some(start) = text.find("PuTTY-User-Key-File-")
        && text
            .get(start + 20..)
            .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
        && text.contains("Private-Lines:")
    {
        found.push(Found {
            range: start..start + 20,
            what: "PuTTY private key",
        });
    }
    found.sort_by_key(|one| one.range.start);
    found
}

fn private_key_in(text: &str) -> Option<&'static str> {
    text.match_indices(BEGIN)
        .find_map(|(start, _)| private_key_at(text.get(start..)?))
}

/// Which private key a text begins with: its header, and a body that decodes.
fn private_key_at(text: &str) -> Option<&'static str> {
    let head = text.strip_prefix(BEGIN)?;
    let (label, rest) = head.split_at(head.find("-----")?);
    let what = match label {
        "PRIVATE KEY" => "private key",
        "RSA PRIVATE KEY" => "RSA private key",
        "EC PRIVATE KEY" => "EC private key",
        "DSA PRIVATE KEY" => "DSA private key",
        "OPENSSH PRIVATE KEY" => "OpenSSH private key",
        "ENCRYPTED PRIVATE KEY" => "private key under a passphrase",
        "PGP PRIVATE KEY BLOCK" => "PGP private key",
        _ => return None,
    };
    // The body may stand on lines, or on one with `\n` written out, indented or quoted.
    let end = rest.find("-----END ").unwrap_or(rest.len().min(4096));
    let body: String = rest.get(5..end).unwrap_or_default().replace("\\n", "\n");
    let letters = body
        .lines()
        .map(|line| {
            line.trim_matches(|letter: char| {
                letter.is_whitespace() || matches!(letter, '"' | '\'' | ',' | '+' | '#' | '>')
            })
        })
        .filter(|line| !line.contains(':') && !line.is_empty())
        .take_while(|line| {
            line.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
        })
        .fold(String::new(), |all, line| all + line);
    let kinds: std::collections::BTreeSet<char> = letters.chars().collect();
    (letters.len() >= MIN_KEY_LETTERS && kinds.len() >= MIN_LETTERS).then_some(what)
}

/// The first secret that a text is known by, with what it is.
pub fn known(text: &str) -> Option<&'static str> {
    if let Some(found) = private_keys(text).first() {
        return Some(found.what);
    }
    if let Some(found) = tokens(text).first() {
        return Some(found.what);
    }
    passwords_in_urls(text).first().map(|found| found.what)
}
