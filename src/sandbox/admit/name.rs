//! How names must look (`k8s.io/apimachinery/pkg/util/validation`).

use crate::sandbox::strategy::NameRule;

/// The most bytes of a label of a domain name.
pub const MAX_LABEL: usize = 63;
/// The most bytes of a domain name.
pub const MAX_SUBDOMAIN: usize = 253;

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

fn too_long(limit: usize) -> String {
    format!("must be no more than {limit} bytes")
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

/// What is wrong with an RFC 1035 label.
pub fn label_1035(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > MAX_LABEL {
        wrong.push(too_long(MAX_LABEL));
    }
    if !is_label(text) || !text.bytes().next().is_some_and(|l| l.is_ascii_lowercase()) {
        wrong.push(LABEL_1035.to_owned());
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
        NameRule::Label1035 => label_1035(&masked),
        NameRule::PathSegment => path_segment(text, is_prefix),
    }
}

const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const QUALIFIED_SHAPE: &str = "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";

fn is_word(text: &str) -> bool {
    let edge = |letter: u8| letter.is_ascii_alphanumeric();
    text.bytes()
        .all(|letter| edge(letter) || matches!(letter, b'-' | b'_' | b'.'))
        && text.bytes().next().is_some_and(edge)
        && text.bytes().next_back().is_some_and(edge)
}

/// What is wrong with the name of a label, an annotation or a finalizer.
pub fn qualified(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let parts: Vec<&str> = text.split('/').collect();
    let name = match parts.as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                wrong.push("prefix part must be non-empty".to_owned());
            } else {
                wrong.extend(
                    subdomain(prefix)
                        .into_iter()
                        .map(|text| format!("prefix part {text}")),
                );
            }
            *name
        }
        _ => return vec![QUALIFIED_SHAPE.to_owned()],
    };
    if name.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else if name.len() > MAX_LABEL {
        wrong.push(format!("name part {}", too_long(MAX_LABEL)));
    }
    if !is_word(name) {
        wrong.push(QUALIFIED.to_owned());
    }
    wrong
}

/// What is wrong with the value of a label.
pub fn label_value(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > MAX_LABEL {
        wrong.push(too_long(MAX_LABEL));
    }
    if !text.is_empty() && !is_word(text) {
        wrong.push(LABEL_VALUE.to_owned());
    }
    wrong
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
            (NameRule::Label1035, "1a", false, false),
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

    #[test]
    fn label_names_and_values_are_checked() {
        assert!(qualified("app.kubernetes.io/name").is_empty());
        assert!(qualified("a_b").is_empty());
        for wrong in ["", "/a", "a/", "a/b/c", "A b", "-a", "UPPER/a"] {
            assert!(!qualified(wrong).is_empty(), "{wrong}");
        }
        assert!(label_value("").is_empty());
        assert!(label_value("v1.2_3").is_empty());
        assert!(!label_value("a b").is_empty());
        assert!(!label_value(&"a".repeat(MAX_LABEL + 1)).is_empty());
    }
}
