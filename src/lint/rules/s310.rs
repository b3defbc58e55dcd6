//! S310: the name or namespace of a strict SealedSecret is a template.

use std::sync::LazyLock;

use regex::Regex;

use crate::lint::{
    document::Item,
    report::Report,
    rule::{Check, rule},
    scope::{Scope, scope_of},
    text::Text,
};

rule! {
    /// The name or namespace of a strict SealedSecret is a template.
    ///
    /// What: `{{ … }}`, `${…}` or `$(…)` in `metadata.name` or `metadata.namespace` of a SealedSecret that is tied to
    /// them, also in chart templates that are no YAML.
    ///
    /// Why: the ciphertext is made for one name and one namespace, and the template gives it others.
    ///
    /// Instead: write the name and namespace that it was sealed for, or seal it cluster-wide.
    "S310", Warning, [Check::Item(check), Check::Text(text)]
}

static LINE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"^  ?(?:  )?(name|namespace):\s*["']?[^#\n]*\{\{"#).ok());

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    if !item.is("bitnami.com", "SealedSecret") {
        return;
    }
    let scope = scope_of(item.value.pointer("/metadata/annotations"));
    for (field, text, is_tied) in [
        ("name", &item.id.name, scope == Scope::Strict),
        ("namespace", &item.id.namespace, scope != Scope::ClusterWide),
    ] {
        if is_tied && ["{{", "${", "$("].iter().any(|mark| text.contains(mark)) {
            report.at(
                item,
                &format!("/metadata/{field}"),
                format!("the {field} of a {scope} SealedSecret is a template"),
            );
        }
    }
}

/// Chart templates, which cannot be read as documents: a template in the metadata of a SealedSecret.
fn text(text: &Text<'_>, report: &mut Report<'_>) {
    let is_template =
        !text.is_read && text.text.contains("kind: SealedSecret") && text.text.contains("{{");
    if !is_template || text.text.contains("cluster-wide: \"true\"") {
        return;
    }
    let (mut is_sealed, mut is_metadata, mut waiting) = (false, false, Vec::new());
    for (number, line) in text.lines().chain([(0, "---")]) {
        if line.starts_with("---") {
            for (number, field) in waiting.drain(..).filter(|_| is_sealed) {
                let place = crate::lint::finding::Place::line(text.path, number);
                report
                    .add(
                        place,
                        format!("the {field} of a SealedSecret is a template"),
                    )
                    .field = format!("metadata.{field}");
            }
            (is_sealed, is_metadata) = (false, false);
            continue;
        }
        is_sealed |= line.trim_end() == "kind: SealedSecret";
        if line.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            is_metadata = line.starts_with("metadata:");
        }
        if is_metadata && let Some(found) = LINE.as_ref().and_then(|regex| regex.captures(line)) {
            waiting.push((number, found.get(1).map_or("name", |field| field.as_str())));
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: '{{ .Release.Namespace }}'}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: '{{ .Release.Name }}-a', namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: '${NS}'}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: '$(NS)'}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: '{{ .n }}', annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "=== c/Chart.yaml\nname: c\n=== c/templates/s.yaml\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: a\n  namespace: {{ .Release.Namespace }}\n",
    "=== c/Chart.yaml\nname: c\n=== c/templates/s.yaml\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: {{ .Release.Name }}-db\nspec: {}\n",
    "{%SS%, metadata: {name: 'x-${ENV}', namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: '{{ .n }}', annotations: {%cluster%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: '{{ .n }}', namespace: b, annotations: {%ns%: 'true'}}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%S%, metadata: {name: '{{ .n }}'}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {a: '{{ .pw }}'}}}}",
    "=== c/Chart.yaml\nname: c\n=== c/templates/s.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n",
    "=== c/Chart.yaml\nname: c\n=== c/templates/s.yaml\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: a\n  namespace: b\n  labels: {{ .l }}\n",
    "{%CM%, metadata: {name: '${A}'}}",
];
