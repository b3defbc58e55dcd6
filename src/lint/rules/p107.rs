//! P107: a file that holds credentials.

use serde_json::Value;

use crate::lint::{
    document::{Document, elements, entries},
    finding::Confidence,
    form, inner,
    report::Report,
    rule::{Check, rule},
    text::Text,
    value,
};

rule! {
    /// A file that programs keep credentials in.
    ///
    /// What: `.env`, `.netrc`, `.pgpass`, `.git-credentials`, `.npmrc`, `.pypirc`, `.my.cnf`, the configuration of Docker
    /// with logins, a kubeconfig with a token or a client key, `*.tfvars`, credentials of AWS; by their names and by
    /// what they contain.
    ///
    /// Why: such a file belongs to one machine or person, and is committed by accident.
    ///
    /// Instead: `git rm --cached` it, put it into `.gitignore`, and change the credentials.
    "P107", Error, [Check::Text(text), Check::Document(document)]
}

/// The folder in which a file named `credentials` holds some.
pub const AWS_FOLDER: &str = ".aws/";

fn text(text: &Text<'_>, report: &mut Report<'_>) {
    let name = text.name();
    let is_sample = ["example", "sample", "template", "dist", "tmpl"]
        .iter()
        .any(|word| name.contains(word));
    if is_sample {
        return;
    }
    let is_env = name == ".env" || name.starts_with(".env.") || name.ends_with(".env");
    let line = if is_env || name.ends_with(".tfvars") {
        settings(text)
    } else {
        match name {
            ".netrc" | "_netrc" => line_with(text, &["password "]),
            ".pgpass" => text.lines().find(|(_, line)| {
                line.split(':')
                    .nth(4)
                    .is_some_and(|word| !line.starts_with('#') && !value::is_placeholder(word))
            }),
            ".git-credentials" => text
                .lines()
                .find(|(_, line)| !form::passwords_in_urls(line).is_empty()),
            ".npmrc" => line_with(text, &["_authToken=", "_password=", "_auth="]),
            ".pypirc" | ".my.cnf" => settings(text),
            "credentials" if text.path.contains(AWS_FOLDER) => settings(text),
            ".dockercfg" | ".dockerconfigjson" | "config.json"
                if text.text.contains("\"auth\"") =>
            {
                docker(text)
            }
            _ => None,
        }
    };
    if let Some((number, _)) = line {
        let place = crate::lint::finding::Place::line(text.path, number);
        let found = report.add(place, format!("{name} holds credentials"));
        found.confidence(Confidence::Likely).field = name.to_owned();
    }
}

/// The first line with a credential.
fn settings<'t>(text: &Text<'t>) -> Option<(usize, &'t str)> {
    text.lines().find(|(_, line)| {
        !line.trim_start().starts_with(['#', ';'])
            && (inner::credential("", line).is_some() || form::known(line).is_some())
    })
}

fn line_with<'t>(text: &Text<'t>, marks: &[&str]) -> Option<(usize, &'t str)> {
    text.lines().find(|(_, line)| {
        marks.iter().any(|mark| {
            line.split_once(mark).is_some_and(|(before, rest)| {
                !before.trim_start().starts_with('#') && !value::is_placeholder(rest)
            })
        })
    })
}

fn docker<'t>(text: &Text<'t>) -> Option<(usize, &'t str)> {
    let value: Value = serde_json::from_str(text.text).ok()?;
    let auths = value.get("auths").unwrap_or(&value);
    let has_login = entries(Some(auths)).any(|(_, login)| {
        login
            .get("auth")
            .and_then(Value::as_str)
            .is_some_and(|auth| !value::is_placeholder(auth))
    });
    has_login.then(|| text.lines().find(|(_, line)| line.contains("\"auth\"")))?
}

fn document(document: &Document<'_>, report: &mut Report<'_>) {
    let id = document.id();
    if id.kind != "Config" || id.api_version != "v1" {
        return;
    }
    for (index, user) in elements(document.value.get("users")) {
        for field in ["token", "client-key-data", "password"] {
            let text = user
                .pointer(&format!("/user/{field}"))
                .and_then(Value::as_str);
            if text.is_some_and(|text| !value::is_placeholder(text)) {
                let message = format!("the kubeconfig holds {field} of a user");
                report.in_document(document, &format!("/users/{index}/user/{field}"), message);
            }
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "=== .env\nA=b\nDB_PASSWORD=hunter2\n",
    "=== app/prod.env\nexport API_KEY='abc123'\n",
    "=== .netrc\nmachine h login u password hunter2\n",
    "=== .pgpass\nhost:5432:db:user:hunter2\n",
    "=== home/.npmrc\n//registry.example.com/:_authToken=abc123def\n",
    "=== .docker/config.json\n{\"auths\": {\"r.example.com\": {\"auth\": \"dTpodW50ZXIy\"}}}\n",
    "=== kubeconfig.yaml\n{apiVersion: v1, kind: Config, users: [{name: a, user: {token: abc123}}]}",
    "=== admin.conf.yaml\n{apiVersion: v1, kind: Config, users: [{name: a, user: {client-key-data: LS0tLS1}}]}",
    "=== prod.tfvars\ndb_password = \"hunter2\"\n",
    "=== .aws/credentials\n[default]\naws_secret_access_key = abcdefghijklmnop\n",
    "=== .git-credentials\n%url:https%\n",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "=== .env\nMODE=fast\nDB_PASSWORD=\n",
    "=== .env.example\nDB_PASSWORD=hunter2\n",
    "=== .env\nDB_PASSWORD=${DB_PASSWORD}\nTOKEN=<token>\n",
    "=== .npmrc\n//registry.example.com/:_authToken=${NPM_TOKEN}\n",
    "=== .docker/config.json\n{\"credsStore\": \"pass\", \"auths\": {\"r\": {}}}\n",
    "=== kubeconfig.yaml\n{apiVersion: v1, kind: Config, users: [{name: a, user: {exec: {command: x}}}]}",
    "=== prod.tfvars\nregion = \"eu\"\n",
    "=== .netrc\nmachine h login u password <password>\n",
    "=== readme.md\nDB_PASSWORD=hunter2\n",
];
