//! Formats of texts that a structural schema may ask for
//! (`pkg/apiserver/validation/formats.go` of apiextensions; others are ignored).

use std::net::{Ipv4Addr, Ipv6Addr};

use base64::{Engine, engine::general_purpose::STANDARD};

const TEXT_FORMATS: [&str; 25] = [
    "bsonobjectid",
    "uri",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "cidr",
    "mac",
    "uuid",
    "uuid3",
    "uuid4",
    "uuid5",
    "isbn",
    "isbn10",
    "isbn13",
    "creditcard",
    "ssn",
    "hexcolor",
    "rgbcolor",
    "byte",
    "password",
    "date",
    "duration",
    "datetime",
    "k8sshortname",
];

/// The format as it counts for a type: empty when it is not known for it.
pub(super) fn known<'a>(kind: &str, format: &'a str) -> &'a str {
    let plain = format.replace('-', "");
    let counts = match kind {
        "" | "string" => TEXT_FORMATS.contains(&plain.as_str()) || plain == "k8slongname",
        "integer" => matches!(format, "int32" | "int64"),
        "number" => matches!(format, "float" | "double"),
        _ => false,
    };
    if counts { format } else { "" }
}

/// Whether a text is of a format; formats that nobody in Kubernetes uses hold for all.
pub(super) fn holds(format: &str, text: &str) -> bool {
    match format.replace('-', "").as_str() {
        "uri" => is_uri(text),
        "email" => is_email(text),
        "hostname" => is_hostname(text),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => is_cidr(text),
        "mac" => is_mac(text),
        "uuid" => is_uuid(text, None),
        "uuid3" => is_uuid(text, Some('3')),
        "uuid4" => is_uuid(text, Some('4')),
        "uuid5" => is_uuid(text, Some('5')),
        "hexcolor" => {
            let digits = text.strip_prefix('#').unwrap_or(text);
            matches!(digits.len(), 3 | 6) && digits.chars().all(|c| c.is_ascii_hexdigit())
        }
        "bsonobjectid" => text.len() == 24 && text.chars().all(|c| c.is_ascii_hexdigit()),
        "byte" => STANDARD.decode(text).is_ok(),
        "date" => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
        "datetime" => is_date_time(text),
        "duration" => is_duration(text),
        "k8sshortname" => text.len() <= 63 && is_label(text),
        "k8slongname" => text.len() <= 253 && text.split('.').all(is_label),
        _ => true,
    }
}

fn is_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// An absolute URI, or a path, as Go's `url.ParseRequestURI` takes it.
fn is_uri(text: &str) -> bool {
    if text.is_empty() || text.chars().any(|c| c.is_ascii_control() || c == ' ') {
        return false;
    }
    if text.starts_with('/') {
        return true;
    }
    text.split_once(':').is_some_and(|(scheme, rest)| {
        let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(inner)
            && (rest.starts_with('/') || !rest.is_empty())
    })
}

fn is_email(text: &str) -> bool {
    // A display name may stand before the address in angle brackets.
    let address = match text.rsplit_once('<') {
        Some((_, address)) => address.strip_suffix('>').unwrap_or_default(),
        None => text,
    };
    address.rsplit_once('@').is_some_and(|(local, domain)| {
        let space = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',');
        !local.is_empty() && !domain.is_empty() && !local.contains(space) && !domain.contains(space)
    })
}

fn is_hostname(text: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric();
    !text.is_empty()
        && text.len() <= 255
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.chars().all(|c| letter(c) || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
        && match text.rsplit_once('.') {
            Some((_, last)) => last.chars().count() >= 2 && last.chars().all(char::is_alphabetic),
            None => true,
        }
}

fn is_cidr(text: &str) -> bool {
    text.split_once('/').is_some_and(|(address, bits)| {
        let most = match (address.parse::<Ipv4Addr>(), address.parse::<Ipv6Addr>()) {
            (Ok(_), _) => 32,
            (_, Ok(_)) => 128,
            _ => return false,
        };
        bits.chars().all(|c| c.is_ascii_digit())
            && bits.parse::<u8>().is_ok_and(|bits| bits <= most)
    })
}

fn is_mac(text: &str) -> bool {
    let (separator, digits) = if text.contains('.') {
        ('.', 4)
    } else if text.contains('-') {
        ('-', 2)
    } else {
        (':', 2)
    };
    let parts: Vec<&str> = text.split(separator).collect();
    matches!(parts.len() * digits, 12 | 16 | 40)
        && parts
            .iter()
            .all(|part| part.len() == digits && part.chars().all(|c| c.is_ascii_hexdigit()))
}

fn is_uuid(text: &str, version: Option<char>) -> bool {
    let plain: Vec<char> = text.chars().filter(|c| *c != '-').collect();
    let dashes = || {
        text.match_indices('-')
            .all(|(at, _)| matches!(at, 8..=12 | 13 | 17..=23))
            && !text.contains("--")
    };
    plain.len() == 32
        && plain.iter().all(char::is_ascii_hexdigit)
        && dashes()
        && version.is_none_or(|version| plain.get(12) == Some(&version))
        && (!matches!(version, Some('4' | '5'))
            || plain
                .get(16)
                .is_some_and(|c| matches!(c.to_ascii_lowercase(), '8' | '9' | 'a' | 'b')))
}

fn is_date_time(text: &str) -> bool {
    // RFC 3339 with upper or lower case T and Z, fractions of any length.
    let bytes = text.as_bytes();
    bytes.get(10).is_some_and(|c| c.eq_ignore_ascii_case(&b't'))
        && text.parse::<jiff::Timestamp>().is_ok()
}

/// A Go duration such as `1h30m`, or a number with a unit word such as `22 ns`.
fn is_duration(text: &str) -> bool {
    const UNITS: [&str; 24] = [
        "ns", "nano", "nanos", "us", "µs", "micro", "micros", "ms", "milli", "millis", "s", "sec",
        "secs", "m", "min", "mins", "h", "hr", "hour", "hours", "d", "day", "days", "w",
    ];
    let mut rest = text.trim_start_matches(['+', '-']);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let number = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        if number.len() == rest.len() {
            return false;
        }
        let number = number.trim_start();
        let end = number
            .find(|c: char| c.is_ascii_digit() || c == ' ')
            .unwrap_or(number.len());
        let (unit, after) = number.split_at(end);
        if !UNITS.contains(&unit) {
            return false;
        }
        rest = after.trim_start();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_hold_or_do_not() {
        for (format, good, bad) in [
            ("date-time", "2026-01-02T03:04:05.678Z", "2026-01-02"),
            (
                "date-time",
                "2026-01-02T03:04:05+01:00",
                "2026-13-02T03:04:05Z",
            ),
            ("date", "2026-01-02", "2026-1-2"),
            ("ipv4", "10.0.0.1", "10.0.0.256"),
            ("ipv6", "::1", "10.0.0.1"),
            ("cidr", "10.0.0.0/8", "10.0.0.0/33"),
            ("mac", "01:23:45:67:89:ab", "01:23:45:67:89"),
            (
                "uuid",
                "3b241101-e2bb-4255-8caf-4136c566a962",
                "3b241101-e2bb",
            ),
            (
                "uuid4",
                "3b241101-e2bb-4255-8caf-4136c566a962",
                "3b241101-e2bb-3255-8caf-4136c566a962",
            ),
            ("hostname", "a-b.example.org", "-a.example.org"),
            ("email", "a@example.org", "a.example.org"),
            ("uri", "https://example.org/a", "a b"),
            ("byte", "YWJj", "YWJ"),
            ("duration", "1h30m", "1x"),
            ("duration", "22 ns", ""),
            ("hexcolor", "#ffffff", "#ffff"),
        ] {
            assert!(holds(format, good), "{format} {good}");
            assert!(!holds(format, bad), "{format} {bad}");
        }
        assert_eq!(known("string", "date-time"), "date-time");
        assert_eq!(known("string", "fancy"), "");
        assert_eq!(known("integer", "date"), "");
    }
}
