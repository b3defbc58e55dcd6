//! R407: a SealedSecret is renamed, and what names it is not.

use super::dangling::{Lack, each};
use crate::lint::{
    report::Report,
    rule::{Check, rule},
    set::Set,
};

rule! {
    /// A SealedSecret is renamed, and what names it is not.
    ///
    /// What: a kustomization gives a SealedSecret another name (`namePrefix`, `nameSuffix`, a patch), and a reference
    /// keeps the old one: kustomize follows the names of Secrets, not those of SealedSecrets.
    ///
    /// Why: the pods wait for a Secret that never comes.
    ///
    /// Instead: add a `nameReference` for SealedSecret under `configurations`, or do not rename it.
    "R407", Error, [Check::Set(check)]
}

fn check(set: &Set, report: &mut Report<'_>) {
    each(set, |fact, reference, lack| {
        if let Lack::Renamed(name) = lack {
            let message = format!(
                "{} names the Secret {:?}, which is called {name:?} here",
                fact.id, reference.name
            );
            report.of_fact(fact, &reference.pointer, message).overlay = set.overlay();
        }
    });
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\nnameSuffix: -x\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\nnamePrefix: x-\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c}], volumes: [{name: v, secret: {secretName: a}}]}}}}\n",
    "=== o/kustomization.yaml\nresources: [../base]\nnameSuffix: -x\n=== base/kustomization.yaml\nresources: [a.yaml, d.yaml]\n=== base/a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}\n=== base/d.yaml\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\nnameSuffix: -x\nnamespace: b\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\nnameSuffix: -x\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, envFrom: [{secretRef: {name: a}}]}]}}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\nnameSuffix: -x\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c}], imagePullSecrets: [{name: a}]}}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\nnameSuffix: -x\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c}], volumes: [{name: v, projected: {sources: [{secret: {name: a}}]}}]}}}}\n",
    "=== o/kustomization.yaml\nresources: [../mid, d.yaml]\n=== mid/kustomization.yaml\nresources: [a.yaml]\nnamePrefix: y-\n=== mid/a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}\n",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\nnameSuffix: -x\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a-x, key: pw}}}]}]}}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\nnameSuffix: -x\n=== o/a.yaml\n{%S%, metadata: {name: a, namespace: b}}\n=== o/d.yaml\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\nnameSuffix: -x\nconfigurations: [c.yaml]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}\n=== o/c.yaml\nnameReference: [{kind: SealedSecret, fieldSpecs: [{kind: Deployment, path: spec/template/spec/containers/env/valueFrom/secretKeyRef/name}]}]\n",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: gone, key: pw}}}]}]}}}}",
    "=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\nnameSuffix: -x\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw, optional: true}}}]}]}}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnameSuffix: -x\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\nnamespace: b\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}\n",
];
