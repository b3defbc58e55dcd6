//! S301: a SealedSecret does not say where it belongs.

use std::collections::BTreeSet;

use crate::lint::{
    finding::Severity,
    project::Project,
    report::Report,
    rule::{Check, rule},
    scope::Scope,
};

rule! {
    /// A SealedSecret does not say where it belongs.
    ///
    /// What: a SealedSecret without a name, or without a namespace that its file, its kustomizations or their
    /// delivery give it; where they give it one, that is told as information.
    ///
    /// Why: name and namespace are part of the encryption of a strict SealedSecret: under others it cannot be opened.
    ///
    /// Instead: write `metadata.name` and `metadata.namespace` as they were when it was sealed.
    "S301", Error, [Check::Project(check)]
}

fn check(project: &Project<'_>, report: &mut Report<'_>) {
    for fact in project.facts.iter().filter(|fact| !fact.is_patch) {
        let Some(sealed) = &fact.sealed else { continue };
        if fact.id.name.is_empty() {
            report.of_fact(fact, "/metadata", "a SealedSecret has no name");
        }
        if !fact.id.namespace.is_empty() || sealed.scope == Scope::ClusterWide {
            continue;
        }
        let mut given = BTreeSet::new();
        let mut overlays = BTreeSet::new();
        for set in project.sets.iter().filter(|set| set.is_rendered) {
            for rendered in set
                .facts
                .iter()
                .filter(|rendered| rendered.source == fact.source)
            {
                overlays.insert(set.overlay.as_str());
                given.insert(rendered.id.namespace.as_str());
            }
        }
        for delivery in project.deliveries() {
            let is_below = delivery.takes(&fact.source.path)
                || overlays.iter().any(|overlay| delivery.takes(overlay));
            if is_below && !delivery.default_namespace.is_empty() {
                given.insert(&delivery.default_namespace);
            }
        }
        given.remove("");
        let mut names = given.iter();
        match (names.next(), names.next()) {
            (Some(namespace), None) => {
                let message = format!(
                    "the namespace of {} comes from elsewhere: it must be sealed for {namespace:?}",
                    fact.id
                );
                report
                    .of_fact(fact, "/metadata", message)
                    .severity(Severity::Info);
            }
            (Some(one), Some(other)) => {
                let message = format!(
                    "{} goes to several namespaces ({one:?}, {other:?}), and can be sealed for one only",
                    fact.id
                );
                report.of_fact(fact, "/metadata", message);
            }
            (None, _) => {
                report.of_fact(fact, "/metadata", format!("{} has no namespace", fact.id));
            }
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, spec: {encryptedData: {pw: %sealed%}}}",
    "=== o/kustomization.yaml\nresources: [a.yaml]\n=== o/a.yaml\n{%SS%, metadata: {name: a}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnamespace: prod\n=== o/a.yaml\n{%SS%, metadata: {name: a}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "=== p/kustomization.yaml\nresources: [../base]\nnamespace: prod\n=== q/kustomization.yaml\nresources: [../base]\nnamespace: dev\n=== base/kustomization.yaml\nresources: [a.yaml]\n=== base/a.yaml\n{%SS%, metadata: {name: a}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "{apiVersion: v1, kind: List, items: [{%SS%, metadata: {name: a}, spec: {encryptedData: {pw: %sealed%}}}]}",
    "{%SS%, metadata: {name: a, annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: default}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, annotations: {%cluster%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%S%, metadata: {name: a}}",
    "=== o/kustomization.yaml\nresources: [a.yaml]\nnamespace: b\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n",
    "{%CM%, metadata: {}}",
    "=== o/kustomization.yaml\nresources: [a.yaml]\npatches: [{path: p.yaml}]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/p.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {x: %sealed%}}}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\npatches: [{path: p.yaml, target: {kind: SealedSecret}}]\n=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}\n=== o/p.yaml\n{%SS%, metadata: {name: a}, spec: {encryptedData: {x: %sealed%}}}\n",
];
