//! S309: a SealedSecret takes over a Secret that is there, or lets its own go.

use crate::api::sealed_secret::{MANAGED, PATCH, SKIP_SET_OWNER_REFERENCES, TRUE};
use crate::lint::{
    document::{Item, word},
    report::Report,
    rule::{Check, rule},
};

rule! {
    /// A SealedSecret takes over a Secret that is there, or lets its own go.
    ///
    /// What: the annotations `managed` and `patch`, which let the controller change a Secret that it did not make,
    /// and `skip-set-owner-references`, which keeps the Secret when the SealedSecret goes.
    ///
    /// Why: they are right during a move and forgotten afterwards; with `patch` anybody who may write the
    /// SealedSecret adds keys to the other Secret.
    ///
    /// Instead: remove the annotation when the move is done, or give the reason in an ignore comment.
    "S309", Warning, [Check::Item(check)]
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    if !item.is("bitnami.com", "SealedSecret") && !item.is("", "Secret") {
        return;
    }
    for metadata in ["/metadata", "/spec/template/metadata"] {
        for (name, value) in item.annotations(metadata) {
            if value.as_str() != Some(TRUE) {
                continue;
            }
            let what = match name {
                MANAGED => "lets the controller replace a Secret that is there",
                PATCH => "lets the controller add to a Secret that is there",
                SKIP_SET_OWNER_REFERENCES => "keeps the Secret when the SealedSecret is deleted",
                _ => continue,
            };
            let pointer = format!("{metadata}/annotations/{}", word(name));
            report.at(
                item,
                &pointer,
                format!("annotation {name} of {} {what}", item.id),
            );
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%sb%/managed: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%sb%/patch: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {annotations: {%sb%/managed: 'true'}}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {annotations: {%sb%/patch: 'true'}}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {annotations: {%sb%/skip-set-owner-references: 'true'}}}}}",
    "{%S%, metadata: {name: a, annotations: {%sb%/managed: 'true'}}}",
    "{%S%, metadata: {name: a, annotations: {%sb%/patch: 'true'}}}",
    "{apiVersion: v1, kind: List, items: [{%SS%, metadata: {name: a, namespace: b, annotations: {%sb%/managed: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}]}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%sb%/managed: 'false'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {managed: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%CM%, metadata: {annotations: {%sb%/managed: 'true'}}}",
    "{%S%, metadata: {name: a}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {annotations: {a: b}}}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%sb%/patch: true}}, spec: {encryptedData: {pw: %sealed%}}}",
];
