//! URLs of repositories: which are read, how they are mapped, compared, and shown without credentials.

/// Why a URL is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not a scheme that is read.
    #[error("repository URL {0} must begin with https://, http://, ssh:// or be user@host:path")]
    Scheme(String),
    /// Something that a program could take for a flag.
    #[error("repository URL {0} has a part that begins with '-'")]
    Flag(String),
}

/// `URL=PATH`: a repository that is read from somewhere else, as git's `insteadOf` does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The beginning of URLs that are mapped.
    pub from: String,
    /// What stands there instead: a folder of this machine or another URL.
    pub to: String,
}

/// Where a repository is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A folder of this machine, opened as it is.
    Folder(String),
    /// A server, fetched from.
    Remote(String),
}

impl Mapping {
    /// Reads `URL=PATH`; the last `=` that stands before a path parts them.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('=')?;
        (!from.is_empty() && !to.is_empty()).then(|| Self {
            from: from.to_owned(),
            to: to.to_owned(),
        })
    }
}

/// Where a URL is read from. Folders of this machine are read only where the operator maps to them, for an
/// Application is written by strangers.
pub(super) fn place(url: &str, mappings: &[Mapping]) -> Result<Place, UrlError> {
    let longest = mappings
        .iter()
        .filter(|mapping| url.starts_with(&mapping.from) || is_same(url, &mapping.from))
        .max_by_key(|mapping| mapping.from.len());
    let Some(mapping) = longest else {
        return remote(url);
    };
    let rest = url.strip_prefix(&mapping.from).unwrap_or_default();
    let mapped = format!("{}{rest}", mapping.to);
    if let Some(folder) = mapped.strip_prefix("file://") {
        return Ok(Place::Folder(folder.to_owned()));
    }
    if mapped.contains("://") {
        return remote(&mapped);
    }
    Ok(Place::Folder(mapped))
}

fn remote(url: &str) -> Result<Place, UrlError> {
    let shown = || scrub(url);
    let rest = ["https://", "http://", "ssh://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    let rest = match rest {
        Some(rest) => rest,
        None => match url.split_once(':') {
            Some((host, path))
                if host.contains('@') && !host.contains('/') && !path.starts_with("//") =>
            {
                url
            }
            _ => return Err(UrlError::Scheme(shown())),
        },
    };
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let path = rest.split_once([':', '/']).map_or("", |(_, path)| path);
    if rest.starts_with('-')
        || host.starts_with('-')
        || path.trim_start_matches('/').starts_with('-')
    {
        return Err(UrlError::Flag(shown()));
    }
    Ok(Place::Remote(url.to_owned()))
}

/// Whether two URLs name the same repository: letter case, scheme, user, port and `.git` do not count.
pub fn is_same(one: &str, other: &str) -> bool {
    normal(one) == normal(other)
}

fn normal(url: &str) -> String {
    let url = url.trim().to_lowercase();
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let (host, path) = match rest.split_once(['/', ':']) {
        Some((host, path)) => (host, path),
        None => (rest, ""),
    };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    // A port is digits between the host and the path.
    let path = match path.split_once('/') {
        Some((port, path)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => path,
        _ => path,
    };
    let path = path.trim_end_matches('/');
    format!("{host}/{}", path.strip_suffix(".git").unwrap_or(path))
}

/// A text without the user part of any URL in it.
pub fn scrub(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        shown.push_str(before);
        let end = after
            .find(|letter: char| "/ \"'`<>\n".contains(letter))
            .unwrap_or(after.len());
        let (authority, following) = after.split_at(end);
        shown.push_str(
            authority
                .rsplit_once('@')
                .map_or(authority, |(_, host)| host),
        );
        rest = following;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_schemes_are_read_and_folders_by_mapping_only() {
        for (url, is_read) in [
            ("https://git.example.com/a.git", true),
            ("ssh://git@git.example.com/a.git", true),
            ("git@git.example.com:a/b.git", true),
            ("file:///etc", false),
            ("/etc", false),
            ("../x", false),
            ("ext::sh -c x", false),
            ("git://host/a", false),
            ("ssh://-oProxyCommand=x/a", false),
            ("ssh://git@-oProxyCommand=x/a", false),
            ("https://host/-a", false),
        ] {
            assert_eq!(place(url, &[]).is_ok(), is_read, "{url}");
        }
        let mappings = [Mapping::parse("https://git.example.com/=/srv/git/").unwrap()];
        assert_eq!(
            place("https://git.example.com/a.git", &mappings),
            Ok(Place::Folder("/srv/git/a.git".to_owned()))
        );
        let whole = [Mapping::parse("https://h/a.git=file:///srv/a").unwrap()];
        assert_eq!(
            place("https://h/a.git", &whole),
            Ok(Place::Folder("/srv/a".to_owned()))
        );
    }

    #[test]
    fn credentials_are_not_shown() {
        for (text, shown) in [
            ("https://me:pw@host/a.git", "https://host/a.git"),
            (
                "bad 'https://tok@en@h:8/x' and ssh://u@h",
                "bad 'https://h:8/x' and ssh://h",
            ),
            ("plain a@b text", "plain a@b text"),
        ] {
            assert_eq!(scrub(text), shown);
        }
    }

    #[test]
    fn the_same_repository_has_many_urls() {
        let one = "https://github.com/Example/App.git";
        for other in [
            "https://github.com/example/app",
            "http://me@github.com/example/app/",
            "ssh://git@github.com:22/example/app.git",
            "git@github.com:example/app.git",
        ] {
            assert!(is_same(one, other), "{other}");
        }
        assert!(!is_same(one, "https://github.com/example/app2"));
    }
}
