//! Values that must never be shown: the type keeps them out of logs, not the reviewer.

use std::fmt;

use zeroize::Zeroize;

/// Holds a secret value: no `Display`, no `Serialize`, `Debug` prints `[hidden]`, wiped on drop.
///
/// The value is opened by [`Hidden::expose`] only, so that every reading place can be found by name.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Hidden<T: Zeroize>(T);

impl<T: Zeroize> Hidden<T> {
    /// Takes a value into hiding.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Shows the value to the code that really needs it.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// Shows the value for changing it in place, so that no copy is left behind.
    pub fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Zeroize> From<T> for Hidden<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Zeroize> fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl<T: Zeroize> Drop for Hidden<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A URL with its password, if it has one, made unreadable, as Go's `url.Error` shows it.
///
/// Works on any text that begins as a URL, valid or not: it is for errors.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((name, _)) => format!("{scheme}://{name}:***@{host}{path}"),
            None => url.to_owned(),
        },
        None => url.to_owned(),
    }
}

/// What every masked place prints instead of the value.
pub const MASK: &str = "[hidden]";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_value() {
        let hidden = Hidden::new(String::from("planted"));
        assert_eq!(format!("{hidden:?}"), MASK);
        assert_eq!(format!("{:?}", Some(&hidden)), "Some([hidden])");
        assert_eq!(hidden.expose(), "planted");
    }

    #[test]
    fn the_password_of_a_url_is_not_shown() {
        for (url, shown) in [
            ("http://u:planted@h:1/x@y", "http://u:***@h:1/x@y"),
            ("https://u:a@b@h", "https://u:***@h"),
            ("https://u@h/x", "https://u@h/x"),
            ("https://h/x?a=b:c@d", "https://h/x?a=b:c@d"),
            ("cert.pem", "cert.pem"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
