//! The configuration file: `.waxwing-lint.yaml` at the root of the repository. Unknown keys are errors.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::{certificate::Facts, finding::Severity, glob::Glob, rules};
use crate::object::yaml::{self, DuplicateKeys, ReadOptions};

/// The name of the file.
pub const FILE_NAME: &str = ".waxwing-lint.yaml";

/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

/// The configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The least severity that fails the run.
    pub fail_on: Severity,
    /// Rules with another severity than their own; `None` is off.
    pub severities: BTreeMap<String, Option<Severity>>,
    /// Findings that do not count.
    pub ignore: Vec<Exception>,
    /// Paths that need not be scanned.
    pub accept: Vec<Accepted>,
    /// Secrets that something outside of the repository provides: names, or `namespace/name`.
    pub external: Vec<Glob>,
    /// Certificate files.
    pub certificates: Vec<CertificateFile>,
    /// The scopes that may be used; `None` is no policy.
    pub scopes: Option<BTreeSet<String>>,
    /// Whether ignore comments without a reason count for nothing.
    pub strict_ignores: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            fail_on: Severity::Error,
            severities: BTreeMap::new(),
            ignore: Vec::new(),
            accept: Vec::new(),
            external: Vec::new(),
            certificates: Vec::new(),
            scopes: None,
            strict_ignores: false,
        }
    }
}

/// Findings that do not count.
#[derive(Clone, Debug)]
pub struct Exception {
    /// The files.
    pub path: Glob,
    /// The rules, empty for all.
    pub rules: BTreeSet<String>,
    /// The name of the object, if one is meant.
    pub object: Option<String>,
    /// The field, if one is meant.
    pub field: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day.
    pub until: Option<Date>,
}

/// A path that need not be scanned.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The files.
    pub path: Glob,
    /// Why.
    pub reason: String,
    /// The last day.
    pub until: Date,
}

/// A certificate file.
#[derive(Clone, Debug)]
pub struct CertificateFile {
    /// The cluster that it is of.
    pub environment: String,
    /// Path from the configuration file.
    pub file: String,
    /// The files that are sealed for it; empty for all.
    pub paths: Vec<Glob>,
}

/// A certificate that was read.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// What the configuration says.
    pub file: CertificateFile,
    /// What the certificate says.
    pub facts: Facts,
    /// The dates of the last commits of sealed files are compared with this.
    pub path: String,
}

impl Certificate {
    /// Whether a file is sealed for it.
    pub fn is_for(&self, path: &str) -> bool {
        self.file.paths.is_empty() || self.file.paths.iter().any(|glob| glob.takes(path))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[derive(Default)]
struct Written {
    fail_on: Option<String>,
    rules: BTreeMap<String, Value>,
    ignore: Vec<WrittenException>,
    accept: Vec<WrittenAccepted>,
    external: Vec<String>,
    certificates: Vec<WrittenCertificate>,
    scopes: Option<Vec<String>>,
    strict_ignores: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WrittenException {
    path: String,
    #[serde(default)]
    rules: Vec<String>,
    object: Option<String>,
    field: Option<String>,
    reason: String,
    until: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WrittenAccepted {
    path: String,
    reason: String,
    until: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WrittenCertificate {
    environment: String,
    file: String,
    #[serde(default)]
    paths: Vec<String>,
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// [`ConfigError`] says which key is wrong.
    pub fn read(bytes: &[u8]) -> Result<Self, ConfigError> {
        let options = ReadOptions {
            duplicate_keys: DuplicateKeys::Refuse,
            ..ReadOptions::default()
        };
        let documents =
            yaml::read(bytes, &options).map_err(|error| ConfigError(error.to_string()))?;
        let value = match <[_; 1]>::try_from(documents) {
            Ok([document]) => document.value,
            Err(documents) if documents.is_empty() => Value::Object(serde_json::Map::new()),
            Err(_) => return Err(ConfigError("more than one document".to_owned())),
        };
        let written: Written =
            serde_json::from_value(value).map_err(|error| ConfigError(error.to_string()))?;
        written.meant()
    }

    /// How grave the findings of a rule are; `None` when it is off.
    pub fn severity(&self, rule: &super::rule::Rule, own: Severity) -> Option<Severity> {
        match self.severities.get(rule.id) {
            Some(configured) => *configured,
            None if rule.is_opt_in => None,
            None => Some(own),
        }
    }

    /// Whether something outside of the repository provides a Secret.
    pub fn is_external(&self, namespace: &str, name: &str) -> bool {
        let whole = format!("{namespace}/{name}");
        self.external.iter().any(|glob| {
            if glob.as_str().contains('/') {
                glob.takes(&whole)
            } else {
                glob.takes(name)
            }
        })
    }
}

impl Written {
    fn meant(self) -> Result<Config, ConfigError> {
        let mut config = Config {
            strict_ignores: self.strict_ignores,
            ..Config::default()
        };
        if let Some(word) = self.fail_on {
            config.fail_on = Severity::read(&word).ok_or_else(|| {
                ConfigError(format!("failOn: {word:?} is none of error, warning, info"))
            })?;
        }
        for (id, word) in self.rules {
            known_rule(&id)?;
            // In YAML, `off` without quotes is a boolean.
            let severity = match word.as_str().unwrap_or_default() {
                "off" => None,
                _ if word == Value::Bool(false) => None,
                word => Some(Severity::read(word).ok_or_else(|| {
                    ConfigError(format!(
                        "rules.{id}: {word:?} is none of off, info, warning, error"
                    ))
                })?),
            };
            config.severities.insert(id, severity);
        }
        for one in self.ignore {
            for id in &one.rules {
                known_rule(id)?;
            }
            config.ignore.push(Exception {
                path: glob(&one.path)?,
                rules: one.rules.into_iter().collect(),
                object: one.object,
                field: one.field,
                reason: reason(&one.path, one.reason)?,
                until: one.until.as_deref().map(date).transpose()?,
            });
        }
        for one in self.accept {
            config.accept.push(Accepted {
                path: glob(&one.path)?,
                reason: reason(&one.path, one.reason)?,
                until: date(&one.until)?,
            });
        }
        for name in &self.external {
            config.external.push(glob(name)?);
        }
        for one in self.certificates {
            let paths = one.paths.iter().map(|path| glob(path));
            config.certificates.push(CertificateFile {
                environment: one.environment,
                file: one.file,
                paths: paths.collect::<Result<_, _>>()?,
            });
        }
        if let Some(scopes) = self.scopes {
            for scope in &scopes {
                if !matches!(scope.as_str(), "strict" | "namespace-wide" | "cluster-wide") {
                    let text = format!(
                        "scopes: {scope:?} is none of strict, namespace-wide, cluster-wide"
                    );
                    return Err(ConfigError(text));
                }
            }
            config.scopes = Some(scopes.into_iter().collect());
        }
        Ok(config)
    }
}

fn known_rule(id: &str) -> Result<(), ConfigError> {
    if rules::find(id).is_some() {
        Ok(())
    } else {
        Err(ConfigError(format!("there is no rule {id:?}")))
    }
}

fn glob(pattern: &str) -> Result<Glob, ConfigError> {
    Glob::read(pattern).map_err(ConfigError)
}

fn reason(path: &str, reason: String) -> Result<String, ConfigError> {
    if reason.trim().is_empty() {
        return Err(ConfigError(format!("{path}: the reason is empty")));
    }
    Ok(reason)
}

fn date(text: &str) -> Result<Date, ConfigError> {
    text.parse()
        .map_err(|_| ConfigError(format!("{text:?} is no date such as 2027-01-31")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_knows_is_an_error() {
        for (text, part) in [
            ("failOn: never", "failOn"),
            ("fialOn: error", "unknown field `fialOn`"),
            ("rules: {P999: off}", "P999"),
            ("rules: {P101: loud}", "loud"),
            ("ignore: [{path: a}]", "reason"),
            ("ignore: [{path: a, reason: ' '}]", "empty"),
            ("ignore: [{path: a, reason: b, until: soon}]", "soon"),
            ("accept: [{path: a, reason: b}]", "until"),
            ("accept: [{path: '[', reason: b, until: 2027-01-01}]", "["),
            ("scopes: [wide]", "wide"),
            ("certificates: [{file: a}]", "environment"),
            ("failOn: error\nfailOn: info", "already"),
            ("a: [", "line"),
        ] {
            let error = Config::read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn all_that_can_be_said_is_read() {
        let text = "failOn: warning\nrules: {S303: off, R403: info}\nstrictIgnores: true\nscopes: [strict]\n\
            external: ['db-*', 'prod/web']\nignore: [{path: 'tests/**', rules: [P101], reason: fixtures}]\n\
            accept: [{path: charts/web, reason: scanned elsewhere, until: 2027-01-31}]\n\
            certificates: [{environment: prod, file: prod.pem, paths: [overlays/prod]}]\n";
        let config = Config::read(text.as_bytes()).unwrap();
        assert_eq!(config.fail_on, Severity::Warning);
        assert!(config.is_external("x", "db-a") && config.is_external("prod", "web"));
        assert!(!config.is_external("dev", "web") && !config.is_external("x", "web-db-a"));
        assert!(config.accept[0].path.takes("charts/web/templates/a.yaml"));
        assert!(!config.accept[0].path.takes("charts/webs/a.yaml"));
        assert!(config.certificates[0].paths[0].takes("overlays/prod/a.yaml"));
        assert_eq!(Config::read(b"").unwrap().fail_on, Severity::Error);
    }
}
