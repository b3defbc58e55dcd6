//! The rules of names, label keys and label values, in the words of apimachinery
//! (`pkg/api/validate/content`). Each function gives what is wrong; nothing wrong is an empty list.

/// The longest DNS label.
pub const MAX_DNS_LABEL: usize = 63;
/// The longest DNS subdomain, and so the longest name of most objects.
pub const MAX_DNS_SUBDOMAIN: usize = 253;
/// The longest label value.
pub const MAX_LABEL_VALUE: usize = 63;
/// The longest label key, not counting its prefix.
pub const MAX_LABEL_KEY: usize = 63;

const DNS_LABEL_FORM: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS_SUBDOMAIN_FORM: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const LABEL_KEY_FORM: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE_FORM: &str = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";

/// What is wrong with a DNS label (RFC 1123), such as the name of a Service or a Namespace.
pub fn dns_label_errors(text: &str) -> Vec<String> {
    let mut errors = too_long(text, MAX_DNS_LABEL);
    if !is_dns_label(text) {
        errors.push(if is_dns_subdomain(text) {
            "must not contain dots".to_owned()
        } else {
            form_error(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \
                 '-', and must start and end with an alphanumeric character",
                &["my-name", "123-abc"],
                DNS_LABEL_FORM,
            )
        });
    }
    errors
}

/// What is wrong with a DNS subdomain (RFC 1123), such as the name of most objects.
pub fn dns_subdomain_errors(text: &str) -> Vec<String> {
    let mut errors = too_long(text, MAX_DNS_SUBDOMAIN);
    if !is_dns_subdomain(text) {
        errors.push(form_error(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \
             '-' or '.', and must start and end with an alphanumeric character",
            &["example.com"],
            DNS_SUBDOMAIN_FORM,
        ));
    }
    errors
}

/// What is wrong with a label key, which is the form of annotation keys and finalizers too.
pub fn label_key_errors(text: &str) -> Vec<String> {
    const WORDS: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start \
                         and end with an alphanumeric character";
    const EXAMPLES: &[&str] = &["MyName", "my.name", "123-abc"];
    let mut errors = Vec::new();
    let name = match text.split_once('/') {
        None => text,
        Some((_, name)) if name.contains('/') => {
            let form = form_error(WORDS, EXAMPLES, LABEL_KEY_FORM);
            return vec![format!(
                "a valid label key {form} with an optional DNS subdomain prefix and '/' (e.g. \
                 'example.com/MyName')"
            )];
        }
        Some((prefix, name)) => {
            let wrong = if prefix.is_empty() {
                vec!["must be non-empty".to_owned()]
            } else {
                dns_subdomain_errors(prefix)
            };
            errors.extend(
                wrong
                    .into_iter()
                    .map(|error| format!("prefix part {error}")),
            );
            name
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".to_owned());
    }
    errors.extend(
        too_long(name, MAX_LABEL_KEY)
            .into_iter()
            .map(|error| format!("name part {error}")),
    );
    if !is_label_word(name) {
        let form = form_error(WORDS, EXAMPLES, LABEL_KEY_FORM);
        errors.push(format!("name part {form}"));
    }
    errors
}

/// What is wrong with a label value.
pub fn label_value_errors(text: &str) -> Vec<String> {
    let mut errors = too_long(text, MAX_LABEL_VALUE);
    if !text.is_empty() && !is_label_word(text) {
        errors.push(form_error(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' \
             or '.', and must start and end with an alphanumeric character",
            &["MyValue", "my_value", "12345"],
            LABEL_VALUE_FORM,
        ));
    }
    errors
}

fn too_long(text: &str, limit: usize) -> Vec<String> {
    if text.len() > limit {
        vec![format!("must be no more than {limit} bytes")]
    } else {
        Vec::new()
    }
}

/// The form of the message is upstream's, stray comma included.
fn form_error(words: &str, examples: &[&str], form: &str) -> String {
    let examples: Vec<String> = examples.iter().map(|text| format!("'{text}', ")).collect();
    format!(
        "{words} (e.g. {}regex used for validation is '{form}')",
        examples.join(" or ")
    )
}

fn is_dns_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    is_word(text, inner, |byte| inner(byte) || byte == b'-')
}

fn is_dns_subdomain(text: &str) -> bool {
    text.split('.').all(is_dns_label)
}

fn is_label_word(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric();
    is_word(text, inner, |byte| inner(byte) || b"-_.".contains(&byte))
}

fn is_word(text: &str, ends: impl Fn(u8) -> bool, all: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(&first), Some(&last)) => {
            ends(first) && ends(last) && bytes.iter().all(|&byte| all(byte))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong() {
        let long = "a".repeat(64);
        for (errors, expected) in [
            (dns_label_errors("my-name"), vec![]),
            (dns_label_errors("a.b"), vec!["must not contain dots"]),
            (
                dns_label_errors("-a"),
                vec![
                    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
                ],
            ),
            (
                dns_label_errors(&long),
                vec!["must be no more than 63 bytes"],
            ),
            (dns_subdomain_errors("a.b-c.0"), vec![]),
            (
                dns_subdomain_errors("a..b"),
                vec![
                    r"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
                ],
            ),
            (label_key_errors("app.kubernetes.io/name"), vec![]),
            (
                label_key_errors("/a"),
                vec!["prefix part must be non-empty"],
            ),
            (
                label_key_errors("a/b/c"),
                vec![
                    "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                ],
            ),
            (
                label_key_errors(&long),
                vec!["name part must be no more than 63 bytes"],
            ),
            (label_value_errors(""), vec![]),
            (
                label_value_errors("a b"),
                vec![
                    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
                ],
            ),
        ] {
            assert_eq!(errors, expected);
        }
        assert_eq!(label_key_errors("").len(), 2);
    }
}
