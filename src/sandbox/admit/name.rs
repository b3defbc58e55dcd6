//! How names must look (`k8s.io/apimachinery/pkg/util/validation`).

use crate::sandbox::strategy::NameRule;

/// The most bytes of a label of a domain name.
pub const MAX_LABEL: usize = 63;
/// The most bytes of a domain name.
pub const MAX_SUBDOMAIN: usize = 253;

/// The most bytes of the name of a port.
pub const MAX_PORT: usize = 15;

const VARIABLE: &str = "a valid environment variable name must consist only of printable ASCII characters other than '='";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

fn too_long(limit: usize) -> String {
    format!("must be no more than {limit} characters")
}

fn is_label(text: &str) -> bool {
    let inner = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    text.bytes().all(|letter| inner(letter) || letter == b'-')
        && text.bytes().next().is_some_and(inner)
        && text.bytes().next_back().is_some_and(inner)
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

/// What is wrong with an RFC 1123 label.
pub fn label(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > MAX_LABEL {
        wrong.push(too_long(MAX_LABEL));
    }
    if !is_label(text) {
        wrong.push(if is_subdomain(text) {
            "must not contain dots".to_owned()
        } else {
            LABEL.to_owned()
        });
    }
    wrong
}

/// What is wrong with an RFC 1123 subdomain.
pub fn subdomain(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > MAX_SUBDOMAIN {
        wrong.push(too_long(MAX_SUBDOMAIN));
    }
    if !is_subdomain(text) {
        wrong.push(SUBDOMAIN.to_owned());
    }
    wrong
}

/// What is wrong with a segment of a path; of a prefix only the letters count.
fn path_segment(text: &str, is_prefix: bool) -> Vec<String> {
    if !is_prefix && (text == "." || text == "..") {
        return vec![format!("may not be '{text}'")];
    }
    ["/", "%"]
        .iter()
        .filter(|part| text.contains(**part))
        .map(|part| format!("may not contain '{part}'"))
        .collect()
}

/// What is wrong with the name of a variable of a process.
pub fn variable(text: &str) -> Vec<String> {
    let is_fine = text
        .bytes()
        .all(|letter| (b' '..=b'~').contains(&letter) && letter != b'=');
    if is_fine {
        Vec::new()
    } else {
        vec![VARIABLE.to_owned()]
    }
}

/// What is wrong with the name of a port.
pub fn port(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > MAX_PORT {
        wrong.push(too_long(MAX_PORT));
    }
    let is_letter = |letter: u8| letter.is_ascii_lowercase();
    if !text
        .bytes()
        .all(|letter| is_letter(letter) || letter.is_ascii_digit() || letter == b'-')
    {
        wrong.push(
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned(),
        );
    }
    if !text.bytes().any(is_letter) {
        wrong.push("must contain at least one letter (a-z)".to_owned());
    }
    if text.contains("--") {
        wrong.push("must not contain consecutive hyphens".to_owned());
    }
    if text.starts_with('-') || text.ends_with('-') {
        wrong.push("must not begin or end with a hyphen".to_owned());
    }
    wrong
}

/// What is wrong with a name, or with the beginning of a generated one.
pub fn check(rule: NameRule, text: &str, is_prefix: bool) -> Vec<String> {
    // A generated name goes on, so that a dash at the end is fine.
    let masked = match text.strip_suffix('-') {
        Some(head) if is_prefix && !head.is_empty() => format!("{head}a"),
        _ => text.to_owned(),
    };
    match rule {
        NameRule::Subdomain => subdomain(&masked),
        NameRule::Label => label(&masked),
        NameRule::PathSegment => path_segment(text, is_prefix),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_by_their_rule() {
        let cases: &[(NameRule, &str, bool, bool)] = &[
            (NameRule::Subdomain, "a.b-c", false, true),
            (NameRule::Subdomain, "a..b", false, false),
            (NameRule::Subdomain, "A", false, false),
            (NameRule::Subdomain, "web-", true, true),
            (NameRule::Subdomain, "web-", false, false),
            (NameRule::Label, "a.b", false, false),
            (NameRule::Label, "1a", false, true),
            (NameRule::PathSegment, "system:a", false, true),
            (NameRule::PathSegment, "a/b", false, false),
        ];
        for (rule, text, is_prefix, good) in cases {
            assert_eq!(
                check(*rule, text, *is_prefix).is_empty(),
                *good,
                "{rule:?} {text}"
            );
        }
        assert!(subdomain(&"a".repeat(MAX_SUBDOMAIN)).is_empty());
        assert_eq!(subdomain(&"a".repeat(MAX_SUBDOMAIN + 1)).len(), 1);
        assert_eq!(label(&"a".repeat(MAX_LABEL + 1)).len(), 1);
    }
}
