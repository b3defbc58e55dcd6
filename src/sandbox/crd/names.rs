//! Names of groups, versions and kinds (`k8s.io/apimachinery/pkg/util/validation`).

/// The most characters of a label.
const MAX_LABEL: usize = 63;
/// The most characters of a subdomain.
const MAX_SUBDOMAIN: usize = 253;

/// What is wrong with a text as an RFC 1035 label.
pub(super) fn label_1035(text: &str) -> Option<String> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fits = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(inner)
        && !text.ends_with('-');
    joined(
        text.len() > MAX_LABEL,
        MAX_LABEL,
        fits,
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
         alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or \
         'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    )
}

/// What is wrong with a text as an RFC 1123 subdomain.
pub(super) fn subdomain(text: &str) -> Option<String> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fits = text.split('.').all(|label| {
        !label.is_empty()
            && label.chars().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    });
    joined(
        text.len() > MAX_SUBDOMAIN,
        MAX_SUBDOMAIN,
        fits,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
         '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used \
         for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    )
}

fn joined(long: bool, limit: usize, fits: bool, rule: &str) -> Option<String> {
    let long = long.then(|| format!("must be no more than {limit} bytes"));
    let rule = (!fits).then(|| rule.to_owned());
    let all: Vec<String> = long.into_iter().chain(rule).collect();
    (!all.is_empty()).then(|| all.join(","))
}
