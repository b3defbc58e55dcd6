//! R404: the keys of a Secret are not those of its type.

use crate::lint::{
    document::{Item, entries},
    report::Report,
    rule::{Check, rule},
};

rule! {
    /// The keys of a Secret are not those of its type.
    ///
    /// What: a Secret or SealedSecret of a built-in type without the keys that the type needs, such as
    /// `kubernetes.io/tls` without `tls.key`.
    ///
    /// Why: the API server refuses such a Secret, so nothing comes of the SealedSecret.
    ///
    /// Instead: add the missing keys, or correct the type.
    "R404", Error, [Check::Item(check)]
}

/// Types with the keys that all must be there, and the keys of which one must be.
const TYPES: &[(&str, &[&str], &[&str])] = &[
    ("kubernetes.io/tls", &["tls.crt", "tls.key"], &[]),
    (
        "kubernetes.io/dockerconfigjson",
        &[".dockerconfigjson"],
        &[],
    ),
    ("kubernetes.io/dockercfg", &[".dockercfg"], &[]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"], &[]),
    ("kubernetes.io/basic-auth", &[], &["username", "password"]),
    (
        "bootstrap.kubernetes.io/token",
        &["token-id", "token-secret"],
        &[],
    ),
];

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    let is_sealed = item.is("bitnami.com", "SealedSecret");
    if item.document.is_patch || !(is_sealed || item.is("", "Secret")) {
        return;
    }
    let (at, maps): (_, &[&str]) = if is_sealed {
        (
            "/spec/template/type",
            &["/spec/encryptedData", "/spec/template/data"],
        )
    } else {
        ("/type", &["/data", "/stringData"])
    };
    if is_sealed && item.value.pointer("/spec/data").is_some() {
        return;
    }
    let Some((kind, all, any)) = TYPES.iter().find(|(kind, ..)| item.text(at) == Some(*kind))
    else {
        return;
    };
    let keys: Vec<&str> = maps
        .iter()
        .flat_map(|map| entries(item.value.pointer(map)))
        .map(|(key, _)| key)
        .collect();
    let missing = all.iter().find(|key| !keys.contains(key));
    let has_one = any.is_empty() || any.iter().any(|key| keys.contains(key));
    if let Some(key) = missing {
        report.at(
            item,
            at,
            format!("{} is of type {kind}, and has no key {key:?}", item.id),
        );
    } else if !has_one {
        report.at(
            item,
            at,
            format!(
                "{} is of type {kind}, and has none of the keys {}",
                item.id,
                any.join(", ")
            ),
        );
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {type: kubernetes.io/tls}, encryptedData: {tls.crt: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {type: kubernetes.io/dockerconfigjson}, encryptedData: {config.json: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {type: kubernetes.io/ssh-auth}, encryptedData: {id_rsa: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {type: kubernetes.io/basic-auth}, encryptedData: {user: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {type: kubernetes.io/dockercfg}, encryptedData: {}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {type: bootstrap.kubernetes.io/token}, encryptedData: {token-id: %sealed%}}}",
    "{%S%, metadata: {name: a}, type: kubernetes.io/tls, data: {tls.crt: ''}}",
    "{%S%, metadata: {name: a}, type: kubernetes.io/basic-auth, stringData: {user: ''}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {type: kubernetes.io/tls}, encryptedData: {tls.crt: %sealed%, tls.key: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {type: kubernetes.io/tls, data: {tls.crt: \"%cert%\"}}, encryptedData: {tls.key: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {type: kubernetes.io/basic-auth}, encryptedData: {password: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {type: Opaque}, encryptedData: {a: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {type: example.com/own}, encryptedData: {a: %sealed%}}}",
    "{%S%, metadata: {name: a}, type: kubernetes.io/dockerconfigjson, stringData: {.dockerconfigjson: ''}}",
    "=== o/kustomization.yaml\nresources: [a.yaml]\npatches: [{path: p.yaml}]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {template: {type: kubernetes.io/tls}, encryptedData: {tls.crt: %sealed%, tls.key: %sealed%}}}\n=== o/p.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {template: {type: kubernetes.io/tls}}}\n",
];
