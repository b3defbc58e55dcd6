//! Objects that are applied together, as the few facts of each that rules about several objects need.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value;

use super::{
    document::{elements, entries, id_of, word},
    finding::{ObjectId, Place},
    reference::{Reference, references},
    rules::is_plain,
    scope::{Scope, scope_of},
    sealed::{self, Sealed},
};
use crate::api::sealed_secret::{GROUP as SEALED_GROUP, KIND as SEALED_KIND};

/// What a kustomization renders, or the manifests that no kustomization names.
#[derive(Clone, Debug, Default)]
pub struct Set {
    /// Path of the folder that is rendered; empty for manifests outside of all kustomizations.
    pub overlay: String,
    /// The objects.
    pub facts: Vec<Fact>,
    /// Whether it was rendered; else it is sources as they are.
    pub is_rendered: bool,
    /// Whether nothing is missing in it, so that what is not there can be told.
    pub is_complete: bool,
    /// Secrets that other sets provide for sure: namespace and name.
    pub elsewhere: Arc<BTreeSet<(String, String)>>,
}

impl Set {
    /// The overlay of findings; none for manifests outside of all kustomizations.
    pub fn overlay(&self) -> Option<String> {
        (!self.overlay.is_empty() || self.is_rendered).then(|| self.overlay.clone())
    }
}

/// What brings a folder into a cluster, and changes it on the way.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Kind and name of what delivers.
    pub by: String,
    /// The folder, from the root of the repository.
    pub path: String,
    /// The namespace that everything gets, empty for none.
    pub namespace: String,
    /// The namespace of what says none, empty for none.
    pub default_namespace: String,
    /// Whether names get a prefix or a suffix.
    pub renames: bool,
}

impl Delivery {
    fn of(object: &Value, group: &str, id: &ObjectId) -> Vec<Self> {
        let get =
            |value: &Value, pointer: &str| text(value, pointer).unwrap_or_default().to_owned();
        let clean = |path: String| path.trim_start_matches("./").trim_matches('/').to_owned();
        let by = format!("{} {}", id.kind, id.name);
        match (group, id.kind.as_str()) {
            ("kustomize.toolkit.fluxcd.io", "Kustomization") => vec![Self {
                by,
                path: clean(get(object, "/spec/path")),
                namespace: get(object, "/spec/targetNamespace"),
                default_namespace: String::new(),
                renames: text(object, "/spec/namePrefix").is_some()
                    || text(object, "/spec/nameSuffix").is_some(),
            }],
            ("argoproj.io", "Application") => {
                let one = object.pointer("/spec/source").into_iter();
                let all =
                    one.chain(elements(object.pointer("/spec/sources")).map(|(_, source)| source));
                all.map(|source| Self {
                    by: by.clone(),
                    path: clean(get(source, "/path")),
                    namespace: get(source, "/kustomize/namespace"),
                    default_namespace: get(object, "/spec/destination/namespace"),
                    renames: text(source, "/kustomize/namePrefix").is_some()
                        || text(source, "/kustomize/nameSuffix").is_some(),
                })
                .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether a path is the folder or lies below it.
    pub fn takes(&self, path: &str) -> bool {
        !self.path.is_empty()
            && path
                .strip_prefix(self.path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// What rules need to know of one object.
#[derive(Clone, Debug)]
pub struct Fact {
    /// What it is called here.
    pub id: ObjectId,
    /// What it is called in its file.
    pub original: ObjectId,
    /// Where it stands, as far as it is known.
    pub source: Source,
    /// Secrets that it provides.
    pub provides: Vec<Provided>,
    /// Secrets that it names.
    pub references: Vec<Reference>,
    /// What is sealed in it.
    pub sealed: Option<SealedFact>,
    /// Whether it installs a chart, which may provide anything.
    pub is_release: bool,
    /// Whether its file is a patch: a part of an object.
    pub is_patch: bool,
    /// Whether it is a Secret with values in plain.
    pub has_plain_values: bool,
    /// Whether its file has none of the values that it has here.
    pub was_without_values: bool,
    /// What it brings into a cluster.
    pub deliveries: Vec<Delivery>,
}

/// Where an object stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The file.
    pub path: String,
    /// The number of the document in it, from 0.
    pub document: usize,
    /// JSON pointer from the document to the object.
    pub pointer: String,
    /// The line of the document.
    pub line: usize,
}

impl Source {
    /// The line of the object.
    pub fn place(&self) -> Place {
        Place::line(&self.path, self.line.max(1))
    }
}

/// A Secret that an object provides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provided {
    /// Its name.
    pub name: String,
    /// Its namespace, where it is another than the object's.
    pub namespace: Option<String>,
    /// Its keys; `None` where they cannot be told.
    pub keys: Option<BTreeSet<String>>,
    /// Whether this is the Secret or SealedSecret itself.
    pub is_itself: bool,
}

/// What is sealed in an object.
#[derive(Clone, Debug)]
pub struct SealedFact {
    /// Where it opens.
    pub scope: Scope,
    /// The sealed items: key, a hash of the ciphertext, RSA block.
    pub items: Vec<SealedItem>,
}

/// One sealed item.
#[derive(Clone, Debug)]
pub struct SealedItem {
    /// Its key.
    pub key: String,
    /// The ciphertext, as a number to compare it by.
    pub number: u128,
    /// The RSA block, where certificates are known to compare it with.
    pub block: Vec<u8>,
}

impl Fact {
    /// The facts of an object in its file.
    pub fn of(object: &Value, source: Source, keeps_blocks: bool) -> Self {
        let id = id_of(object);
        let group = super::document::group_of(&id.api_version).to_owned();
        let is = |group_wanted: &str, kind: &str| group == group_wanted && id.kind == kind;
        let sealed = is(SEALED_GROUP, SEALED_KIND).then(|| sealed_of(object, keeps_blocks));
        let is_release = is("helm.toolkit.fluxcd.io", "HelmRelease")
            || is("helm.cattle.io", "HelmChart")
            || (is("argoproj.io", "Application")
                && (object.pointer("/spec/source/chart").is_some()
                    || object.pointer("/spec/source/helm").is_some()));
        let has_plain_values = is("", "Secret")
            && ["data", "stringData"]
                .iter()
                .any(|map| entries(object.get(*map)).any(|(_, value)| is_plain(map, value)));
        Self {
            has_plain_values,
            was_without_values: false,
            deliveries: Delivery::of(object, &group, &id),
            provides: provided(object, &group, &id),
            references: references(object),
            original: id.clone(),
            id,
            source,
            sealed,
            is_release,
            is_patch: false,
        }
    }

    /// Whether nothing about it concerns any rule.
    pub fn is_idle(&self) -> bool {
        self.provides.is_empty()
            && self.references.is_empty()
            && self.sealed.is_none()
            && !self.is_release
            && self.deliveries.is_empty()
    }
}

fn keys_of(object: &Value, pointers: &[&str]) -> BTreeSet<String> {
    let maps = pointers
        .iter()
        .flat_map(|pointer| entries(object.pointer(pointer)));
    maps.map(|(key, _)| key.to_owned()).collect()
}

fn text<'v>(object: &'v Value, pointer: &str) -> Option<&'v str> {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

/// The Secrets that an object provides.
fn provided(object: &Value, group: &str, id: &ObjectId) -> Vec<Provided> {
    let one = |name: &str, keys: Option<BTreeSet<String>>, is_itself| Provided {
        name: name.to_owned(),
        namespace: None,
        keys,
        is_itself,
    };
    let set = |keys: &[&str]| Some(keys.iter().map(|key| (*key).to_owned()).collect());
    let mut found = Vec::new();
    match (group, id.kind.as_str()) {
        ("", "Secret") => found.push(one(
            &id.name,
            Some(keys_of(object, &["/data", "/stringData"])),
            true,
        )),
        (SEALED_GROUP, SEALED_KIND) => {
            let mut keys = keys_of(object, &["/spec/encryptedData", "/spec/template/data"]);
            for (key, value) in entries(object.pointer("/spec/template/data")) {
                if value.is_null() {
                    keys.remove(key);
                }
            }
            let is_whole = object.pointer("/spec/data").is_none();
            found.push(one(&id.name, is_whole.then_some(keys), true));
        }
        ("external-secrets.io", "ExternalSecret") => {
            let name = text(object, "/spec/target/name").unwrap_or(&id.name);
            let is_open = object.pointer("/spec/dataFrom").is_some()
                || object.pointer("/spec/target/template").is_some();
            let data = elements(object.pointer("/spec/data"));
            let keys =
                data.filter_map(|(_, one)| one.get("secretKey")?.as_str().map(str::to_owned));
            found.push(one(name, (!is_open).then(|| keys.collect()), false));
        }
        ("external-secrets.io", "ClusterExternalSecret") => {
            let name = text(object, "/spec/externalSecretSpec/target/name")
                .or_else(|| text(object, "/spec/externalSecretName"));
            let mut provided = one(name.unwrap_or(&id.name), None, false);
            provided.namespace = Some(String::new());
            found.push(provided);
        }
        ("cert-manager.io", "Certificate") => {
            if let Some(name) = text(object, "/spec/secretName") {
                let plain = object.pointer("/spec/keystores").is_none()
                    && object.pointer("/spec/additionalOutputFormats").is_none();
                let keys = if plain {
                    set(&["tls.crt", "tls.key", "ca.crt"])
                } else {
                    None
                };
                found.push(one(name, keys, false));
            }
        }
        ("networking.k8s.io", "Ingress") if has_issuer(object) => {
            for (_, tls) in elements(object.pointer("/spec/tls")) {
                if let Some(name) = text(tls, "/secretName") {
                    found.push(one(name, set(&["tls.crt", "tls.key", "ca.crt"]), false));
                }
            }
        }
        ("gateway.networking.k8s.io", "Gateway") if has_issuer(object) => {
            for (_, listener) in elements(object.pointer("/spec/listeners")) {
                for (_, reference) in elements(listener.pointer("/tls/certificateRefs")) {
                    if let Some(name) = text(reference, "/name") {
                        found.push(one(name, None, false));
                    }
                }
            }
        }
        ("secrets-store.csi.x-k8s.io", "SecretProviderClass") => {
            for (_, own) in elements(object.pointer("/spec/secretObjects")) {
                if let Some(name) = text(own, "/secretName") {
                    let keys = elements(own.get("data"))
                        .filter_map(|(_, one)| one.get("key")?.as_str().map(str::to_owned));
                    found.push(one(name, Some(keys.collect()), false));
                }
            }
        }
        ("secrets.hashicorp.com", _) => {
            if let Some(name) = text(object, "/spec/destination/name") {
                found.push(one(name, None, false));
            }
        }
        ("onepassword.com", "OnePasswordItem") | ("ricoberger.de", "VaultSecret") => {
            found.push(one(&id.name, None, false))
        }
        ("secrets.infisical.com", _) => {
            if let Some(name) = text(object, "/spec/managedSecretReference/secretName") {
                found.push(one(name, None, false));
            }
        }
        ("isindir.github.com", "SopsSecret") => {
            for (_, own) in elements(object.pointer("/spec/secretTemplates")) {
                if let Some(name) = text(own, "/name") {
                    found.push(one(
                        name,
                        Some(keys_of(own, &["/data", "/stringData"])),
                        false,
                    ));
                }
            }
        }
        ("postgresql.cnpg.io", "Cluster") => {
            for end in ["app", "superuser", "ca", "server", "replication"] {
                found.push(one(&format!("{}-{end}", id.name), None, false));
            }
        }
        _ => {}
    }
    // Whatever writes the credentials of what it makes into a Secret of this name.
    for path in [
        "/spec/writeConnectionSecretToRef",
        "/spec/writeConnectionSecretToReference",
    ] {
        if let Some(name) = object
            .pointer(path)
            .and_then(|holder| text(holder, "/name"))
        {
            let mut provided = one(name, None, false);
            provided.namespace = object
                .pointer(path)
                .and_then(|holder| text(holder, "/namespace"))
                .map(str::to_owned);
            found.push(provided);
        }
    }
    found
}

/// Whether cert-manager makes the certificates of an Ingress or a Gateway.
fn has_issuer(object: &Value) -> bool {
    entries(object.pointer("/metadata/annotations")).any(|(name, _)| {
        matches!(
            name,
            "cert-manager.io/issuer" | "cert-manager.io/cluster-issuer" | "kubernetes.io/tls-acme"
        )
    })
}

fn sealed_of(object: &Value, keeps_blocks: bool) -> SealedFact {
    let items = entries(object.pointer("/spec/encryptedData")).filter_map(|(key, value)| {
        let text = value.as_str()?.trim();
        if text.len() < MIN_COMPARED {
            return None;
        }
        let block = match keeps_blocks.then(|| sealed::judge(text)) {
            Some(Sealed::Value(layout)) => layout.block().to_vec(),
            _ => Vec::new(),
        };
        Some(SealedItem {
            key: key.to_owned(),
            number: number(text.as_bytes()),
            block,
        })
    });
    SealedFact {
        scope: scope_of(object.pointer("/metadata/annotations")),
        items: items.collect(),
    }
}

/// The shortest text that two sealed slots are compared by; what is shorter is a placeholder.
const MIN_COMPARED: usize = 64;

/// A number of a text, equal for equal ones and, among public texts that nobody chooses, for no others (FNV-1a).
fn number(bytes: &[u8]) -> u128 {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in bytes {
        hash ^= u128::from(*byte);
        hash = hash.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    hash
}

/// The pointer of a key of `encryptedData`.
pub fn item_pointer(key: &str) -> String {
    format!("/spec/encryptedData/{}", word(key))
}
