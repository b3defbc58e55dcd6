//! R402: a key is read that the Secret does not have.

use super::dangling::{Lack, each};
use crate::lint::{
    report::Report,
    rule::{Check, rule},
    set::Set,
};

rule! {
    /// A key is read that the Secret does not have.
    ///
    /// What: a `key` of an environment variable, a volume item or another known place that is neither in
    /// `encryptedData` nor in the template of the SealedSecret, nor in what else provides the Secret.
    ///
    /// Why: the container does not start.
    ///
    /// Instead: correct the key, or seal the value under it (`kubeseal --merge-into`).
    "R402", Error, [Check::Set(check)]
}

fn check(set: &Set, report: &mut Report<'_>) {
    each(set, |fact, reference, lack| {
        if let Lack::Key(key) = lack {
            let message = format!(
                "{} reads the key {key:?} of the Secret {:?}, which has no such key",
                fact.id, reference.name
            );
            report.of_fact(fact, &reference.pointer, message).overlay = set.overlay();
        }
    });
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: passwd}}}]}]}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c}], volumes: [{name: v, secret: {secretName: a, items: [{key: x, path: p}]}}]}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c}], volumes: [{name: v, projected: {sources: [{secret: {name: a, items: [{key: x, path: p}]}}]}}]}}}}",
    "{%S%, metadata: {name: a, namespace: b}, data: {pw: ''}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: x}}}]}]}}}}",
    "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: a, namespace: b}, spec: {data: [{secretKey: pw}]}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: x}}}]}]}}}}",
    "=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\nnamespace: b\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: x}}}]}]}}}}\n",
    "{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: c, namespace: b}, spec: {secretName: a}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c}], volumes: [{name: v, secret: {secretName: a, items: [{key: tls.pem, path: p}]}}]}}}}",
    "=== o/kustomization.yaml\nresources: [d.yaml]\nsecretGenerator: [{name: a, literals: ['pw=']}]\n=== o/d.yaml\n{%D%, metadata: {name: w}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: x}}}]}]}}}}\n",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: x, optional: true}}}]}]}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {t: '{{ .pw }}'}}, encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: t}}}]}]}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, envFrom: [{secretRef: {name: a}}]}]}}}}",
    "{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: zz, key: x}}}]}]}}}}",
    "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: a, namespace: b}, spec: {dataFrom: [{}]}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: x}}}]}]}}}}",
    "=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\npatches: [{target: {kind: SealedSecret}, patch: '- {op: add, path: /spec/encryptedData/x, value: %sealed%}'}]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: x}}}]}]}}}}\n",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c}], volumes: [{name: v, secret: {secretName: a, items: [{key: pw, path: p}]}}]}}}}",
];
