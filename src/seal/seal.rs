//! From a Secret to a SealedSecret.

use super::{Scope, label, x509::Certificate};
use crate::api::{
    base64,
    metadata::Metadata,
    sealed_secret::{API_VERSION, KIND, SealedSecret, Spec, Template},
    secret::Secret,
};

/// Why a Secret was not sealed; the messages are kubeseal's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// There is nothing to seal.
    #[error(
        "secret.data is empty in input Secret, assuming this is an error and aborting. \
         To work with empty data, --allow-empty-data can be used"
    )]
    Empty,
    /// The Secret has no name.
    #[error("missing metadata.name in input Secret")]
    NoName,
    /// The Secret has no namespace, and its scope needs one.
    #[error("secret must declare a namespace")]
    NoNamespace,
    /// The cryptography failed, which no input should bring about.
    #[error("cannot encrypt item {0}")]
    Encrypt(String),
}

/// How to seal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SealOptions {
    /// Scope to set; strict leaves what the annotations of the Secret say, as upstream does.
    pub scope: Scope,
    /// Whether a Secret without items is meant.
    pub allow_empty: bool,
}

/// Annotations that hold a copy of the plain Secret.
const LEAKING_ANNOTATIONS: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubecfg.ksonnet.io/last-applied-configuration",
];

/// Metadata that only a server writes, and the owner that the sealed secret will be.
const SERVER_FIELDS: &[&str] = &[
    "ownerReferences",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

impl SealOptions {
    /// The scope that a Secret will be sealed in.
    pub fn scope_for(&self, secret: &Secret) -> Scope {
        match self.scope {
            Scope::Strict => Scope::of(&secret.metadata),
            scope => scope,
        }
    }
}

/// Seals every item of a Secret for a certificate.
///
/// Mirrors `Seal` in `pkg/kubeseal/kubeseal.go` and `NewSealedSecret` in `sealedsecret_expansion.go`.
///
/// # Errors
/// [`SealError`] names what the Secret lacks.
pub fn seal(
    secret: &Secret,
    certificate: &Certificate,
    options: SealOptions,
) -> Result<SealedSecret, SealError> {
    if secret.data.is_empty() && !options.allow_empty {
        return Err(SealError::Empty);
    }
    let (namespace, name) = (secret.metadata.namespace(), secret.metadata.name());
    if name.is_empty() {
        return Err(SealError::NoName);
    }
    let scope = options.scope_for(secret);
    if namespace.is_empty() && scope != Scope::ClusterWide {
        return Err(SealError::NoNamespace);
    }
    let mut template = secret.metadata.clone();
    if options.scope != Scope::Strict {
        scope.annotate(&mut template);
    }
    for annotation in LEAKING_ANNOTATIONS {
        template.remove_entry("annotations", annotation);
    }
    for field in SERVER_FIELDS {
        template.remove(field);
    }
    let mut metadata = Metadata::named(namespace, name);
    scope.annotate(&mut metadata);
    let label = label(scope, namespace, name);
    let encrypted_data = secret
        .data
        .iter()
        .map(|(item, value)| {
            let sealed = certificate
                .encrypt(value.expose(), &label)
                .ok_or_else(|| SealError::Encrypt(item.clone()))?;
            Ok((item.clone(), base64::encode(&sealed)))
        })
        .collect::<Result<_, SealError>>()?;
    Ok(SealedSecret {
        kind: KIND.to_owned(),
        api_version: API_VERSION.to_owned(),
        metadata,
        spec: Spec {
            template: Template {
                metadata: template,
                secret_type: secret.secret_type.clone(),
                immutable: secret.immutable,
                ..Template::default()
            },
            data: None,
            encrypted_data,
        },
        status: None,
    })
}

/// Seals one value as text in base64, as `kubeseal --raw` prints it.
///
/// # Errors
/// [`SealError::Encrypt`], which no input should bring about.
pub fn seal_item(
    value: &[u8],
    certificate: &Certificate,
    scope: Scope,
    namespace: &str,
    name: &str,
) -> Result<String, SealError> {
    certificate
        .encrypt(value, &label(scope, namespace, name))
        .map(|sealed| base64::encode(&sealed))
        .ok_or_else(|| SealError::Encrypt("(raw)".to_owned()))
}
