//! Where the certificate comes from: a file, a URL, or the controller.

use super::{
    failure::Failure,
    files::{MAX_KEY_BYTES, read_file},
    network,
    options::Options,
};
use crate::{clock::Clock, seal::Certificate, secret::without_password};

/// The certificate as it was given, unread.
///
/// # Errors
/// [`Failure`] when the file, the URL or the controller does not give it.
pub fn fetch(options: &Options) -> Result<Vec<u8>, Failure> {
    if options.cert.is_empty() {
        return network::controller_certificate(options);
    }
    match scheme(&options.cert).map(str::to_lowercase).as_deref() {
        None => read_file(&options.cert, MAX_KEY_BYTES),
        Some("http" | "https") => network::download(&options.cert),
        Some("file") => read_file(file_path(&options.cert), MAX_KEY_BYTES)
            .map_err(|_| Failure(format!("cannot fetch {:?}: 404 Not Found", options.cert))),
        Some(other) => Err(Failure(format!(
            "Get {:?}: unsupported protocol scheme {other:?}",
            without_password(&options.cert)
        ))),
    }
}

/// The certificate to seal for, judged by today's date.
///
/// # Errors
/// As [`fetch`], and when there is no usable certificate in it.
pub fn certificate(options: &Options) -> Result<Certificate, Failure> {
    let pem = fetch(options)?;
    Ok(Certificate::from_pem(&pem)?.usable_at(Clock::wall().now())?)
}

/// The URL scheme of a text, if it has one; a single letter is a Windows drive, so the text is a path.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let mut letters = scheme.chars();
    let is_scheme = letters.next()?.is_ascii_alphabetic()
        && letters.all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter));
    (is_scheme && scheme.len() > 1).then_some(scheme)
}

/// The path of a `file:` URL, as Go's file transport takes it: the host is left out.
fn file_path(url: &str) -> &str {
    let rest = url.split_once(':').map_or(url, |(_, rest)| rest);
    match rest.strip_prefix("//") {
        Some(after) => after
            .find('/')
            .and_then(|at| after.get(at..))
            .unwrap_or("/"),
        None => rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_from_a_url() {
        for (text, wanted) in [
            ("cert.pem", None),
            ("/a/cert.pem", None),
            ("c:\\cert.pem", None),
            ("./a:b", None),
            ("https://x/cert.pem", Some("https")),
            ("file:///x", Some("file")),
        ] {
            assert_eq!(scheme(text), wanted, "{text}");
        }
        assert_eq!(file_path("file:///a/b"), "/a/b");
        assert_eq!(file_path("file://host/a"), "/a");
        assert_eq!(file_path("file:/a"), "/a");
    }
}
