//! S306: a kustomization moves a SealedSecret to another namespace.

use crate::lint::{
    project::Project,
    report::Report,
    rule::{Check, rule},
    scope::Scope,
    set::Set,
};

rule! {
    /// A kustomization moves a SealedSecret to another namespace.
    ///
    /// What: a strict or namespace-wide SealedSecret whose namespace is changed by `namespace:` of a kustomization at
    /// any level, by a patch, by `targetNamespace` of Flux or by the kustomize namespace of an Argo CD Application.
    ///
    /// Why: the namespace is part of the encryption: in another one it cannot be opened.
    ///
    /// Instead: seal it for the namespace that it goes to, one for each overlay.
    "S306", Error, [Check::Set(check), Check::Project(delivered)]
}

fn check(set: &Set, report: &mut Report<'_>) {
    for fact in set.facts.iter().filter(|_| set.is_rendered) {
        let Some(sealed) = &fact.sealed else { continue };
        let (own, rendered) = (&fact.original.namespace, &fact.id.namespace);
        if sealed.scope != Scope::ClusterWide && !own.is_empty() && own != rendered {
            let message = format!(
                "{} is sealed for namespace {own:?}, and {} puts it into {rendered:?}",
                fact.original, set.overlay
            );
            report.of_fact(fact, "/metadata/namespace", message).overlay =
                Some(set.overlay.clone());
        }
    }
}

fn delivered(project: &Project<'_>, report: &mut Report<'_>) {
    for delivery in project
        .deliveries()
        .filter(|delivery| !delivery.namespace.is_empty())
    {
        for (overlay, fact) in project.delivered(delivery) {
            let is_tied = fact
                .sealed
                .as_ref()
                .is_some_and(|sealed| sealed.scope != Scope::ClusterWide);
            if is_tied && !fact.id.namespace.is_empty() && fact.id.namespace != delivery.namespace {
                let message = format!(
                    "{} is sealed for namespace {:?}, and {} puts it into {:?}",
                    fact.id, fact.id.namespace, delivery.by, delivery.namespace
                );
                report.of_fact(fact, "/metadata/namespace", message).overlay =
                    overlay.map(str::to_owned);
            }
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnamespace: prod\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [../base]\nnamespace: prod\n=== base/kustomization.yaml\nresources: [a.yaml]\n=== base/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnamespace: prod\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [../mid]\n=== mid/kustomization.yaml\nresources: [../base]\nnamespace: prod\n=== base/kustomization.yaml\nresources: [a.yaml]\n=== base/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [../base]\ncomponents: [../c]\n=== c/kustomization.yaml\napiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamespace: prod\n=== base/kustomization.yaml\nresources: [a.yaml]\n=== base/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\npatches: [{target: {kind: SealedSecret}, patch: '- {op: replace, path: /metadata/namespace, value: prod}'}]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: f}, spec: {path: ./o, targetNamespace: prod}}\n=== o/kustomization.yaml\nresources: [a.yaml]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: f}, spec: {source: {path: o, kustomize: {namespace: prod}}}}\n=== o/kustomization.yaml\nresources: [a.yaml]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnamespace: b\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnamespace: prod\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnamespace: prod\n=== o/a.yaml\n{%S%, metadata: {name: a, namespace: b}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnamespace: prod\n=== o/a.yaml\n{%SS%, metadata: {name: a}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [../mid]\nnamespace: b\n=== mid/kustomization.yaml\nresources: [../base]\nnamespace: prod\n=== base/kustomization.yaml\nresources: [a.yaml]\n=== base/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: f}, spec: {path: ./o, targetNamespace: b}}\n=== o/kustomization.yaml\nresources: [a.yaml]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: f}, spec: {destination: {namespace: prod}, source: {path: o}}}\n=== o/kustomization.yaml\nresources: [a.yaml]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
];
