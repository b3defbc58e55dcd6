//! URLs of repositories, with the folder and the revision in them (kustomize's `internal/git/repospec.go`).

use std::time::Duration;

/// How long a fetch may take where the URL says nothing.
const TIMEOUT: Duration = Duration::from_secs(27);
/// The longest that a URL may ask for.
const MAX_TIMEOUT: Duration = Duration::from_secs(600);
/// The parts of a path that name a repository where nothing marks its end: owner and name.
const PARTS: usize = 2;
const SCHEMES: &[&str] = &["ssh://", "https://", "http://", "file://"];
/// What go-getter's URLs begin with, which kustomize takes off with a warning.
const FORCED: &str = "git::";

/// A folder in a repository on another machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remote {
    /// What the repository is fetched from.
    pub(super) url: String,
    /// The folder in it; empty for all of it.
    pub(super) folder: String,
    /// The branch, tag or commit; empty for the default branch.
    pub(super) revision: String,
    /// How long the fetch may take.
    pub(super) timeout: Duration,
    /// Whether a warning is due.
    pub(super) is_forced: bool,
}

/// The warning for URLs that begin with `git::`.
pub(super) const FORCED_NOTE: &str = "Warning: Forcing the git protocol using the 'git::' URL prefix is not supported. Kustomize currently strips this invalid prefix, but will stop doing so in a future release. Please remove the 'git::' prefix from your configuration.";

/// Whether a path names a file on another machine.
pub(super) fn is_file(path: &str) -> bool {
    path.starts_with("http://") || path.starts_with("https://")
}

/// Reads a URL; nothing where the text names no repository.
pub(super) fn read(text: &str) -> Option<Remote> {
    if text.starts_with('/') {
        return None;
    }
    let (rest, query) = text.split_once('?').unwrap_or((text, ""));
    let unforced = without(rest, FORCED);
    let is_forced = unforced.is_some();
    let (host, path) = host(unforced.unwrap_or(rest))?;
    let (repository, folder) = parts(path, host.starts_with("file://"))?;
    let folder = folder.trim_start_matches('/');
    let leaves = cleaned_start(folder) == Some("..");
    if repository.is_empty() || leaves {
        return None;
    }
    let query = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(own, value)| *own == name && !value.is_empty())
            .map(|(_, value)| value)
    };
    let revision = query("ref").or_else(|| query("version")).map(unescaped);
    Some(Remote {
        url: format!("{host}{repository}"),
        folder: folder.to_owned(),
        revision: revision.unwrap_or_default(),
        timeout: query("timeout")
            .and_then(duration)
            .unwrap_or(TIMEOUT)
            .min(MAX_TIMEOUT),
        is_forced,
    })
}

/// The first part of a path once it is cleaned.
fn cleaned_start(path: &str) -> Option<&str> {
    let mut words: Vec<&str> = Vec::new();
    for word in path.split('/') {
        match word {
            "" | "." => {}
            ".." if words.last().is_some_and(|last| *last != "..") => {
                words.pop();
            }
            word => words.push(word),
        }
    }
    words.first().copied()
}

/// A text without its beginning, in any letter case.
fn without<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let own = text.get(..start.len())?;
    own.eq_ignore_ascii_case(start)
        .then(|| text.get(start.len()..))?
}

/// Scheme, user and host with what ends them; and the rest.
fn host(text: &str) -> Option<(String, &str)> {
    let found = SCHEMES
        .iter()
        .find_map(|scheme| without(text, scheme).map(|rest| (*scheme, rest)));
    let (scheme, after) = found.unwrap_or(("", text));
    let user = after.split_once('@').map(|(user, _)| user).filter(|user| {
        user.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && user
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    let rest = after.get(user.len()..)?;
    let is_github = ["github.com/", "github.com:"]
        .iter()
        .any(|start| without(rest, start).is_some());
    let is_scp = scheme.is_empty() && (!user.is_empty() || is_github);
    if scheme.is_empty() && !is_scp {
        return None;
    }
    if scheme == "file://" {
        return Some((scheme.to_owned(), after));
    }
    let slash = rest.find('/');
    let colon = rest.find(':').filter(|at| is_scp && *at > 0);
    let end = match (slash, colon) {
        (Some(slash), Some(colon)) => Some(slash.min(colon)),
        (slash, colon) => slash.or(colon),
    };
    let (host, path) = match end {
        Some(end) => (rest.get(..=end)?, rest.get(end + 1..)?),
        None => (rest, ""),
    };
    if is_github {
        let whole = if scheme == "ssh://" || !user.is_empty() {
            format!("{user}github.com:")
        } else {
            "https://github.com/".to_owned()
        };
        return Some((whole, path));
    }
    (!host.is_empty()).then(|| (format!("{scheme}{user}{host}"), path))
}

/// The repository and the folder in it.
fn parts(path: &str, takes_all: bool) -> Option<(&str, &str)> {
    const AZURE: &str = "_git/";
    const ENDING: &str = ".git";
    if let Some(at) = path.find(AZURE) {
        let start = at + AZURE.len();
        let end = path
            .get(start..)?
            .find('/')
            .map_or(path.len(), |end| start + end);
        return Some((path.get(..end)?, path.get(end..)?));
    }
    if let Some((repository, folder)) = path.split_once("//") {
        return Some((repository, folder));
    }
    if let Some(at) = path.find(ENDING) {
        return Some(path.split_at(at + ENDING.len()));
    }
    if takes_all {
        return Some((path, ""));
    }
    let mut slashes = path.match_indices('/').map(|(at, _)| at);
    let first = slashes.next()?;
    // Both parts are needed; a folder may follow.
    match slashes.nth(PARTS - 2) {
        Some(end) => Some((path.get(..end)?, path.get(end + 1..)?)),
        None if first < path.len() => Some((path, "")),
        None => None,
    }
}

/// Seconds, or a duration as Go writes it.
fn duration(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<u64>() {
        return (seconds > 0).then(|| Duration::from_secs(seconds));
    }
    let mut rest = text;
    let mut whole = Duration::ZERO;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, after) = rest.split_at(end);
        let unit_end = after
            .find(|letter: char| letter.is_ascii_digit() || letter == '.')
            .unwrap_or(after.len());
        let (unit, next) = after.split_at(unit_end);
        let seconds = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            _ => return None,
        };
        whole += Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
        rest = next;
    }
    (whole > Duration::ZERO).then_some(whole)
}

/// A value of a query, without its escapes.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| {
                let digits = std::str::from_utf8(digits).ok()?;
                u8::from_str_radix(digits, 16).ok()
            });
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_come_apart_as_kustomize_takes_them() {
        for (text, url, folder, revision) in [
            (
                "https://github.com/org/repo",
                "https://github.com/org/repo",
                "",
                "",
            ),
            (
                "github.com/org/repo/a/b?ref=v1",
                "https://github.com/org/repo",
                "a/b",
                "v1",
            ),
            (
                "git@github.com:org/repo.git",
                "git@github.com:org/repo.git",
                "",
                "",
            ),
            ("git@github.com/org/repo", "git@github.com:org/repo", "", ""),
            (
                "ssh://git@github.com/org/repo//x",
                "git@github.com:org/repo",
                "x",
                "",
            ),
            (
                "https://h.example:8443/a/b/c.git/x?version=v2",
                "https://h.example:8443/a/b/c.git",
                "/x",
                "v2",
            ),
            (
                "https://h.example/a/b/c/d//x/y?ref=a%2Fb",
                "https://h.example/a/b/c/d",
                "x/y",
                "a/b",
            ),
            (
                "https://dev.azure.com/o/p/_git/r/x",
                "https://dev.azure.com/o/p/_git/r",
                "x",
                "",
            ),
            (
                "git::https://h.example/a/b",
                "https://h.example/a/b",
                "",
                "",
            ),
            ("git@h.example:a/b.git//x", "git@h.example:a/b.git", "x", ""),
            ("file:///srv/a/b", "file:///srv/a/b", "", ""),
            ("HTTPS://h.example/a/b", "https://h.example/a/b", "", ""),
        ] {
            let found = read(text).unwrap_or_else(|| panic!("{text}"));
            let folder = folder.trim_start_matches('/');
            assert_eq!(
                (
                    found.url.as_str(),
                    found.folder.as_str(),
                    found.revision.as_str()
                ),
                (url, folder, revision),
                "{text}"
            );
        }
        for text in [
            "../base",
            "base",
            "/abs/x",
            "a.yaml",
            "https://h.example/a",
            "https://h.example",
            "https://h.example/a/b//../x",
            "",
            "user/repo",
            "git@",
            "C:/x",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn timeouts_are_seconds_or_durations() {
        for (text, seconds) in [
            ("61", 61.0),
            ("1m1s", 61.0),
            ("1.5s", 1.5),
            ("0", 27.0),
            ("x", 27.0),
            ("99h", 600.0),
        ] {
            let found = read(&format!("https://h.example/a/b?timeout={text}")).unwrap();
            assert_eq!(found.timeout, Duration::from_secs_f64(seconds), "{text}");
        }
    }
}
