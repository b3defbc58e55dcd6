//! S304: a scope annotation does not say what it seems to.

use crate::api::sealed_secret::{
    CLUSTER_WIDE, MANAGED, NAMESPACE_WIDE, PATCH, SKIP_SET_OWNER_REFERENCES, TRUE,
};
use crate::lint::{
    document::{Item, word},
    report::Report,
    rule::{Check, rule},
};

rule! {
    /// A scope annotation does not say what it seems to.
    ///
    /// What: a scope annotation whose value is neither `"true"` nor `"false"` as a text, an annotation of
    /// `sealedsecrets.bitnami.com/` that nobody knows, and both scopes at once.
    ///
    /// Why: only the exact text `"true"` counts; anything else leaves the SealedSecret strict, and it is not opened
    /// where it should be.
    ///
    /// Instead: write `"true"` in quotes, and only one scope (`waxwing lint --fix`).
    "S304", Warning, [Check::Item(check)]
}

/// What the annotations of the original begin with.
const PREFIX: &str = "sealedsecrets.bitnami.com/";

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    if !item.is("bitnami.com", "SealedSecret") {
        return;
    }
    for metadata in ["/metadata", "/spec/template/metadata"] {
        let mut set = 0;
        for (name, value) in item.annotations(metadata) {
            if !name.starts_with(PREFIX) {
                continue;
            }
            let pointer = format!("{metadata}/annotations/{}", word(name));
            let is_scope = matches!(name, CLUSTER_WIDE | NAMESPACE_WIDE);
            let is_known = is_scope || matches!(name, MANAGED | PATCH | SKIP_SET_OWNER_REFERENCES);
            let text = value.as_str();
            if !is_known {
                report.at(
                    item,
                    &pointer,
                    format!("annotation {name} of {} is not one that is known", item.id),
                );
            } else if !matches!(text, Some(TRUE | "false")) {
                report.at(
                    item,
                    &pointer,
                    format!(
                        "annotation {name} of {} counts only with the text \"true\"",
                        item.id
                    ),
                );
            }
            set += usize::from(is_scope && text == Some(TRUE));
        }
        if set > 1 {
            let message = format!("{} asks for both scopes, and cluster-wide wins", item.id);
            report.at(item, &format!("{metadata}/annotations"), message);
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'True'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: true}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: ' true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%sb%/scopes: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%sb%/cluster_wide: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'true', %ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: yes}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {annotations: {%ns%: '1'}}}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: ''}}, spec: {encryptedData: {pw: %sealed%}}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: \"true\"}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'false'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%sb%/managed: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {waxwing.dev/canary: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {annotations: {%sb%/skip-set-owner-references: 'true'}}}}}",
    "{%S%, metadata: {annotations: {%cluster%: 'True'}}}",
];
