//! P111: a literal credential in the template of a SealedSecret.

use super::plain;
use crate::lint::{
    document::{Item, entries, word},
    finding::Confidence,
    form, inner,
    report::Report,
    rule::{Check, rule},
    value,
};

rule! {
    /// The template of a SealedSecret holds a value in plain.
    ///
    /// What: an entry of `spec.template.data` that is a credential by its key or form and has no template action in the
    /// place of the value, and any value of a stray `spec.template.stringData`.
    ///
    /// Why: only `spec.encryptedData` is encrypted; the template stands beside it in plain.
    ///
    /// Instead: seal the value under a key of its own, and write `{{ .key }}` in the template.
    "P111", Error, [Check::Item(check)]
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    if !item.is("bitnami.com", "SealedSecret") {
        return;
    }
    for (key, held) in entries(item.value.pointer("/spec/template/data")) {
        let Some(text) = held.as_str() else { continue };
        let pointer = format!("/spec/template/data/{}", word(key));
        let outside = without_actions(text);
        let is_plain = !text.contains("{{") && value::is_credential(key, text);
        if is_plain || form::known(&outside).is_some() {
            report.at(
                item,
                &pointer,
                format!("template entry {key:?} of {} is in plain", item.id),
            );
        } else if let Some(name) = inner::credential(key, text) {
            let message = format!(
                "template entry {key:?} of {} has {name:?} in plain",
                item.id
            );
            report
                .at(item, &pointer, message)
                .confidence(Confidence::Likely);
        }
    }
    for (key, held) in entries(item.value.pointer("/spec/template/stringData")) {
        let has_action = held.as_str().is_some_and(|text| text.contains("{{"));
        if !has_action && plain::is_plain("stringData", held) {
            let pointer = format!("/spec/template/stringData/{}", word(key));
            report.at(
                item,
                &pointer,
                format!(
                    "key {key:?} of {} is not encrypted, and is not used either",
                    item.id
                ),
            );
        }
    }
}

/// A text without what stands between `{{` and `}}`.
fn without_actions(text: &str) -> String {
    let mut outside = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        outside.push_str(before);
        outside.push('\u{fffd}');
        rest = behind.split_once("}}").map_or("", |(_, rest)| rest);
    }
    outside.push_str(rest);
    outside
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {password: hunter2}}, encryptedData: {k: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {c.ini: \"[a]\\npassword = hunter2\\n\"}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {stringData: {x: hunter2}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {u: '%url:postgres%'}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {t: '%token:github%'}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {k: \"%pem:EC PRIVATE KEY%\"}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {c.yaml: \"user: {{ .user }}\\napiKey: abc123\\n\"}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {API_TOKEN: abc123}}}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {password: '{{ .pw }}'}}, encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {c.ini: \"[a]\\npassword = {{ .pw }}\\n\"}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {u: 'postgres://app:{{ .pw }}@db/app'}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {mode: fast, user: app}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {stringData: {x: '{{ .pw }}', y: ''}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {password: null}}}}",
    "{%CM%, data: {x: y}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {ca.crt: \"%cert%\"}}}}",
];
