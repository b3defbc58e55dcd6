//! S305: the template of a SealedSecret is of another Secret.

use crate::lint::{
    document::{Item, entries},
    report::Report,
    rule::{Check, rule},
};

rule! {
    /// The template of a SealedSecret is of another Secret.
    ///
    /// What: a name or namespace in `spec.template.metadata` that is not that of `metadata`, and keys of a typed
    /// Secret (TLS, Docker, SSH) without `spec.template.type`.
    ///
    /// Why: the Secret takes the name of the SealedSecret whatever the template says; a Secret of type Opaque is not
    /// taken where one of another type is needed.
    ///
    /// Instead: take name and namespace out of the template, and set the type.
    "S305", Warning, [Check::Item(check)]
}

/// Keys that say which type is meant.
const TYPED: &[(&[&str], &str)] = &[
    (&["tls.crt", "tls.key"], "kubernetes.io/tls"),
    (&[".dockerconfigjson"], "kubernetes.io/dockerconfigjson"),
    (&[".dockercfg"], "kubernetes.io/dockercfg"),
    (&["ssh-privatekey"], "kubernetes.io/ssh-auth"),
];

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    if !item.is("bitnami.com", "SealedSecret") || item.document.is_patch {
        return;
    }
    for (field, own) in [("name", &item.id.name), ("namespace", &item.id.namespace)] {
        let pointer = format!("/spec/template/metadata/{field}");
        if let Some(other) = item
            .text(&pointer)
            .filter(|other| !own.is_empty() && !other.is_empty() && other != own)
        {
            report.at(
                item,
                &pointer,
                format!("the template of {} has the {field} {other:?}", item.id),
            );
        }
    }
    if item
        .text("/spec/template/type")
        .is_some_and(|text| !text.is_empty())
    {
        return;
    }
    let keys: Vec<&str> = entries(item.value.pointer("/spec/encryptedData"))
        .map(|(key, _)| key)
        .collect();
    for (wanted, kind) in TYPED {
        if wanted.iter().all(|key| keys.contains(key)) {
            report.at(
                item,
                "/spec/template",
                format!("{} has the keys of {kind}, and no type", item.id),
            );
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {name: z}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {name: a, namespace: z}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {tls.crt: %sealed%, tls.key: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {.dockerconfigjson: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {name: a}}, encryptedData: {.dockercfg: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {type: ''}, encryptedData: {ssh-privatekey: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {name: z, namespace: z}}}}",
    "{apiVersion: v1, kind: List, items: [{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {name: z}}}}]}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {name: a, namespace: b}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {type: kubernetes.io/tls}, encryptedData: {tls.crt: %sealed%, tls.key: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {type: kubernetes.io/dockerconfigjson}, encryptedData: {.dockerconfigjson: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {tls.crt: %sealed%, other: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {type: Opaque}, encryptedData: {ssh-privatekey: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {labels: {a: b}}}}}",
    "{%SS%, metadata: {name: a}, spec: {template: {metadata: {namespace: z}}}}",
];
