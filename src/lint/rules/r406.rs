//! R406: a Secret is named in another namespace than its own.

use super::dangling::{Lack, each};
use crate::lint::{
    report::Report,
    rule::{Check, rule},
    set::Set,
};

rule! {
    /// A Secret is named in another namespace than its own.
    ///
    /// What: a reference to a Secret that the rendering provides, but in another namespace.
    ///
    /// Why: pods read Secrets of their own namespace only.
    ///
    /// Instead: seal the Secret for the namespace of the pods too.
    "R406", Error, [Check::Set(check)]
}

fn check(set: &Set, report: &mut Report<'_>) {
    each(set, |fact, reference, lack| {
        let is_external = report.around.config.is_external(
            reference.namespace.as_deref().unwrap_or(&fact.id.namespace),
            &reference.name,
        );
        if let (Lack::Elsewhere(namespace), false) = (lack, is_external) {
            let message = format!(
                "{} names the Secret {:?}, which is in namespace {namespace:?}",
                fact.id, reference.name
            );
            report.of_fact(fact, &reference.pointer, message).overlay = set.overlay();
        }
    });
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: z}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: z}, spec: {template: {spec: {containers: [{name: c}], volumes: [{name: v, secret: {secretName: a}}]}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: z}, spec: {template: {spec: {containers: [{name: c}], imagePullSecrets: [{name: a}]}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: z}, spec: {template: {spec: {containers: [{name: c, envFrom: [{secretRef: {name: a}}]}]}}}}",
    "{%S%, metadata: {name: a, namespace: b}}\n---\n{%D%, metadata: {name: w, namespace: z}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}",
    "=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w, namespace: z}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}\n",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i, namespace: z}, spec: {tls: [{secretName: a}]}}",
    "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: a, namespace: b}, spec: {dataFrom: []}}\n---\n{%D%, metadata: {name: w, namespace: z}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%SS%, metadata: {name: a, namespace: z}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: z}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}",
    "{%D%, metadata: {name: w, namespace: z}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: gone, key: pw}}}]}]}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: z}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw, optional: true}}}]}]}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}",
    "=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\nnamespace: b\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w, namespace: z}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}\n",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g, namespace: z}, spec: {listeners: [{name: l, tls: {certificateRefs: [{name: a, namespace: b}]}}]}}",
    "=== .waxwing-lint.yaml\nexternal: [z/a]\n=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: z}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}",
];
