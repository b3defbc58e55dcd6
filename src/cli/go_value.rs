//! Values of flags as Go's flag library reads them, for the faces that take over a Go program's command line.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};

/// A duration such as `720h` or `1h30m`; `0` needs no unit.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn duration(text: &str) -> Result<SignedDuration, String> {
    if text == "0" {
        return Ok(SignedDuration::ZERO);
    }
    let is_go = text
        .chars()
        .all(|letter| letter.is_ascii_digit() || ".-+hmnsuµ".contains(letter));
    match text.parse() {
        Ok(duration) if is_go => Ok(duration),
        _ => Err(format!(
            "time: invalid duration {text:?}, such as 720h or 1h30m"
        )),
    }
}

/// A duration that is not negative.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn positive_duration(text: &str) -> Result<SignedDuration, String> {
    let duration = duration(text)?;
    if duration.is_negative() {
        return Err("must not be negative".to_owned());
    }
    Ok(duration)
}

/// A truth value in Go's spellings.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

/// Pairs such as `a=b,c=d`.
///
/// # Errors
/// A sentence that names the entry without `=`.
pub fn pairs(text: &str) -> Result<BTreeMap<String, String>, String> {
    text.split(',')
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(format!("{pair:?} is not of the form name=value")),
        })
        .collect()
}

/// An instant as `date -R` prints it; empty for none.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn instant(text: &str) -> Result<Option<Timestamp>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .map(Some)
        .map_err(|_| "must be a time as `date -R` prints it".to_owned())
}

/// Where to listen, such as `:8080` or `127.0.0.1:8080`: host, empty for all, and port.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn address(text: &str) -> Result<(String, u16), String> {
    let wrong = || format!("{text:?} is not of the form host:port");
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    let port = port.parse().map_err(|_| wrong())?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok((host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_go_s() {
        for (text, seconds) in [
            ("720h", 2_592_000),
            ("1h30m", 5400),
            ("0", 0),
            ("2m0s", 120),
        ] {
            assert_eq!(
                duration(text),
                Ok(SignedDuration::from_secs(seconds)),
                "{text}"
            );
        }
        for text in ["", "30d", "1", "PT1H", "1 hour"] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert!(positive_duration("-1h").is_err());
    }

    #[test]
    fn instants_are_those_of_date() {
        let at = instant("Mon, 02 Jan 2006 15:04:05 -0700").unwrap().unwrap();
        assert_eq!(at.to_string(), "2006-01-02T22:04:05Z");
        assert_eq!(instant(""), Ok(None));
        assert!(instant("2006-01-02").is_err());
    }

    #[test]
    fn pairs_and_addresses() {
        let expected = [("a", "b"), ("c", "d=e")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(pairs("a=b,c=d=e,"), Ok(expected.into()));
        assert!(pairs("a").is_err() && pairs("=a").is_err());
        assert_eq!(address(":8080"), Ok((String::new(), 8080)));
        assert_eq!(address("[::1]:1"), Ok(("::1".to_owned(), 1)));
        assert!(address("8080").is_err() && address("a:b").is_err());
    }

    #[test]
    fn truth_is_spelt_as_in_go() {
        assert_eq!(boolean("T"), Ok(true));
        assert_eq!(boolean("0"), Ok(false));
        assert!(boolean("yes").is_err());
    }
}
