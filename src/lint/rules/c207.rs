//! C207: one ciphertext in two places.

use std::collections::BTreeMap;

use crate::lint::{
    finding::Severity,
    project::Project,
    report::Report,
    rule::{Check, rule},
    scope::Scope,
    set::{Fact, SealedItem, item_pointer},
};

rule! {
    /// One ciphertext stands in two places.
    ///
    /// What: the same sealed value under two keys, names or namespaces; an error where the scope ties it to one of them,
    /// so that the other cannot be opened.
    ///
    /// Why: it was copied between environments, and each environment has its own key, name or namespace.
    ///
    /// Instead: seal the value for each place.
    "C207", Warning, [Check::Project(check)]
}

fn check(project: &Project<'_>, report: &mut Report<'_>) {
    let mut places: BTreeMap<u128, Vec<(&Fact, &SealedItem, Scope)>> = BTreeMap::new();
    for fact in project.facts.iter().filter(|fact| !fact.is_patch) {
        if let Some(sealed) = &fact.sealed {
            for item in &sealed.items {
                places
                    .entry(item.number)
                    .or_default()
                    .push((fact, item, sealed.scope));
            }
        }
    }
    for copies in places.values() {
        for (fact, item, scope) in copies {
            let other = copies.iter().find(|(other, other_item, _)| {
                (&other.id.namespace, &other.id.name, &other_item.key)
                    != (&fact.id.namespace, &fact.id.name, &item.key)
            });
            let Some((other, other_item, _)) = other else {
                continue;
            };
            let (is_named, is_elsewhere) = (
                other.id.name != fact.id.name,
                other.id.namespace != fact.id.namespace,
            );
            let is_tied = match scope {
                Scope::Strict => is_named || is_elsewhere,
                Scope::NamespaceWide => is_elsewhere,
                Scope::ClusterWide => false,
            };
            let message = format!(
                "sealed value {:?} of {} is also {:?} of {} in {}",
                item.key, fact.id, other_item.key, other.id, other.source.path
            );
            let found = report.of_fact(fact, &item_pointer(&item.key), message);
            if is_tied {
                found
                    .severity(Severity::Error)
                    .message
                    .push_str(": one of the two cannot be opened");
            }
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {x: %sealed:512:5:1%, y: %sealed:512:5:1%}}}",
    "=== a.yaml\n{%SS%, metadata: {name: a, namespace: dev}, spec: {encryptedData: {x: %sealed:512:5:1%}}}\n=== b.yaml\n{%SS%, metadata: {name: a, namespace: prod}, spec: {encryptedData: {x: %sealed:512:5:1%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {x: %sealed:512:5:1%}}}\n---\n{%SS%, metadata: {name: c, namespace: b}, spec: {encryptedData: {x: %sealed:512:5:1%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%ns%: 'true'}}, spec: {encryptedData: {x: %sealed:256:5:1%}}}\n---\n{%SS%, metadata: {name: a, namespace: c, annotations: {%ns%: 'true'}}, spec: {encryptedData: {x: %sealed:256:5:1%}}}",
    "{%SS%, metadata: {name: a, namespace: b, annotations: {%cluster%: 'true'}}, spec: {encryptedData: {x: %sealed:256:5:1%}}}\n---\n{%SS%, metadata: {name: a, namespace: c, annotations: {%cluster%: 'true'}}, spec: {encryptedData: {x: %sealed:256:5:1%}}}",
    "{apiVersion: v1, kind: List, items: [{%SS%, metadata: {name: a}, spec: {encryptedData: {x: %sealed:512:5:1%}}}, {%SS%, metadata: {name: b}, spec: {encryptedData: {x: %sealed:512:5:1%}}}]}",
    "=== o/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {x: %sealed:512:5:1%, z: %sealed:512:5:2%}}}\n=== p/a.yaml\n{%SS%, metadata: {name: a, namespace: c}, spec: {encryptedData: {x: %sealed:512:5:3%, z: %sealed:512:5:2%}}}",
    "=== a.json\n{\"apiVersion\": \"bitnami.com/v1alpha1\", \"kind\": \"SealedSecret\", \"metadata\": {\"name\": \"a\"}, \"spec\": {\"encryptedData\": {\"x\": \"%sealed:512:5:1%\", \"y\": \"%sealed:512:5:1%\"}}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {x: %sealed%, y: %sealed%}}}",
    "=== a.yaml\n{%SS%, metadata: {name: a, namespace: dev}, spec: {encryptedData: {x: %sealed%}}}\n=== b.yaml\n{%SS%, metadata: {name: a, namespace: prod}, spec: {encryptedData: {x: %sealed%}}}",
    "=== a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {x: %sealed:512:5:1%}}}\n=== copy/a.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {x: %sealed:512:5:1%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {x: CHANGEME, y: CHANGEME}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {}}}",
    "{%S%, stringData: {a: hunter2, b: hunter2}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {x: ''}}}\n---\n{%SS%, metadata: {name: c, namespace: b}, spec: {encryptedData: {x: ''}}}",
    "{%CM%, data: {x: %sealed:512:5:1%, y: %sealed:512:5:1%}}",
];
