//! Where a sealed secret may be opened, and the bytes that bind it there.

use std::{fmt, str::FromStr};

use super::{
    metadata::Metadata,
    sealed_secret::{CLUSTER_WIDE, NAMESPACE_WIDE, TRUE},
};

/// Where a sealed secret may be opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Under its own name in its own namespace only.
    #[default]
    Strict,
    /// Under any name in its namespace.
    NamespaceWide,
    /// Under any name in any namespace.
    ClusterWide,
}

/// A word that names no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of: strict, namespace-wide, cluster-wide")]
pub struct ScopeError;

impl Scope {
    /// The scope that the annotations ask for; cluster-wide wins over namespace-wide.
    ///
    /// Mirrors `SecretScope` in `sealedsecret_expansion.go`: only the exact value `true` counts.
    pub fn of(metadata: &Metadata) -> Self {
        Self::said_by(|name| metadata.annotation(name))
    }

    /// The same by a way to read an annotation.
    pub fn said_by<'a>(annotation: impl Fn(&str) -> Option<&'a str>) -> Self {
        if annotation(CLUSTER_WIDE) == Some(TRUE) {
            Self::ClusterWide
        } else if annotation(NAMESPACE_WIDE) == Some(TRUE) {
            Self::NamespaceWide
        } else {
            Self::Strict
        }
    }

    /// Leaves exactly the annotation of this scope, and none for strict.
    pub fn annotate(self, metadata: &mut Metadata) {
        metadata.remove_entry("annotations", CLUSTER_WIDE);
        metadata.remove_entry("annotations", NAMESPACE_WIDE);
        match self {
            Self::Strict => {}
            Self::NamespaceWide => metadata.set_entry("annotations", NAMESPACE_WIDE, TRUE),
            Self::ClusterWide => metadata.set_entry("annotations", CLUSTER_WIDE, TRUE),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strict => "strict",
            Self::NamespaceWide => "namespace-wide",
            Self::ClusterWide => "cluster-wide",
        })
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    /// Reads a scope as the flag takes it; the empty word is strict.
    fn from_str(word: &str) -> Result<Self, ScopeError> {
        match word {
            "" | "strict" => Ok(Self::Strict),
            "namespace-wide" => Ok(Self::NamespaceWide),
            "cluster-wide" => Ok(Self::ClusterWide),
            _ => Err(ScopeError),
        }
    }
}

/// The OAEP label: the bytes that bind a ciphertext to its place.
///
/// Mirrors `EncryptionLabel` in `sealedsecret_expansion.go`.
pub fn label(scope: Scope, namespace: &str, name: &str) -> Vec<u8> {
    match scope {
        Scope::Strict => format!("{namespace}/{name}").into_bytes(),
        Scope::NamespaceWide => namespace.as_bytes().to_vec(),
        Scope::ClusterWide => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_parse_and_print() {
        for scope in [Scope::Strict, Scope::NamespaceWide, Scope::ClusterWide] {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        assert_eq!("".parse(), Ok(Scope::Strict));
        assert_eq!("Cluster-Wide".parse::<Scope>(), Err(ScopeError));
    }

    #[test]
    fn labels_are_exact() {
        assert_eq!(label(Scope::Strict, "myns", "mysecret"), b"myns/mysecret");
        assert_eq!(label(Scope::NamespaceWide, "myns", "mysecret"), b"myns");
        assert_eq!(label(Scope::ClusterWide, "myns", "mysecret"), b"");
    }

    #[test]
    fn only_the_exact_word_counts() {
        for (cluster, namespace, wanted) in [
            ("true", "true", Scope::ClusterWide),
            ("True", "true", Scope::NamespaceWide),
            ("false", " true", Scope::Strict),
            ("1", "", Scope::Strict),
        ] {
            let mut metadata = Metadata::default();
            metadata.set_entry("annotations", CLUSTER_WIDE, cluster);
            metadata.set_entry("annotations", NAMESPACE_WIDE, namespace);
            assert_eq!(Scope::of(&metadata), wanted);
        }
    }
}
