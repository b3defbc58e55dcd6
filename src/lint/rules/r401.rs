//! R401: a Secret is named that nothing provides.

use super::dangling::{Lack, each};
use crate::lint::{
    report::Report,
    rule::{Check, rule},
    set::Set,
};

rule! {
    /// A Secret is named that nothing provides.
    ///
    /// What: a pod template, an Ingress, a Gateway, a ServiceAccount or another known kind names a Secret, not as
    /// optional, and no Secret, SealedSecret, generator, ExternalSecret, Certificate or the like in the same
    /// rendering provides it; `external` of the configuration lists those from elsewhere.
    ///
    /// Why: the pods wait in `CreateContainerConfigError`, or the route has no certificate.
    ///
    /// Instead: correct the name, add the SealedSecret to the kustomization, or list the name under `external`.
    "R401", Error, [Check::Set(check)]
}

fn check(set: &Set, report: &mut Report<'_>) {
    each(set, |fact, reference, lack| {
        let is_external = report.around.config.is_external(
            reference.namespace.as_deref().unwrap_or(&fact.id.namespace),
            &reference.name,
        );
        if lack == Lack::Secret && !is_external {
            let message = format!(
                "{} names the Secret {:?}, which nothing provides",
                fact.id, reference.name
            );
            report.of_fact(fact, &reference.pointer, message).overlay = set.overlay();
        }
    });
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: pw}}}]}]}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, envFrom: [{secretRef: {name: db}}]}]}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c}], volumes: [{name: v, secret: {secretName: ax}}]}}}}",
    "{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c}], imagePullSecrets: [{name: r}]}}}}",
    "{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c}], volumes: [{name: v, projected: {sources: [{secret: {name: p}}]}}]}}}}",
    "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i, namespace: b}, spec: {tls: [{secretName: web-tls}]}}",
    "{apiVersion: v1, kind: ServiceAccount, metadata: {name: s, namespace: b}, imagePullSecrets: [{name: r}]}",
    "=== o/kustomization.yaml\nresources: [a.yaml, d.yaml]\nnamespace: b\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/d.yaml\n{%D%, metadata: {name: w}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: pw}}}]}]}}}}\n",
    "{apiVersion: batch/v1, kind: CronJob, metadata: {name: j, namespace: b}, spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c, envFrom: [{secretRef: {name: gone}}]}]}}}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: r, namespace: b}, spec: {template: {spec: {containers: [{name: c, envFrom: [{secretRef: {name: gone}}]}]}}}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}",
    "{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: pw, optional: true}}}]}]}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c}], volumes: [{name: v, secret: {secretName: a}}]}}}}",
    "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: e, namespace: b}, spec: {target: {name: db}, dataFrom: []}}\n---\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: pw}}}]}]}}}}",
    "{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: c, namespace: b}, spec: {secretName: web-tls}}\n---\n{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i, namespace: b}, spec: {tls: [{secretName: web-tls}]}}",
    "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i, namespace: b, annotations: {cert-manager.io/cluster-issuer: x}}, spec: {tls: [{secretName: web-tls}]}}",
    "=== .waxwing-lint.yaml\nexternal: [db]\n=== a.yaml\n{%D%, metadata: {name: w, namespace: b}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: pw}}}]}]}}}}",
    "=== o/kustomization.yaml\nresources: [d.yaml]\nsecretGenerator: [{name: db, envs: [e]}]\n=== o/d.yaml\n{%D%, metadata: {name: w}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: pw}}}]}]}}}}\n=== o/e\npw=\n\n",
    "{%D%, metadata: {name: w}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}\n---\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%CM%, metadata: {name: c}}",
    "=== o/kustomization.yaml\nresources: [d.yaml]\nnamespace: b\n=== o/d.yaml\n{%D%, metadata: {name: w}, spec: {template: {spec: {containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: pw}}}]}]}}}}\n=== p/kustomization.yaml\nresources: [a.yaml]\n=== p/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
];
