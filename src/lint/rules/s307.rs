//! S307: a kustomization renames a strict SealedSecret.

use crate::lint::{
    project::Project,
    report::Report,
    rule::{Check, rule},
    scope::Scope,
    set::Set,
};

rule! {
    /// A kustomization renames a strict SealedSecret.
    ///
    /// What: a strict SealedSecret whose name is changed by `namePrefix`, `nameSuffix` or a patch, in a kustomization
    /// or by what delivers it.
    ///
    /// Why: the name is part of the encryption of a strict SealedSecret: under another one it cannot be opened.
    ///
    /// Instead: seal it for the name that it gets, or with namespace-wide scope.
    "S307", Error, [Check::Set(check), Check::Project(delivered)]
}

fn check(set: &Set, report: &mut Report<'_>) {
    for fact in set.facts.iter().filter(|_| set.is_rendered) {
        let is_strict = fact
            .sealed
            .as_ref()
            .is_some_and(|sealed| sealed.scope == Scope::Strict);
        let (own, rendered) = (&fact.original.name, &fact.id.name);
        if is_strict && !own.is_empty() && own != rendered {
            let message = format!(
                "{} is sealed under its name, and {} calls it {rendered:?}",
                fact.original, set.overlay
            );
            report.of_fact(fact, "/metadata/name", message).overlay = Some(set.overlay.clone());
        }
    }
}

fn delivered(project: &Project<'_>, report: &mut Report<'_>) {
    for delivery in project.deliveries().filter(|delivery| delivery.renames) {
        for (overlay, fact) in project.delivered(delivery) {
            if fact
                .sealed
                .as_ref()
                .is_some_and(|sealed| sealed.scope == Scope::Strict)
            {
                let message = format!(
                    "{} is sealed under its name, and {} renames it",
                    fact.id, delivery.by
                );
                report.of_fact(fact, "/metadata/name", message).overlay =
                    overlay.map(str::to_owned);
            }
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnameSuffix: -staging\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnamePrefix: x-\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [../base]\nnameSuffix: -x\n=== base/kustomization.yaml\nresources: [a.yaml]\n=== base/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [../mid]\n=== mid/kustomization.yaml\nresources: [../base]\nnamePrefix: y-\n=== base/kustomization.yaml\nresources: [a.yaml]\n=== base/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\npatches: [{target: {kind: SealedSecret}, patch: '- {op: replace, path: /metadata/name, value: z}', options: {allowNameChange: true}}]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: f}, spec: {source: {path: o, kustomize: {nameSuffix: -x}}}}\n=== o/kustomization.yaml\nresources: [a.yaml]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [../base]\ncomponents: [../c]\n=== c/kustomization.yaml\napiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -c\n=== base/kustomization.yaml\nresources: [a.yaml]\n=== base/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnameSuffix: -staging\nnamespace: b\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "=== o/kustomization.yaml\nresources: [a.yaml]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnameSuffix: -x\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnameSuffix: -x\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnameSuffix: -x\n=== o/a.yaml\n{%CM%, metadata: {name: a}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnamespace: prod\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnameSuffix: ''\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: f}, spec: {source: {path: other, kustomize: {nameSuffix: -x}}}}\n=== o/kustomization.yaml\nresources: [a.yaml]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\ncommonLabels: {a: b}\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
];
