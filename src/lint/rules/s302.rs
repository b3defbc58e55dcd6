//! S302: the scopes of a SealedSecret and of its template differ.

use crate::lint::{
    document::Item,
    report::Report,
    rule::{Check, rule},
    scope::{is_stated, scope_of},
};

rule! {
    /// The scopes of a SealedSecret and of its template differ.
    ///
    /// What: scope annotations in `spec.template.metadata` that ask for another scope than those in `metadata`.
    ///
    /// Why: `metadata` decides how it opens. Programs that looked at the template re-encrypted a strict secret for
    /// the whole cluster (CVE-2026-22728).
    ///
    /// Instead: make both the same, or leave the annotation out of the template (`waxwing lint --fix`).
    "S302", Error, [Check::Item(check)]
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    if !item.is("bitnami.com", "SealedSecret") || item.document.is_patch {
        return;
    }
    let template = item.value.pointer("/spec/template/metadata/annotations");
    let (own, other) = (
        scope_of(item.value.pointer("/metadata/annotations")),
        scope_of(template),
    );
    if is_stated(template) && own != other {
        let message = format!("{} is {own}, its template says {other}", item.id);
        report.at(item, "/spec/template/metadata/annotations", message);
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {annotations: {%cluster%: 'true'}}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {annotations: {%ns%: 'true'}}}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'true'}}, spec: {template: {metadata: {annotations: {%ns%: 'true'}}}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {template: {metadata: {annotations: {%cluster%: 'true'}}}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'true'}}, spec: {template: {metadata: {annotations: {%cluster%: 'false'}}}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {template: {metadata: {annotations: {%ns%: 'True'}}}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'yes'}}, spec: {template: {metadata: {annotations: {%ns%: 'true'}}}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {template: {metadata: {annotations: {%ns%: 'true', %cluster%: 'true'}}}}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'true'}}, spec: {template: {metadata: {annotations: {%cluster%: 'true'}}}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {template: {metadata: {annotations: {%ns%: 'true'}}}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {annotations: {a: b}}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {metadata: {annotations: {%cluster%: 'false'}}}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'true', %ns%: 'true'}}, spec: {template: {metadata: {annotations: {%cluster%: 'true'}}}}}",
    "{%CM%, metadata: {annotations: {%cluster%: 'true'}}}",
];
