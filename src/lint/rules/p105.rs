//! P105: a credential in the values of a chart.

use serde_json::Value;

use crate::lint::{
    document::{Document, Item, elements, entries, read_text, word},
    finding::Confidence,
    form, inner,
    report::Report,
    rule::{Check, rule},
    value,
};

rule! {
    /// Values for a chart hold a credential.
    ///
    /// What: a literal under the name of a credential, or of the form of one, in a values file, in `spec.values` of a
    /// HelmRelease, in `valuesContent` of a HelmChart, or in `helm.parameters`, `helm.values` and `helm.valuesObject`
    /// of an Application.
    ///
    /// Why: the chart makes a Secret of it, but the value is in Git in plain.
    ///
    /// Instead: seal the Secret, and name it in the value that charts have for this (`existingSecret`), or use
    /// `valuesFrom` with a Secret.
    "P105", Warning, [Check::Document(file), Check::Item(item)]
}

/// Takes a JSON pointer, the name that the excerpt shows, and a message.
type Add<'a> = dyn FnMut(&str, &str, String) + 'a;

/// Values files.
fn file(document: &Document<'_>, report: &mut Report<'_>) {
    let name = document.text.name().to_ascii_lowercase();
    if document.value.get("apiVersion").is_some() || !is_values_file(&name) {
        return;
    }
    leaves(
        document.value,
        &mut String::new(),
        &mut |pointer, name, message| {
            let found = report.in_document(document, pointer, message);
            found.confidence(Confidence::Likely).excerpt = format!("{name}: ****");
        },
    );
}

/// Objects that carry values.
fn item(item: &Item<'_>, report: &mut Report<'_>) {
    let add: &mut Add<'_> = &mut |pointer, name, message| {
        let found = report.at(item, pointer, message);
        found.confidence(Confidence::Likely).excerpt = format!("{name}: ****");
        if !pointer.ends_with(name) {
            found.field.push_str(&format!(".{name}"));
        }
    };
    let value = item.value;
    match item.id.kind.as_str() {
        "HelmRelease" => values(value, "/spec/values", add),
        "HelmChart" | "HelmChartConfig" => {
            values(value, "/spec/set", add);
            held(value, "/spec/valuesContent", add);
        }
        "Application" | "ApplicationSet" => {
            for source in ["/spec/source", "/spec/template/spec/source"] {
                source_values(value, source, add);
            }
            for list in ["/spec/sources", "/spec/template/spec/sources"] {
                for (index, _) in elements(value.pointer(list)) {
                    source_values(value, &format!("{list}/{index}"), add);
                }
            }
        }
        "Kustomization" => {
            for (index, _) in elements(value.get("helmCharts")) {
                values(value, &format!("/helmCharts/{index}/valuesInline"), add);
            }
        }
        _ => {}
    }
}

fn is_values_file(name: &str) -> bool {
    let stem = name
        .strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"));
    stem.is_some_and(|stem| stem.starts_with("values") || stem.ends_with("values"))
}

fn source_values(value: &Value, source: &str, add: &mut Add<'_>) {
    values(value, &format!("{source}/helm/valuesObject"), add);
    held(value, &format!("{source}/helm/values"), add);
    let list = format!("{source}/helm/parameters");
    for (index, parameter) in elements(value.pointer(&list)) {
        let part = |name: &str| {
            parameter
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let (name, text) = (part("name"), part("value"));
        if value::is_credential(name, text) || form::known(text).is_some() {
            add(
                &format!("{list}/{index}/value"),
                name,
                format!("chart parameter {name:?} is a credential"),
            );
        }
    }
}

fn values(value: &Value, pointer: &str, add: &mut Add<'_>) {
    if let Some(value) = value.pointer(pointer) {
        leaves(value, &mut pointer.to_owned(), add);
    }
}

/// Values that stand in a text.
fn held(value: &Value, pointer: &str, add: &mut Add<'_>) {
    let Some(text) = value.pointer(pointer).and_then(Value::as_str) else {
        return;
    };
    for value in read_text(text) {
        if let Some(name) = inner::leaf(&value, None) {
            add(
                pointer,
                &name,
                format!("chart value {name:?} is a credential"),
            );
            return;
        }
    }
    if let Some(what) = form::known(text) {
        add(pointer, what, format!("the chart's values hold a {what}"));
    }
}

fn leaves(value: &Value, pointer: &mut String, add: &mut Add<'_>) {
    let length = pointer.len();
    let number;
    let text = match value {
        Value::Object(_) => {
            for (name, inner) in entries(Some(value)) {
                pointer.push('/');
                pointer.push_str(&word(name));
                leaves(inner, pointer, add);
                pointer.truncate(length);
            }
            return;
        }
        Value::Array(_) => {
            for (index, inner) in elements(Some(value)) {
                pointer.push_str(&format!("/{index}"));
                leaves(inner, pointer, add);
                pointer.truncate(length);
            }
            return;
        }
        Value::String(text) => text.as_str(),
        Value::Number(_) => {
            number = value.to_string();
            &number
        }
        _ => return,
    };
    let name = pointer.rsplit('/').next().unwrap_or_default().to_owned();
    if let Some(what) = form::known(text) {
        add(pointer, &name, format!("chart value {name:?} is a {what}"));
    } else if value::is_credential(&name, text) {
        add(
            pointer,
            &name,
            format!("chart value {name:?} is a credential by its name"),
        );
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "=== values.yaml\npostgresqlPassword: x1\n",
    "=== c/values-prod.yaml\nauth: {password: hunter2}\n",
    "=== prod.values.yaml\na: [{token: abc123}]\n",
    "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, spec: {values: {db: {rootPassword: abc}}}}",
    "{apiVersion: argoproj.io/v1alpha1, kind: Application, spec: {source: {helm: {parameters: [{name: auth.password, value: abc}]}}}}",
    "{apiVersion: argoproj.io/v1alpha1, kind: Application, spec: {sources: [{helm: {valuesObject: {apiKey: abc}}}]}}",
    "{apiVersion: argoproj.io/v1alpha1, kind: Application, spec: {source: {helm: {values: \"db:\\n  password: abc\\n\"}}}}",
    "{apiVersion: helm.cattle.io/v1, kind: HelmChart, spec: {valuesContent: \"adminPassword: abc\\n\"}}",
    "=== values.yaml\nurl: '%url:postgres%'\n",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "=== values.yaml\nauth: {existingSecret: db, passwordKey: pw, enabled: true}\n",
    "=== values.yaml\npassword: ''\ntoken: null\n",
    "=== values.yaml\npassword: CHANGEME\nsecret: '<from vault>'\n",
    "=== values.yaml\npasswordSecretRef: {name: a, key: b}\nsecretName: web-tls\n",
    "=== other.yaml\nmode: fast\n",
    "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, spec: {valuesFrom: [{kind: Secret, name: db}], values: {replicas: 2}}}",
    "{apiVersion: argoproj.io/v1alpha1, kind: Application, spec: {source: {helm: {parameters: [{name: auth.existingSecret, value: db}]}}}}",
    "=== values.yaml\nimage: {tag: '1.2', digest: 'sha256:0123'}\ntokenTTL: 3600\n",
];
