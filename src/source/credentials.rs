//! What a repository is asked with: a name and password, a token, or a key for ssh. Never shown, and never sent to
//! another server than the one that they are for.

use std::io::Write;

use tempfile::NamedTempFile;

use super::url::is_same;
use crate::{api::base64, secret::Hidden};

/// What one repository is asked with.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// The name of the user.
    pub username: String,
    /// The password, or a token in its place.
    pub password: Option<Hidden<String>>,
    /// A token of its own.
    pub bearer_token: Option<Hidden<String>>,
    /// A private key for ssh, as ssh reads it.
    pub ssh_key: Option<Hidden<String>>,
    /// Which hosts ssh trusts.
    pub host_keys: HostKeys,
}

/// Which hosts ssh trusts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HostKeys {
    /// Those that ssh itself knows.
    #[default]
    Own,
    /// These lines of `known_hosts`.
    Known(String),
    /// All (`insecureIgnoreHostKey`).
    Any,
}

/// Settings for the fetch, and the files that they name.
type Settings = (Vec<String>, Vec<NamedTempFile>);

impl Credentials {
    /// The settings that make Git use them for an address.
    ///
    /// # Errors
    /// Why they cannot be used, without any of them.
    pub(super) fn settings(
        &self,
        address: &str,
        ssh_command: Option<&str>,
    ) -> Result<Settings, String> {
        if is_http(address) {
            let Some(header) = self.header()? else {
                return Ok(Settings::default());
            };
            if !address.starts_with("https://") && !is_loopback(address) {
                return Err("credentials are not sent in clear text over http".to_owned());
            }
            return Ok((vec![format!("http.extraHeader={header}")], Vec::new()));
        }
        let mut files = Vec::new();
        let mut words = vec![ssh_command.unwrap_or("ssh").to_owned()];
        if let Some(key) = &self.ssh_key {
            let mut text = Hidden::new(key.expose().clone());
            if !text.expose().ends_with('\n') {
                text.expose_mut().push('\n');
            }
            let file = kept(text.expose())?;
            words.push(format!("-i {}", file.path().display()));
            words.push("-o IdentitiesOnly=yes".to_owned());
            files.push(file);
        }
        match &self.host_keys {
            HostKeys::Own => {}
            HostKeys::Known(lines) => {
                let file = kept(lines)?;
                words.push("-o StrictHostKeyChecking=yes".to_owned());
                words.push(format!("-o UserKnownHostsFile={}", file.path().display()));
                files.push(file);
            }
            HostKeys::Any => {
                words.push("-o StrictHostKeyChecking=no".to_owned());
                words.push("-o UserKnownHostsFile=/dev/null".to_owned());
            }
        }
        if words.len() == 1 {
            return Ok(Settings::default());
        }
        Ok((vec![format!("core.sshCommand={}", words.join(" "))], files))
    }

    /// The header of HTTP, if there is something to send.
    fn header(&self) -> Result<Option<String>, String> {
        if let Some(token) = &self.bearer_token {
            let token = token.expose();
            if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err("the bearer token has letters that no header can carry".to_owned());
            }
            return Ok(Some(format!("Authorization: Bearer {token}")));
        }
        Ok(self.password.as_ref().map(|password| {
            let both = Hidden::new(format!("{}:{}", self.username, password.expose()));
            let encoded = base64::encode(both.expose().as_bytes());
            format!("Authorization: Basic {encoded}")
        }))
    }
}

/// A file that only we can read, gone when dropped.
fn kept(text: &str) -> Result<NamedTempFile, String> {
    let failed = |_| "a file for ssh could not be written".to_owned();
    let mut file = NamedTempFile::new().map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.flush().map_err(failed)?;
    Ok(file)
}

fn is_http(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

fn is_loopback(url: &str) -> bool {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    ["127.0.0.1", "localhost"].contains(&host)
}

/// The scheme with host and port, lower-case, for what is bound to a server.
fn server(url: &str) -> String {
    let url = url.to_lowercase();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.split('/').next().unwrap_or_default();
            let host = authority
                .rsplit_once('@')
                .map_or(authority, |(_, host)| host);
            let port = if scheme == "https" { ":443" } else { ":80" };
            format!("{scheme}://{}", host.strip_suffix(port).unwrap_or(host))
        }
        None => {
            let host = url.split(':').next().unwrap_or_default();
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            format!("ssh://{host}")
        }
    }
}

/// Whether credentials of one repository are for a URL: the same repository on the same server.
pub fn is_for(credentials_url: &str, url: &str) -> bool {
    is_same(credentials_url, url) && server(credentials_url) == server(url)
}

/// Whether credentials for all URLs with a beginning are for one; a beginning ends where a part of the path does.
pub fn is_prefix(prefix: &str, url: &str) -> bool {
    let (prefix, url) = (
        prefix.trim_end_matches('/').to_lowercase(),
        url.to_lowercase(),
    );
    server(&prefix) == server(&url)
        && url
            .strip_prefix(&prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_bound_to_their_server() {
        for (own, url, expected) in [
            ("https://h/a", "https://h/a.git", true),
            ("https://h:443/a", "https://h/a", true),
            ("https://h/a", "http://h/a", false),
            ("https://h/a", "https://h:8443/a", false),
            ("git@h:a/b.git", "ssh://git@h/a/b", true),
            ("https://h/a", "ssh://git@h/a", false),
        ] {
            assert_eq!(is_for(own, url), expected, "{own} {url}");
        }
        for (prefix, url, expected) in [
            ("https://h", "https://h/a/b", true),
            ("https://h/team", "https://h/team/b", true),
            ("https://h/team", "https://h/teams/b", false),
            ("https://h", "https://h.evil.example/a", false),
            ("git@h:team", "git@h:team/b", true),
        ] {
            assert_eq!(is_prefix(prefix, url), expected, "{prefix} {url}");
        }
    }

    #[test]
    fn a_password_goes_over_tls_only_and_is_never_shown() {
        let credentials = Credentials {
            username: "me".to_owned(),
            password: Some("planted".to_owned().into()),
            ..Credentials::default()
        };
        let (settings, _) = credentials.settings("https://h/a", None).unwrap();
        assert_eq!(
            settings,
            ["http.extraHeader=Authorization: Basic bWU6cGxhbnRlZA=="]
        );
        let refused = credentials.settings("http://h/a", None).unwrap_err();
        assert!(!format!("{refused} {credentials:?}").contains("planted"));
    }

    #[test]
    fn a_key_is_a_file_as_long_as_it_is_needed() {
        let credentials = Credentials {
            ssh_key: Some("key".to_owned().into()),
            host_keys: HostKeys::Known("h ssh-ed25519 AAAA".to_owned()),
            ..Credentials::default()
        };
        let (settings, files) = credentials.settings("ssh://git@h/a", None).unwrap();
        assert!(settings[0].starts_with("core.sshCommand=ssh -i "));
        assert!(settings[0].contains("StrictHostKeyChecking=yes"));
        assert_eq!(files.len(), 2);
        assert!(files.iter().all(|file| file.path().exists()));
    }
}
