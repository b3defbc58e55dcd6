//! One item of a SealedSecret: opened with the key that fits, sealed again for the same place.

use super::{
    Scope,
    key_ring::KeyRing,
    label,
    seal::{SealError, seal_item},
    x509::Certificate,
};
use crate::{
    api::{
        base64::{self, Base64Error},
        certificate::Fingerprint,
        metadata::Metadata,
    },
    secret::Hidden,
};

/// Where a sealed secret opens: what binds its items.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Binding {
    /// How far it may be moved.
    pub scope: Scope,
    /// Its namespace; without meaning when cluster-wide.
    pub namespace: String,
    /// Its name; without meaning unless strict.
    pub name: String,
}

/// A value that was opened, and by which key.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedItem {
    /// The value.
    pub value: Hidden<Vec<u8>>,
    /// The key that it was sealed for.
    pub key: Fingerprint,
}

/// Why an item does not open. Never tells which key or byte failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ItemError {
    /// It is no base64.
    #[error(transparent)]
    Base64(#[from] Base64Error),
    /// No key opens it here.
    #[error("no key could decrypt secret")]
    NoKey,
}

impl Binding {
    /// The binding that the metadata of a SealedSecret gives.
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            scope: Scope::of(metadata),
            namespace: metadata.namespace().to_owned(),
            name: metadata.name().to_owned(),
        }
    }

    /// The OAEP label.
    pub fn label(&self) -> Vec<u8> {
        label(self.scope, &self.namespace, &self.name)
    }

    /// Opens one item.
    ///
    /// # Errors
    /// [`ItemError`]
    pub fn open(&self, item: &str, keys: &KeyRing) -> Result<OpenedItem, ItemError> {
        self.open_first_with(item, keys, None)
    }

    /// As [`Binding::open`], trying one key before the others: that of the item before is usually the right one, and each
    /// key that does not fit costs a private operation.
    ///
    /// # Errors
    /// [`ItemError`]
    pub fn open_first_with(
        &self,
        item: &str,
        keys: &KeyRing,
        first: Option<Fingerprint>,
    ) -> Result<OpenedItem, ItemError> {
        let bytes = base64::decode(item)?;
        let opened = keys
            .open(&bytes, &self.label(), first)
            .ok_or(ItemError::NoKey)?;
        Ok(OpenedItem {
            value: opened.plaintext,
            key: opened.key,
        })
    }

    /// Seals one value for this place.
    ///
    /// # Errors
    /// [`SealError::Encrypt`], which no input should bring about.
    pub fn seal(&self, value: &[u8], certificate: &Certificate) -> Result<String, SealError> {
        seal_item(value, certificate, self.scope, &self.namespace, &self.name)
    }
}

impl std::fmt::Display for Binding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            scope,
            namespace,
            name,
        } = self;
        match scope {
            Scope::Strict => write!(f, "{namespace}/{name} (strict)"),
            Scope::NamespaceWide => write!(f, "namespace {namespace} (namespace-wide)"),
            Scope::ClusterWide => f.write_str("any place (cluster-wide)"),
        }
    }
}
