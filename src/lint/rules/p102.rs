//! P102: a secret generator with plain sources.

use serde_json::Value;

use crate::lint::{
    document::{Document, elements},
    layout::{self, folder_of, resolve},
    project::Project,
    report::Report,
    rule::{Check, rule},
    value,
};

rule! {
    /// A `secretGenerator` is fed from plain values.
    ///
    /// What: a kustomization with a `secretGenerator` whose `literals` are values, or whose `envs` and `files` name a
    /// file that is part of the repository.
    ///
    /// Why: the generated Secret is never in Git, but everything that it is made of is.
    ///
    /// Instead: remove the generator, seal the Secret, and list the SealedSecret under `resources`.
    "P102", Error, [Check::Document(literals), Check::Project(files)]
}

fn literals(document: &Document<'_>, report: &mut Report<'_>) {
    if !layout::is_kustomization(document.text.path) {
        return;
    }
    for (index, generator) in elements(document.value.get("secretGenerator")) {
        for (number, literal) in elements(generator.get("literals")) {
            let Some((key, text)) = literal.as_str().and_then(|text| text.split_once('=')) else {
                continue;
            };
            let text = text.trim_matches(['"', '\'']);
            if !value::is_placeholder(text) && !value::is_public(text) {
                let pointer = format!("/secretGenerator/{index}/literals/{number}");
                let name = generator
                    .get("name")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let message =
                    format!("literal {key:?} of the secret generator {name:?} is not encrypted");
                let found = report.in_document(document, &pointer, message);
                found.field = format!("secretGenerator.{name}.literals.{key}");
                found.excerpt = format!("- {key}=****");
            }
        }
    }
}

fn files(project: &Project<'_>, report: &mut Report<'_>) {
    for fact in project.generators() {
        let folder = folder_of(&fact.kustomization);
        let Some(path) = resolve(folder, &fact.file) else {
            continue;
        };
        let is_there = project.tracked.map_or_else(
            || project.paths.contains(&path),
            |tracked| tracked.contains(&path),
        );
        if !is_there || project.is_harmless(&path) {
            continue;
        }
        let message = format!(
            "secret generator {:?} reads {path}, which is in the repository in plain",
            fact.generator
        );
        let found = report.add(
            crate::lint::finding::Place::line(&fact.kustomization, fact.line),
            message,
        );
        found.field = format!("secretGenerator.{}.{path}", fact.generator);
        found.excerpt = format!("- {}", fact.file);
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "=== kustomization.yaml\nsecretGenerator: [{name: a, literals: [pw=x]}]",
    "=== kustomization.yaml\nsecretGenerator: [{name: a, literals: [ok=<pw>, 'pw=\"hunter2\"']}]",
    "=== o/kustomization.yml\nsecretGenerator: [{name: a}, {name: b, literals: ['user=admin']}]",
    "=== Kustomization\nsecretGenerator: [{name: a, literals: [pin=1234]}]",
    "=== kustomization.yaml\nsecretGenerator: [{name: a, files: [key.txt]}]\n=== key.txt\nabc\n",
    "=== kustomization.yaml\nsecretGenerator: [{name: a, files: [k=s/key.txt]}]\n=== s/key.txt\nabc\n",
    "=== kustomization.yaml\nsecretGenerator: [{name: a, envs: [db.env]}]\n=== db.env\nPW=hunter2\n",
    "=== o/kustomization.yaml\nsecretGenerator: [{name: a, env: db.env}]\n=== o/db.env\nPW=hunter2\n",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "=== kustomization.yaml\nconfigMapGenerator: [{name: a, literals: [mode=fast]}]",
    "=== kustomization.yaml\nsecretGenerator: [{name: a, literals: ['pw=${PW}', 'b=CHANGEME', 'c=']}]",
    "=== kustomization.yaml\nsecretGenerator: [{name: a, files: [key.txt]}]\n=== readme.txt\nabc\n",
    "=== kustomization.yaml\nsecretGenerator: [{name: a, files: [ca.crt]}]\n=== ca.crt\n%CERT%\n",
    "=== kustomization.yaml\nsecretGenerator: [{name: a, envs: [db.env]}]\n=== db.env\nPW=\nUSER=<user>\n",
    "=== kustomization.yaml\nsecretGenerator: [{name: a, files: [s.enc.yaml]}]\n=== s.enc.yaml\npw: 'ENC[AES256_GCM,data:x,type:str]'\nsops: {version: 3.9.0}\n",
    "=== kustomization.yaml\nresources: [s.yaml]\n=== s.yaml\n{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "=== other.yaml\nsecretGenerator: [{name: a, literals: [pw=x]}]",
];
