//! P103: a ConfigMap with a credential.

use crate::lint::{
    document::{Item, entries, word},
    finding::Confidence,
    form, inner,
    report::Report,
    rule::{Check, rule},
    value,
};

rule! {
    /// A ConfigMap holds a credential.
    ///
    /// What: an entry whose key says that it is a credential and whose value may be one, or whose value has the form of
    /// one (a URL with a password, a private key, a token), also inside of properties, ini, env, JSON and YAML texts.
    ///
    /// Why: ConfigMaps are read by everybody who may read the namespace, and are in Git in plain.
    ///
    /// Instead: move the entry to a SealedSecret, and refer to it with `secretKeyRef` or a volume.
    "P103", Warning, [Check::Item(check)]
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    if !item.is("", "ConfigMap") {
        return;
    }
    for (key, held) in entries(item.value.get("data")) {
        let number;
        let text = match held {
            serde_json::Value::String(text) => text.as_str(),
            serde_json::Value::Number(_) => {
                number = held.to_string();
                &number
            }
            _ => continue,
        };
        let pointer = format!("/data/{}", word(key));
        let is_one_line = !text.trim_end().contains('\n');
        if let Some(what) = form::known(text) {
            report.at(
                item,
                &pointer,
                format!("entry {key:?} of {} holds a {what}", item.id),
            );
        } else if is_one_line && value::is_credential(key, text) {
            let message = format!("entry {key:?} of {} is a credential by its name", item.id);
            report
                .at(item, &pointer, message)
                .confidence(Confidence::Likely);
        } else if let Some(name) = inner::credential(key, text) {
            let message = format!(
                "entry {key:?} of {} has a credential under {name:?}",
                item.id
            );
            report
                .at(item, &pointer, message)
                .confidence(Confidence::Likely);
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%CM%, metadata: {name: a}, data: {DB_PASSWORD: hunter2}}",
    "{%CM%, data: {DATABASE_URL: '%url:postgres%'}}",
    "{%CM%, data: {app.properties: \"a=b\\ndb.password=hunter2\\n\"}}",
    "{%CM%, data: {app.ini: \"[db]\\npassword = hunter2\\n\"}}",
    "{%CM%, data: {app.yaml: \"db:\\n  password: hunter2\\n  user: a\\n\"}}",
    "{%CM%, data: {app.json: '{\"db\": {\"apiKey\": \"abc123\"}}'}}",
    "{%CM%, data: {k: \"%pem:EC PRIVATE KEY%\"}}",
    "{%CM%, data: {x: '%token:github%'}}",
    "{%CM%, data: {apiToken: 12345678}}",
    "{%CM%, data: {.env: \"export API_KEY=abc123\\n\"}}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%CM%, data: {mode: fast, PASSWORD_FILE: /run/secrets/pw}}",
    "{%CM%, data: {DB_PASSWORD: '${DB_PASSWORD}', API_KEY: CHANGEME}}",
    "{%CM%, data: {DATABASE_URL: 'postgres://db:5432/app', TOKEN_URL: 'https://a/b'}}",
    "{%CM%, data: {app.properties: \"password.min.length=8\\ndb.password=${PW}\\n\"}}",
    "{%CM%, data: {ca.crt: \"%cert%\"}}",
    "{%CM%, data: {app.yaml: \"auth:\\n  existingSecret: db\\n  passwordKey: pw\\n\"}}",
    "{%CM%, data: {users: 'bob:$2y$10$abcdefghijklmnopqrstuv'}}",
    "{%CM%, data: {secretName: db-credentials, secret: db-credentials, tokenTTL: 1h}}",
    "{%S%, stringData: {DB_PASSWORD: ''}}",
    "{%CM%, data: {nginx.conf: \"server {\\n  auth_basic_user_file /etc/x;\\n}\\n\"}}",
];
