//! S303: a SealedSecret opens in more places than its own.

use crate::lint::{
    document::Item,
    finding::Severity,
    report::Report,
    rule::{Check, rule},
    scope::{Scope, scope_of},
};

rule! {
    /// A SealedSecret opens in more places than its own.
    ///
    /// What: cluster-wide scope as a warning, namespace-wide scope as information; an error where `scopes` of the
    /// configuration forbids it.
    ///
    /// Why: whoever may create a SealedSecret anywhere in the cluster can have a cluster-wide one opened in a
    /// namespace of their own.
    ///
    /// Instead: seal it strictly for its name and namespace.
    "S303", Warning, [Check::Item(check)]
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    if !item.is("bitnami.com", "SealedSecret") {
        return;
    }
    let scope = scope_of(item.value.pointer("/metadata/annotations"));
    let policy = report.around.config.scopes.as_ref();
    let is_forbidden = policy.is_some_and(|scopes| !scopes.contains(&scope.to_string()));
    if is_forbidden {
        let message = format!("{} is {scope}, which the configuration forbids", item.id);
        report
            .at(item, "/metadata/annotations", message)
            .severity(Severity::Error);
    } else if scope != Scope::Strict && policy.is_none() {
        let severity = if scope == Scope::ClusterWide {
            Severity::Warning
        } else {
            Severity::Info
        };
        report
            .at(
                item,
                "/metadata/annotations",
                format!("{} is {scope}", item.id),
            )
            .severity(severity);
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, annotations: {%cluster%: 'true', %ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {x: y, %cluster%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "=== .waxwing-lint.yaml\nscopes: [strict]\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "=== .waxwing-lint.yaml\nscopes: [namespace-wide]\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "=== .waxwing-lint.yaml\nscopes: [strict, namespace-wide]\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{apiVersion: v1, kind: List, items: [{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}]}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'True'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'false'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: true}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%S%, metadata: {annotations: {%cluster%: 'true'}}}",
    "=== .waxwing-lint.yaml\nscopes: [strict, namespace-wide]\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "=== .waxwing-lint.yaml\nscopes: [strict]\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "=== .waxwing-lint.yaml\nrules: {S303: off}\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
];
