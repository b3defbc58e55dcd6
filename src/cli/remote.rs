//! Bases and files on other machines, for `waxwing build --allow-remote`: read through Git and HTTP, and only from
//! hosts that were named. No work tree, no submodule, no redirect to another place.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc, time::Duration};

use super::Failure;
use crate::{
    object::tree::{Entry, Files, Kind},
    source::{Git, GitOptions, GitTree, scrub},
    web,
};

/// Where the repositories stand among the files. Files of this machine at this path are not seen.
const CLONES: &str = "/.remote/";

/// Files of this machine or of a commit, and those of repositories on hosts that are allowed.
pub(super) struct Remotes {
    local: Box<dyn Files>,
    hosts: Vec<String>,
    git: Git,
    runtime: tokio::runtime::Runtime,
    /// Holds what was fetched, and goes away with this.
    _store: tempfile::TempDir,
    clones: RefCell<BTreeMap<String, Arc<GitTree>>>,
    /// What stands for a URL and a revision.
    names: RefCell<BTreeMap<(String, String), String>>,
}

impl Remotes {
    /// Remote sources from these hosts (`HOST`, or `HOST:PORT` for one port only).
    ///
    /// # Errors
    /// The machine gives no threads or no folder.
    pub(super) fn new(local: Box<dyn Files>, hosts: Vec<String>) -> Result<Self, Failure> {
        let failed =
            |error: std::io::Error| Failure::new("failed to prepare remote sources").because(error);
        let store = tempfile::tempdir().map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let git = Git::new(GitOptions {
            store: store.path().to_owned(),
            ..GitOptions::default()
        });
        Ok(Self {
            local,
            hosts,
            git,
            runtime,
            _store: store,
            clones: RefCell::default(),
            names: RefCell::default(),
        })
    }

    fn allow(&self, url: &str) -> Result<(), String> {
        let shown = scrub(url);
        let Some((host, port)) = host_of(url) else {
            return Err(format!(
                "'{shown}' is not read: remote sources are https, http or ssh"
            ));
        };
        let with_port = format!("{host}:{}", port.unwrap_or_default());
        let is_named =
            |own: &String| own.eq_ignore_ascii_case(host) || own.eq_ignore_ascii_case(&with_port);
        if self.hosts.iter().any(is_named) {
            return Ok(());
        }
        Err(format!(
            "'{shown}' is remote, and remote sources of {host} are off"
        ))
    }

    /// The repository that a path lies in, with the path in it.
    fn clone_at(&self, path: &str) -> Option<(Arc<GitTree>, String)> {
        let rest = path.strip_prefix(CLONES)?;
        let (name, inside) = rest.split_once('/').unwrap_or((rest, ""));
        let tree = self.clones.borrow().get(name).cloned()?;
        Some((tree, format!("/{inside}")))
    }
}

/// The end of a URL as part of a path.
fn shown(url: &str) -> String {
    let last = url.trim_end_matches('/').rsplit(['/', ':']).next();
    let plain = |letter: char| {
        let is_plain = letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_');
        if is_plain { letter } else { '-' }
    };
    last.unwrap_or_default().chars().map(plain).collect()
}

/// Host and port of a URL, or of `user@host:path`.
fn host_of(url: &str) -> Option<(&str, Option<&str>)> {
    let rest = ["https://", "http://", "ssh://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    let (authority, is_scp) = match rest {
        Some(rest) => (rest.split(['/', '?']).next()?, false),
        None if url.contains("://") => return None,
        None => (url.split(':').next()?, true),
    };
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if !is_scp => (host, Some(port)),
        _ => (host, None),
    };
    (!host.is_empty() && !host.starts_with('-')).then_some((host, port))
}

impl Files for Remotes {
    fn entry(&self, path: &str) -> Entry {
        match self.clone_at(path) {
            Some((tree, inside)) => tree.entry(&inside),
            None if CLONES.trim_end_matches('/') == path => Entry::Folder,
            None => self.local.entry(path),
        }
    }

    fn kind(&self, path: &str) -> Kind {
        match self.clone_at(path) {
            Some((tree, inside)) => tree.kind(&inside),
            None if CLONES.trim_end_matches('/') == path => Kind::Folder,
            None => self.local.kind(path),
        }
    }

    fn repository(&self, url: &str, revision: &str, timeout: Duration) -> Result<String, String> {
        self.allow(url)?;
        let asked = (url.to_owned(), revision.to_owned());
        if let Some(known) = self.names.borrow().get(&asked) {
            return Ok(format!("{CLONES}{known}"));
        }
        let work = async {
            let commit = self.git.resolve(url, revision).await?;
            self.git.snapshot(url, &commit).await
        };
        let found = self
            .runtime
            .block_on(async { tokio::time::timeout(timeout, work).await });
        let snapshot = match found {
            Ok(found) => found.map_err(|error| error.to_string())?,
            Err(_) => {
                return Err(format!(
                    "hit {}s timeout running fetch of {}",
                    timeout.as_secs(),
                    scrub(url)
                ));
            }
        };
        let mut names = self.names.borrow_mut();
        let name = format!("{}-{}", names.len(), shown(url));
        names.insert(asked, name.clone());
        self.clones.borrow_mut().insert(name.clone(), snapshot.tree);
        Ok(format!("{CLONES}{name}"))
    }

    fn download(&self, url: &str) -> Result<(u16, Arc<[u8]>), String> {
        self.allow(url)?;
        let reply = self.runtime.block_on(web::get_here(url));
        let reply = reply.map_err(|error| format!("'{}': {error}", scrub(url)))?;
        Ok((reply.status, reply.body.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn hosts_are_told_from_paths_users_and_ports() {
        for (url, expected) in [
            (
                "https://me:pw@h.example:8443/a/b",
                Some(("h.example", Some("8443"))),
            ),
            ("http://h.example", Some(("h.example", None))),
            ("git@h.example:a/b", Some(("h.example", None))),
            ("ssh://git@h.example/a", Some(("h.example", None))),
            (
                "https://h.example?x@evil.example/",
                Some(("h.example", None)),
            ),
            (
                "https://good.example@evil.example/a",
                Some(("evil.example", None)),
            ),
            ("file:///etc", None),
            ("ext::sh", Some(("ext", None))),
            ("-x@-h:a", None),
        ] {
            assert_eq!(host_of(url), expected, "{url}");
        }
    }
}
