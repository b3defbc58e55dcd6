//! R405: a template of a SealedSecret does not work.

use crate::{
    lint::{
        document::{Item, entries, word},
        report::Report,
        rule::{Check, rule},
    },
    template::Template,
};

rule! {
    /// A template of a SealedSecret does not work.
    ///
    /// What: an entry of `spec.template.data` that does not parse, that uses a function which is refused, or that
    /// names a key which is not sealed; names with a default or behind `if` are left alone.
    ///
    /// Why: a template that does not parse keeps the whole Secret from being made; a missing key becomes the text
    /// `<no value>` in it.
    ///
    /// Instead: correct the template, or seal the key that it names.
    "R405", Error, [Check::Item(check)]
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    if !item.is("bitnami.com", "SealedSecret") || item.document.is_patch {
        return;
    }
    let sealed: Vec<&str> = entries(item.value.pointer("/spec/encryptedData"))
        .map(|(key, _)| key)
        .collect();
    for (key, held) in entries(item.value.pointer("/spec/template/data")) {
        let Some(text) = held.as_str().filter(|text| text.contains("{{")) else {
            continue;
        };
        let pointer = format!("/spec/template/data/{}", word(key));
        match Template::parse(key, text) {
            Err(error) => {
                let message = format!(
                    "template entry {key:?} of {} does not parse: {error}",
                    item.id
                );
                report.at(item, &pointer, message);
            }
            Ok(template) => {
                for (name, line) in template.needed_names() {
                    if !sealed.contains(&name.as_str())
                        && item.value.pointer("/spec/data").is_none()
                    {
                        let message = format!(
                            "template entry {key:?} of {} names {name:?} in its line {line}, which is not sealed",
                            item.id
                        );
                        report
                            .at(item, &pointer, message)
                            .field
                            .push_str(&format!(":{name}"));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {t: '{{ .pasword }}'}}, encryptedData: {password: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {t: '{{ .a'}}, encryptedData: {a: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {t: '{{ if .a }}x'}}, encryptedData: {a: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {t: '{{ nosuch .a }}'}}, encryptedData: {a: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {t: '{{ index . \"a.b\" }}'}}, encryptedData: {a: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {t: 'x {{ .a }} {{ .b | quote }}'}}, encryptedData: {a: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {t: '{{ end }}'}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {ok: '{{ .a }}', t: '{{ $.c }}'}}, encryptedData: {a: %sealed%}}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {t: '{{ .pw }}'}}, encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {t: '{{ .x | default \"y\" }}'}}, encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {t: '{{ if .x }}{{ .x }}{{ end }}'}}, encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {t: plain}}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {t: '{{ range $k, $v := . }}{{ $v }}{{ end }}'}}, encryptedData: {pw: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {t: '{{ index . \"a.b\" }}'}}, encryptedData: {a.b: %sealed%}}}",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {template: {data: {t: null}}}}",
    "{%CM%, data: {t: '{{ .x }}'}}",
];
