//! From a SealedSecret back to a Secret.

use std::{collections::BTreeMap, fmt};

use serde_json::{Value, json};

use super::{
    Scope,
    key_ring::KeyRing,
    label,
    seal::{SealError, SealOptions, seal},
    x509::Certificate,
};
use crate::{
    api::{
        base64::{self, Base64Error},
        metadata::Metadata,
        sealed_secret::{SKIP_SET_OWNER_REFERENCES, SealedSecret, TRUE},
        secret::{Notation, Secret},
    },
    secret::Hidden,
    template::{self, Policy},
};

/// What every item says that does not open: wrong name, namespace, scope, key or a damaged ciphertext.
const NO_KEY: &str = "no key could decrypt secret";

/// Whether the deprecated `spec.data` is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeprecatedData {
    /// As the controller does unless told otherwise.
    Accept,
    /// As kubeseal does.
    Refuse,
}

/// Why a sealed secret was not opened. Never tells which key or byte failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    /// Items that did not open, all of them.
    #[error("{0}")]
    Items(ItemErrors),
    /// The deprecated `spec.data` did not open.
    #[error("{NO_KEY}")]
    Whole,
    /// The deprecated `spec.data` is no base64.
    #[error("spec.data: {0}")]
    WholeBase64(Base64Error),
    /// The deprecated `spec.data` opened to something that is no Secret.
    #[error("spec.data does not hold a Secret")]
    NotSecret,
    /// The deprecated `spec.data` is there, and is not accepted.
    #[error("using deprecated 'data' field, use 'encryptedData' or flip the feature flag")]
    Deprecated,
    /// Both forms are there.
    #[error(
        "cannot use the field 'encryptedData' and the deprecated field 'data' at the same time"
    )]
    Both,
    /// It opened, but could not be sealed again.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// Errors of items: the same error of several is said once, with their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemErrors(BTreeMap<String, Vec<String>>);

impl ItemErrors {
    fn add(&mut self, item: &str, error: impl fmt::Display) {
        self.0
            .entry(error.to_string())
            .or_default()
            .push(item.to_owned());
    }

    /// Error text to the names of the items that it is about, both sorted.
    pub fn grouped(&self) -> &BTreeMap<String, Vec<String>> {
        &self.0
    }

    fn into_result(self) -> Result<(), UnsealError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(UnsealError::Items(self))
        }
    }
}

impl fmt::Display for ItemErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (error, items)) in self.0.iter().enumerate() {
            let line_end = if place == 0 { "" } else { "\n" };
            write!(f, "{line_end}{error} ({})", items.join(", "))?;
        }
        Ok(())
    }
}

/// Opens the items of `spec.encryptedData`; templates are not looked at.
///
/// # Errors
/// [`UnsealError::Items`] with all the items that did not open.
pub fn unseal_items(
    sealed: &SealedSecret,
    keys: &KeyRing,
) -> Result<BTreeMap<String, Hidden<Vec<u8>>>, UnsealError> {
    let mut errors = ItemErrors::default();
    let items = open_items(sealed, keys, &mut errors);
    errors.into_result()?;
    Ok(items)
}

fn open_items(
    sealed: &SealedSecret,
    keys: &KeyRing,
    errors: &mut ItemErrors,
) -> BTreeMap<String, Hidden<Vec<u8>>> {
    let label = label_of(sealed);
    let mut hint = None;
    let mut items = BTreeMap::new();
    for (name, text) in &sealed.spec.encrypted_data {
        let item = match base64::decode(text) {
            Ok(item) => item,
            Err(error) => {
                errors.add(name, error);
                continue;
            }
        };
        match keys.open(&item, &label, hint) {
            Some(opened) => {
                hint = Some(opened.key);
                items.insert(name.clone(), opened.plaintext);
            }
            None => errors.add(name, NO_KEY),
        }
    }
    items
}

/// Says whether a sealed secret opens, without running its templates, so that the answer tells nothing else.
///
/// # Errors
/// [`UnsealError`] when it does not.
pub fn check(
    sealed: &SealedSecret,
    keys: &KeyRing,
    deprecated: DeprecatedData,
) -> Result<(), UnsealError> {
    match &sealed.spec.data {
        Some(data) => open_whole(sealed, data, keys, deprecated).map(drop),
        None => unseal_items(sealed, keys).map(drop),
    }
}

/// Opens a sealed secret to the Secret that it describes, owner reference included.
///
/// Mirrors `Unseal` in `sealedsecret_expansion.go`; where an item and a template have one name the item
/// wins, and a template of `null` takes the item out.
///
/// # Errors
/// [`UnsealError`] with everything that went wrong; then there is no Secret at all.
pub fn opened_secret(
    sealed: &SealedSecret,
    keys: &KeyRing,
    deprecated: DeprecatedData,
) -> Result<Secret, UnsealError> {
    let mut secret = match &sealed.spec.data {
        Some(data) => open_whole(sealed, data, keys, deprecated)?,
        None => {
            let mut errors = ItemErrors::default();
            let items = open_items(sealed, keys, &mut errors);
            let data = with_templates(sealed, items, &mut errors);
            errors.into_result()?;
            let template = &sealed.spec.template;
            Secret {
                metadata: template.metadata.clone(),
                secret_type: template.secret_type.clone(),
                immutable: template.immutable,
                data,
            }
        }
    };
    secret.metadata.set_text("name", sealed.metadata.name());
    secret
        .metadata
        .set_text("namespace", sealed.metadata.namespace());
    let template = &sealed.spec.template.metadata;
    if template.annotation(SKIP_SET_OWNER_REFERENCES) != Some(TRUE) {
        secret.metadata.set("ownerReferences", owner(sealed));
    }
    Ok(secret)
}

/// The one owner reference of the opened Secret.
pub(super) fn owner(sealed: &SealedSecret) -> Value {
    json!([{
        "apiVersion": sealed.api_version,
        "kind": sealed.kind,
        "name": sealed.metadata.name(),
        "uid": sealed.metadata.text("uid"),
        "controller": true,
    }])
}

fn with_templates(
    sealed: &SealedSecret,
    items: BTreeMap<String, Hidden<Vec<u8>>>,
    errors: &mut ItemErrors,
) -> BTreeMap<String, Hidden<Vec<u8>>> {
    let templates = &sealed.spec.template.data;
    if templates.is_empty() {
        return items;
    }
    let mut context = items.clone();
    for (name, text) in templates {
        if let (Some(text), false) = (text, context.contains_key(name)) {
            context.insert(name.clone(), Hidden::new(text.clone().into_bytes()));
        }
    }
    let mut data = items;
    for (name, text) in templates {
        match text {
            None => {
                data.remove(name);
            }
            Some(_) if data.contains_key(name) => {}
            Some(text) => match template::render(name, text, &context, &Policy::default()) {
                Ok(value) => {
                    data.insert(name.clone(), value);
                }
                Err(error) => errors.add(name, error),
            },
        }
    }
    data
}

fn open_whole(
    sealed: &SealedSecret,
    data: &str,
    keys: &KeyRing,
    deprecated: DeprecatedData,
) -> Result<Secret, UnsealError> {
    if deprecated == DeprecatedData::Refuse {
        return Err(UnsealError::Deprecated);
    }
    if !sealed.spec.encrypted_data.is_empty() {
        return Err(UnsealError::Both);
    }
    let item = base64::decode(data).map_err(UnsealError::WholeBase64)?;
    let opened = keys
        .open(&item, &label_of(sealed), None)
        .ok_or(UnsealError::Whole)?;
    let value =
        serde_json::from_slice(opened.plaintext.expose()).map_err(|_| UnsealError::NotSecret)?;
    Secret::from_value(value, Notation::Json).map_err(|_| UnsealError::NotSecret)
}

/// Opens a sealed secret and seals it for another certificate, in the same scope, under the same name.
///
/// Templates are neither run nor lost; the deprecated form becomes items. Scope, name and namespace come
/// from the object's own metadata only, never from its template, so that they cannot be widened.
///
/// # Errors
/// [`UnsealError`] when it does not open.
pub fn reseal(
    sealed: &SealedSecret,
    keys: &KeyRing,
    certificate: &Certificate,
    deprecated: DeprecatedData,
) -> Result<SealedSecret, UnsealError> {
    let scope = Scope::of(&sealed.metadata);
    let mut secret = match &sealed.spec.data {
        Some(data) => open_whole(sealed, data, keys, deprecated)?,
        None => Secret {
            metadata: sealed.spec.template.metadata.clone(),
            secret_type: sealed.spec.template.secret_type.clone(),
            immutable: sealed.spec.template.immutable,
            data: unseal_items(sealed, keys)?,
        },
    };
    secret.metadata.set_text("name", sealed.metadata.name());
    secret
        .metadata
        .set_text("namespace", sealed.metadata.namespace());
    scope.annotate(&mut secret.metadata);
    let options = SealOptions {
        scope,
        allow_empty: true,
    };
    let mut resealed = seal(&secret, certificate, options)?;
    resealed.metadata = {
        let mut metadata = Metadata::named(sealed.metadata.namespace(), sealed.metadata.name());
        scope.annotate(&mut metadata);
        metadata
    };
    resealed.spec.template.data = sealed.spec.template.data.clone();
    Ok(resealed)
}

fn label_of(sealed: &SealedSecret) -> Vec<u8> {
    label(
        Scope::of(&sealed.metadata),
        sealed.metadata.namespace(),
        sealed.metadata.name(),
    )
}
