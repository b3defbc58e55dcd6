//! S308: two objects make the same Secret.

use std::collections::BTreeMap;

use crate::lint::{
    layout::folder_of,
    report::Report,
    rule::{Check, rule},
    set::{Fact, Set},
};

rule! {
    /// Two objects make the same Secret.
    ///
    /// What: two SealedSecrets, or a SealedSecret and a Secret, of one name and namespace in one rendering, or in one
    /// folder of manifests that no kustomization names.
    ///
    /// Why: each overwrites the other, or is refused, and which of the two wins is chance.
    ///
    /// Instead: keep one of them.
    "S308", Error, [Check::Set(check)]
}

fn check(set: &Set, report: &mut Report<'_>) {
    let mut same: BTreeMap<(&str, &str, &str), Vec<&Fact>> = BTreeMap::new();
    for fact in set
        .facts
        .iter()
        .filter(|fact| !fact.is_patch && !fact.id.name.is_empty())
    {
        if fact.provides.iter().any(|provided| provided.is_itself) {
            let folder = if set.overlay.is_empty() {
                folder_of(&fact.source.path)
            } else {
                ""
            };
            same.entry((folder, &fact.id.namespace, &fact.id.name))
                .or_default()
                .push(fact);
        }
    }
    for facts in same
        .values()
        .filter(|facts| facts.iter().any(|fact| fact.sealed.is_some()))
    {
        for fact in facts {
            let Some(other) = facts.iter().find(|other| other.source != fact.source) else {
                continue;
            };
            let message = format!(
                "{} makes the same Secret as {} in {}",
                fact.id, other.id.kind, other.source.path
            );
            report.of_fact(fact, "/metadata/name", message).overlay =
                (!set.overlay.is_empty()).then(|| set.overlay.clone());
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {other: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%S%, metadata: {name: a, namespace: b}}",
    "=== x/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== x/b.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {other: %sealed%}}}",
    "=== o/kustomization.yaml\nresources: [a.yaml, b.yaml]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/b.yaml\n{%S%, metadata: {name: a, namespace: b}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml, b.yaml]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/b.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {other: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnamespace: b\nsecretGenerator: [{name: a, literals: ['x='], options: {disableNameSuffixHash: true}}]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml, b.yaml]\nnamespace: b\n=== o/a.yaml\n{%SS%, metadata: {name: a}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/b.yaml\n{%S%, metadata: {name: a}}\n",
    "{apiVersion: v1, kind: List, items: [{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}, {%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {other: %sealed%}}}]}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%SS%, metadata: {name: a, namespace: c}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n---\n{%SS%, metadata: {name: z, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%S%, metadata: {name: a, namespace: b}}\n---\n{%CM%, metadata: {name: a, namespace: b}}",
    "=== x/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== y/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {other: %sealed%}}}",
    "=== o/kustomization.yaml\nresources: [a.yaml]\npatches: [{path: p.yaml}]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/p.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {other: %sealed%}}}\n",
    "=== p/kustomization.yaml\nresources: [../base]\n=== q/kustomization.yaml\nresources: [../base]\n=== base/kustomization.yaml\nresources: [a.yaml]\n=== base/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml, b.yaml]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/b.yaml\n{%S%, metadata: {name: z, namespace: b}}\n",
];
