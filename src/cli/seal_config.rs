//! `.waxwing.yaml`: which certificate or cluster the secrets of a folder are sealed for, so that nobody seals
//! production's for staging.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{
    Failure,
    sealing::checked,
    whole_file::{MAX_KEY_BYTES, read_text},
};
use crate::{
    object::yaml::{self, DuplicateKeys, ReadOptions},
    seal::Scope,
};

/// Name of the file; the nearest one upwards counts.
pub(super) const NAME: &str = ".waxwing.yaml";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    seal: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Entry {
    path: Option<String>,
    certificate: Option<String>,
    fingerprint: Option<String>,
    context: Option<String>,
    controller_namespace: Option<String>,
    controller_name: Option<String>,
    namespace: Option<String>,
    scope: Option<String>,
}

/// What holds for a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rule {
    /// The file and entry, for messages.
    pub(super) place: String,
    /// File or URL of the certificate; a file's path is whole.
    pub(super) certificate: Option<String>,
    /// Fingerprint that the certificate must have.
    pub(super) fingerprint: Option<String>,
    /// Context of the kubeconfig whose controller gives the certificate.
    pub(super) context: Option<String>,
    /// Namespace of the controller's Service.
    pub(super) controller_namespace: Option<String>,
    /// Name of the controller's Service.
    pub(super) controller_name: Option<String>,
    /// Namespace of secrets that do not say their own.
    pub(super) namespace: Option<String>,
    /// Scope of secrets that do not say their own.
    pub(super) scope: Option<Scope>,
}

/// The configuration files of a run: each is read once.
#[derive(Debug, Default)]
pub(super) struct Config {
    read: BTreeMap<PathBuf, Vec<(PathBuf, Rule)>>,
}

impl Config {
    /// The rule for a folder: that of the nearest file upwards, and in it of the deepest path around the folder.
    ///
    /// # Errors
    /// The file has something that is not known.
    pub(super) fn rule(&mut self, folder: &Path) -> Result<Option<Rule>, Failure> {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let folder = std::fs::canonicalize(folder).map_err(|error| {
            Failure::new(format!("failed to find {}", folder.display())).because(error)
        })?;
        let Some(home) = folder.ancestors().find(|above| above.join(NAME).is_file()) else {
            return Ok(None);
        };
        if !self.read.contains_key(home) {
            let rules = rules(home)?;
            self.read.insert(home.to_owned(), rules);
        }
        let rules = self.read.get(home).map(Vec::as_slice).unwrap_or_default();
        let around = rules.iter().filter(|(path, _)| folder.starts_with(path));
        Ok(around
            .max_by_key(|(path, _)| path.components().count())
            .map(|(_, rule)| rule.clone()))
    }
}

fn rules(home: &Path) -> Result<Vec<(PathBuf, Rule)>, Failure> {
    let file = home.join(NAME);
    let shown = file.display().to_string();
    let text = read_text(&file, MAX_KEY_BYTES)?;
    let options = ReadOptions {
        duplicate_keys: DuplicateKeys::Refuse,
        ..ReadOptions::default()
    };
    let failed = |why: String| {
        Failure::new(format!("{shown} cannot be followed"))
            .because(why)
            .hint("docs/sealing.md lists what it may have")
    };
    let mut documents =
        yaml::read(text.as_bytes(), &options).map_err(|error| failed(error.to_string()))?;
    let value = match documents.len() {
        0 => return Ok(Vec::new()),
        1 => documents.remove(0).value,
        more => return Err(failed(format!("it has {more} documents, not one"))),
    };
    let parsed: File = serde_json::from_value(value).map_err(|error| failed(error.to_string()))?;
    let mut rules: Vec<(PathBuf, Rule)> = Vec::new();
    for (number, entry) in parsed.seal.into_iter().enumerate() {
        let place = format!("{shown} seal[{number}]");
        let (path, rule) = rule(home, entry, place)
            .map_err(|failure| failed(format!("seal[{number}]: {}", failure.message)))?;
        if rules.iter().any(|(other, _)| *other == path) {
            return Err(failed(format!("seal[{number}]: the path is there twice")));
        }
        rules.push((path, rule));
    }
    Ok(rules)
}

fn rule(home: &Path, entry: Entry, place: String) -> Result<(PathBuf, Rule), Failure> {
    let path = entry.path.unwrap_or_else(|| ".".to_owned());
    if Path::new(&path).is_absolute() || path.split('/').any(|step| step == "..") {
        return Err(Failure::new(format!(
            "path {path:?} must lie below the folder of the file"
        )));
    }
    let whole: PathBuf = home
        .components()
        .chain(Path::new(&path).components())
        .filter(|step| *step != std::path::Component::CurDir)
        .collect();
    let certificate = entry.certificate.map(|source| {
        if source.contains("://") {
            source
        } else {
            home.join(source).display().to_string()
        }
    });
    let fingerprint = entry.fingerprint.as_deref().map(checked).transpose()?;
    let scope = entry
        .scope
        .map(|word| word.parse::<Scope>())
        .transpose()
        .map_err(|error| Failure::new(format!("scope {error}")))?;
    if certificate.is_some() && entry.context.is_some() {
        return Err(Failure::new("certificate and context are both given"));
    }
    Ok((
        whole,
        Rule {
            place,
            certificate,
            fingerprint,
            context: entry.context,
            controller_namespace: entry.controller_namespace,
            controller_name: entry.controller_name,
            namespace: entry.namespace,
            scope,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIN: &str = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[expect(clippy::disallowed_methods, reason = "a test has a folder of its own")]
    fn folder(text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("live/eu")).unwrap();
        std::fs::create_dir_all(folder.path().join("live-test")).unwrap();
        std::fs::write(folder.path().join(NAME), text).unwrap();
        folder
    }

    #[test]
    fn the_deepest_path_around_a_folder_counts() {
        let text = format!(
            "seal:\n- certificate: all.pem\n- path: live\n  context: live\n  fingerprint: {PIN}\n  namespace: shop\n  scope: namespace-wide\n"
        );
        let folder = folder(&text);
        let mut config = Config::default();
        let mut rule = |path: &str| config.rule(&folder.path().join(path)).unwrap().unwrap();
        let live = rule("live/eu");
        assert_eq!(live.context.as_deref(), Some("live"));
        assert_eq!(live.fingerprint.as_deref(), Some(PIN));
        assert_eq!(live.scope, Some(Scope::NamespaceWide));
        assert_eq!(rule("live"), live);
        for other in [".", "live-test"] {
            let certificate = rule(other).certificate.unwrap();
            assert!(certificate.ends_with("/all.pem"), "{certificate}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for (text, wanted) in [
            ("sael: []\n", "unknown field `sael`"),
            ("seal: [{path: live, cert: x}]\n", "unknown field `cert`"),
            ("seal: [{path: ../x}]\n", "must lie below"),
            ("seal: [{scope: wide}]\n", "must be one of"),
            ("seal: [{fingerprint: abc}]\n", "is not a fingerprint"),
            ("seal: [{context: a, certificate: b}]\n", "both given"),
            ("seal: [{path: live}, {path: ./live}]\n", "there twice"),
            ("seal: []\nseal: []\n", "already in this map"),
        ] {
            let folder = folder(text);
            let failure = Config::default().rule(folder.path()).unwrap_err();
            assert!(failure.to_string().contains(wanted), "{failure}");
        }
        let none = tempfile::tempdir().unwrap();
        assert_eq!(Config::default().rule(none.path()).unwrap(), None);
    }
}
