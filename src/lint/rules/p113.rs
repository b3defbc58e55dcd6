//! P113: the plain source of a sealed file.

use std::collections::BTreeMap;

use crate::lint::{
    project::Project,
    report::Report,
    rule::{Check, rule},
};

rule! {
    /// The plain source of a sealed file is in reach of Git.
    ///
    /// What: a Secret with values of the same name and namespace as a SealedSecret, or a file named `*.secret.yaml`
    /// (`.yml`, `.json`) with a plain Secret that Git does not ignore.
    ///
    /// Why: the next `git add .` commits it.
    ///
    /// Instead: put `*.secret.yaml` into `.gitignore`, and `git rm --cached` what is tracked.
    "P113", Warning, [Check::Project(check)]
}

fn check(project: &Project<'_>, report: &mut Report<'_>) {
    let sealed: BTreeMap<(&str, &str), &str> = project
        .facts
        .iter()
        .filter(|fact| fact.sealed.is_some())
        .map(|fact| {
            (
                (fact.id.namespace.as_str(), fact.id.name.as_str()),
                fact.source.path.as_str(),
            )
        })
        .collect();
    for fact in project.facts {
        let is_plain = fact.id.kind == "Secret"
            && fact.id.api_version == "v1"
            && fact.has_plain_values
            && !fact.is_patch;
        if !is_plain {
            continue;
        }
        let path = &fact.source.path;
        let twin = sealed.get(&(fact.id.namespace.as_str(), fact.id.name.as_str()));
        let lower = path.to_ascii_lowercase();
        let is_named = [".secret.yaml", ".secret.yml", ".secret.json"]
            .iter()
            .any(|end| lower.ends_with(end));
        let is_tracked = project.tracked.is_none_or(|tracked| tracked.contains(path));
        let state = if is_tracked {
            "is tracked by Git"
        } else {
            "is not ignored by Git"
        };
        let message = match twin {
            Some(twin) => format!("the plain source of {twin} {state}"),
            None if is_named => format!("a file that is named as plain {state}"),
            None => continue,
        };
        report.of_object(fact.source.place(), &fact.id, "", message);
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "=== db.secret.yaml\n{%S%, metadata: {name: a, namespace: b}, stringData: {pw: hunter2}}\n=== db.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "=== db.secret.yaml\n{%S%, metadata: {name: a}, stringData: {pw: hunter2}}",
    "=== x/db.secret.yml\n{%S%, metadata: {name: a}, data: {pw: %b64:hunter2%}}",
    "=== plain.yaml\n{%S%, metadata: {name: a, namespace: b}, data: {pw: %b64:hunter2%}}\n=== sealed.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "=== a.yaml\n{%S%, metadata: {name: a}, stringData: {pw: hunter2}}\n---\n{%SS%, metadata: {name: a}, spec: {encryptedData: {pw: %sealed%}}}",
    "=== a.secret.json\n{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {\"name\": \"a\"}, \"stringData\": {\"pw\": \"hunter2\"}}",
    "=== one.yaml\n{apiVersion: v1, kind: List, items: [{%S%, metadata: {name: a, namespace: b}, stringData: {pw: hunter2}}]}\n=== two.yaml\n{%SS%, metadata: {name: a, namespace: b}}",
    "=== env/prod.secret.yaml\n{%S%, metadata: {name: p, namespace: q}, stringData: {pw: 12345}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%S%, metadata: {name: a, namespace: b}, stringData: {pw: hunter2}}",
    "=== a.secret.yaml\n{%S%, metadata: {name: a}, stringData: {pw: CHANGEME}}",
    "=== a.secret.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "=== p.yaml\n{%S%, metadata: {name: a, namespace: c}, stringData: {pw: hunter2}}\n=== s.yaml\n{%SS%, metadata: {name: a, namespace: b}}",
    "=== p.yaml\n{%S%, metadata: {name: a, namespace: b}}\n=== s.yaml\n{%SS%, metadata: {name: a, namespace: b}}",
    "=== a.secret.yaml\n{%CM%, data: {a: b}}",
    "=== a.secret.txt\nnothing\n",
];
