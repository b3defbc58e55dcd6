//! R403: a SealedSecret that nothing names.

use std::collections::BTreeSet;

use crate::lint::{
    report::Report,
    rule::{Check, rule},
    set::Set,
};

rule! {
    /// A SealedSecret that nothing names.
    ///
    /// What: a SealedSecret in a rendering of which no object names its Secret. Off unless `rules: {R403: info}` of
    /// the configuration asks for it.
    ///
    /// Why: a secret that nobody needs is one more that can be lost.
    ///
    /// Instead: remove it, or keep it where somebody outside of the rendering reads it.
    "R403", opt_in Info, [Check::Set(check)]
}

fn check(set: &Set, report: &mut Report<'_>) {
    if !set.is_complete {
        return;
    }
    let named: BTreeSet<&str> = set
        .facts
        .iter()
        .flat_map(|fact| &fact.references)
        .map(|reference| reference.name.as_str())
        .collect();
    for fact in set
        .facts
        .iter()
        .filter(|fact| fact.sealed.is_some() && !fact.is_patch)
    {
        if !named.contains(fact.id.name.as_str()) {
            report
                .of_fact(
                    fact,
                    "/metadata/name",
                    format!("nothing names the Secret of {}", fact.id),
                )
                .overlay = set.overlay();
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "=== .waxwing-lint.yaml\nrules: {R403: info}\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "=== .waxwing-lint.yaml\nrules: {R403: info}\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: other, key: pw}}}]}]}}}}",
    "=== .waxwing-lint.yaml\nrules: {R403: info}\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%CM%, metadata: {name: a}}",
    "=== .waxwing-lint.yaml\nrules: {R403: info}\n=== a.yaml\n{%SS%, metadata: {name: q, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}",
    "=== .waxwing-lint.yaml\nrules: {R403: info}\n=== a.yaml\n{apiVersion: v1, kind: List, items: [{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}]}",
    "=== .waxwing-lint.yaml\nrules: {R403: info}\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/kustomization.yaml\nresources: [b.yaml]\n=== o/b.yaml\n{%SS%, metadata: {name: b, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== .waxwing-lint.yaml\nrules: {R403: info}\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "=== .waxwing-lint.yaml\nrules: {R403: info}\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "=== .waxwing-lint.yaml\nrules: {R403: info}\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}",
    "=== .waxwing-lint.yaml\nrules: {R403: info}\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c}], volumes: [{name: v, secret: {secretName: a}}]}}}}",
    "=== .waxwing-lint.yaml\nrules: {R403: info}\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c}], imagePullSecrets: [{name: a}]}}}}",
    "=== .waxwing-lint.yaml\nrules: {R403: info}\n=== a.yaml\n{%S%, metadata: {name: a}}",
    "=== .waxwing-lint.yaml\nrules: {R403: off}\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "=== .waxwing-lint.yaml\nrules: {R403: info}\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{apiVersion: v1, kind: ServiceAccount, metadata: {name: s, namespace: b}, imagePullSecrets: [{name: a}]}",
    "=== .waxwing-lint.yaml\nrules: {R403: info}\n=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\nnamespace: b\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}\n",
];
