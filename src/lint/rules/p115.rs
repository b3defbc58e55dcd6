//! P115: a patch or a replacement that writes values into a Secret.

use serde_json::Value;

use super::plain;
use crate::lint::{
    document::{Document, elements, entries, read_text},
    layout,
    report::Report,
    rule::{Check, rule},
    value,
};

rule! {
    /// A patch writes a value into a Secret.
    ///
    /// What: in a kustomization, an inline strategic or JSON patch whose target is a Secret and whose value is in plain, and a
    /// replacement that copies from anything but a Secret into one.
    ///
    /// Why: the Secret in the base looks empty, and the value is in the overlay.
    ///
    /// Instead: seal the Secret of each environment, and list the SealedSecret in its overlay.
    "P115", Error, [Check::Document(check)]
}

fn check(document: &Document<'_>, report: &mut Report<'_>) {
    if layout::is_kustomization(document.text.path) {
        for list in ["patches", "patchesJson6902"] {
            for (index, patch) in elements(document.value.get(list)) {
                let kind = patch
                    .pointer("/target/kind")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                if let Some(text) = patch.get("patch").and_then(Value::as_str) {
                    inline(
                        document,
                        text,
                        kind,
                        &format!("/{list}/{index}/patch"),
                        report,
                    );
                }
            }
        }
        for (index, patch) in elements(document.value.get("patchesStrategicMerge")) {
            if let Some(text) = patch.as_str().filter(|text| text.contains('\n')) {
                inline(
                    document,
                    text,
                    "",
                    &format!("/patchesStrategicMerge/{index}"),
                    report,
                );
            }
        }
        for (index, one) in elements(document.value.get("replacements")) {
            replacement(document, one, &format!("/replacements/{index}"), report);
        }
    } else if document.is_patch && document.value.is_array() {
        operations(document, document.value, "", report);
    }
}

fn inline(document: &Document<'_>, text: &str, kind: &str, pointer: &str, report: &mut Report<'_>) {
    for value in read_text(text) {
        if value.is_array() {
            if kind == "Secret" {
                operations(document, &value, pointer, report);
            }
            continue;
        }
        let own = value.get("kind").and_then(Value::as_str).unwrap_or(kind);
        if own != "Secret" {
            continue;
        }
        for map in ["data", "stringData"] {
            for (key, value) in entries(value.get(map)) {
                if plain::is_plain(map, value) {
                    let found = report.in_document(
                        document,
                        pointer,
                        format!("the patch writes {map}.{key} of a Secret in plain"),
                    );
                    found.field = format!("{}:{map}.{key}", found.field);
                    found.excerpt = format!("{key}: ****");
                }
            }
        }
    }
}

/// JSON operations on a Secret, or, in a file, on what their paths say.
fn operations(document: &Document<'_>, list: &Value, pointer: &str, report: &mut Report<'_>) {
    for (index, operation) in elements(Some(list)) {
        let path = operation
            .get("path")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let is_write = matches!(
            operation.get("op").and_then(Value::as_str),
            Some("add" | "replace")
        );
        let Some(held) = operation.get("value").filter(|_| is_write) else {
            continue;
        };
        let (map, key) = match path.trim_start_matches('/').split_once('/') {
            Some((map, key)) => (map, key),
            None => (path.trim_start_matches('/'), ""),
        };
        if !matches!(map, "data" | "stringData") {
            continue;
        }
        // In a file of operations nothing says that the target is a Secret but the values themselves.
        let is_secret = |value: &Value| {
            plain::is_plain(map, value)
                && (!pointer.is_empty()
                    || map == "stringData"
                    || value::is_credential(key, value.as_str().unwrap_or_default()))
        };
        let is_plain = match held {
            Value::Object(values) => values.values().any(is_secret),
            value => is_secret(value),
        };
        if is_plain {
            let at = if pointer.is_empty() {
                format!("/{index}/value")
            } else {
                pointer.to_owned()
            };
            let found = report.in_document(
                document,
                &at,
                format!("the patch writes {path} of a Secret in plain"),
            );
            found.field = format!("{}:{index}:{path}", found.field);
            found.excerpt = format!("{path}: ****");
        }
    }
}

fn replacement(document: &Document<'_>, one: &Value, pointer: &str, report: &mut Report<'_>) {
    let source = one.pointer("/source/kind").and_then(Value::as_str);
    let literal = one.get("sourceValue").is_some();
    if source == Some("Secret") || (source.is_none() && !literal) {
        return;
    }
    for (index, target) in elements(one.get("targets")) {
        let is_secret = target.pointer("/select/kind").and_then(Value::as_str) == Some("Secret");
        let writes = elements(target.get("fieldPaths")).any(|(_, path)| {
            path.as_str()
                .is_some_and(|path| path.starts_with("data") || path.starts_with("stringData"))
        });
        if is_secret && writes {
            let from = source.unwrap_or("a literal");
            report.in_document(
                document,
                &format!("{pointer}/targets/{index}"),
                format!("a replacement copies from {from} into a Secret"),
            );
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "=== kustomization.yaml\npatches: [{target: {kind: Secret}, patch: '[{op: add, path: /data/pw, value: %b64:hunter2%}]'}]",
    "=== kustomization.yaml\npatches: [{patch: '{%S%, metadata: {name: a}, stringData: {pw: hunter2}}'}]",
    "=== kustomization.yaml\npatches: [{target: {kind: Secret, name: a}, patch: '[{op: replace, path: /stringData, value: {pw: hunter2}}]'}]",
    "=== kustomization.yaml\npatchesStrategicMerge:\n- |\n  apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n  stringData: {pw: hunter2}\n",
    "=== kustomization.yaml\npatchesJson6902: [{target: {version: v1, kind: Secret, name: a}, patch: '[{op: add, path: /stringData/pw, value: hunter2}]'}]",
    "=== kustomization.yaml\nreplacements: [{source: {kind: ConfigMap, name: c}, targets: [{select: {kind: Secret}, fieldPaths: [stringData.pw]}]}]",
    "=== kustomization.yaml\npatches: [{target: {kind: Secret}, path: p.yaml}]\n=== p.yaml\n[{op: add, path: /stringData/pw, value: hunter2}]",
    "=== kustomization.yaml\npatches: [{target: {kind: Secret}, patch: '{metadata: {name: a}, data: {pw: %b64:hunter2%}}'}]",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "=== kustomization.yaml\npatches: [{target: {kind: ConfigMap}, patch: '[{op: add, path: /data/mode, value: fast}]'}]",
    "=== kustomization.yaml\npatches: [{target: {kind: Secret}, patch: '[{op: remove, path: /data/pw}]'}]",
    "=== kustomization.yaml\npatches: [{target: {kind: Secret}, patch: '[{op: add, path: /metadata/labels/a, value: b}]'}]",
    "=== kustomization.yaml\npatches: [{target: {kind: Secret}, patch: '[{op: add, path: /data/pw, value: \"\"}]'}]",
    "=== kustomization.yaml\npatches: [{patch: '{%S%, metadata: {name: a}, stringData: {pw: CHANGEME}}'}]",
    "=== kustomization.yaml\nreplacements: [{source: {kind: Secret, name: c}, targets: [{select: {kind: Secret}, fieldPaths: [data.pw]}]}]",
    "=== kustomization.yaml\nreplacements: [{source: {kind: ConfigMap, name: c}, targets: [{select: {kind: Secret}, fieldPaths: [metadata.labels.a]}]}]",
    "=== kustomization.yaml\npatches: [{target: {kind: SealedSecret}, patch: '[{op: add, path: /spec/encryptedData/pw, value: %sealed%}]'}]",
];
