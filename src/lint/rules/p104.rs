//! P104: a credential in the environment or the arguments of a container.

use serde_json::Value;

use crate::lint::{
    document::{Item, elements},
    finding::Confidence,
    form, key,
    reference::containers,
    report::Report,
    rule::{Check, rule},
    value,
};

rule! {
    /// A container has a credential in its environment or on its command line.
    ///
    /// What: an `env` entry with a literal `value` under the name of a credential or of the form of one, and arguments
    /// such as `--password=…`, in the pod template of any kind.
    ///
    /// Why: the value is in Git, in every copy of the manifest, and in what `kubectl describe` and `ps` show.
    ///
    /// Instead: seal the value, and read it with `valueFrom.secretKeyRef`; in arguments use `$(NAME)` of such a
    /// variable.
    "P104", Error, [Check::Item(check)]
}

fn check(item: &Item<'_>, report: &mut Report<'_>) {
    if matches!(item.id.kind.as_str(), "Secret" | "SealedSecret" | "List") {
        return;
    }
    for (pointer, container) in containers(item.value) {
        for (index, variable) in elements(container.get("env")) {
            let name = variable
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let text = match variable.get("value") {
                Some(Value::String(text)) => text.clone(),
                Some(number @ Value::Number(_)) => number.to_string(),
                _ => continue,
            };
            let what = form::known(&text);
            if what.is_some() || value::is_credential(name, &text) {
                let what = what.unwrap_or("credential by its name");
                let message = format!("variable {name:?} in {} is a {what}", item.id);
                let found = report.at(item, &format!("{pointer}/env/{index}/value"), message);
                found.confidence(Confidence::Likely);
                found.field = format!("{}.env.{name}", crate::lint::document::field(&pointer));
                found.excerpt = format!("{name}: ****");
            }
        }
        for list in ["args", "command"] {
            arguments(item, &pointer, list, container, report);
        }
    }
}

fn arguments(
    item: &Item<'_>,
    pointer: &str,
    list: &str,
    container: &Value,
    report: &mut Report<'_>,
) {
    let words: Vec<&str> = elements(container.get(list))
        .filter_map(|(_, word)| word.as_str())
        .collect();
    for (index, argument) in words.iter().enumerate() {
        let next = words.get(index + 1).copied();
        let Some((flag, is_next)) = credential_flag(argument, next) else {
            if let Some(what) = form::known(argument) {
                let message = format!("an argument in {} holds a {what}", item.id);
                report
                    .at(item, &format!("{pointer}/{list}/{index}"), message)
                    .excerpt = format!("- {what} ****");
            }
            continue;
        };
        let message = format!("argument {flag} in {} is a credential", item.id);
        let at = if is_next { index + 1 } else { index };
        let found = report.at(item, &format!("{pointer}/{list}/{at}"), message);
        found.confidence(Confidence::Likely);
        found.excerpt = format!("- {flag}=****");
    }
}

/// The flag of an argument that carries a credential, and whether the value is the next argument.
fn credential_flag<'t>(argument: &'t str, next: Option<&str>) -> Option<(&'t str, bool)> {
    let name = argument.strip_prefix('-')?.trim_start_matches('-');
    if let Some((name, text)) = name.split_once('=') {
        let flag = argument.split('=').next()?;
        return value::is_credential(name, text).then_some((flag, false));
    }
    let text = next.filter(|next| !next.starts_with('-'))?;
    (key::is_credential(name) && !name.contains(' ') && value::is_plausible(name, text))
        .then_some((argument, true))
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "{%D%, spec: {template: {spec: {containers: [{name: c, env: [{name: DB_PASSWORD, value: s3cret}]}]}}}}",
    "{%POD%, spec: {initContainers: [{name: c, env: [{name: API_KEY, value: abc}]}]}}",
    "{apiVersion: batch/v1, kind: CronJob, spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c, env: [{name: TOKEN, value: abc1}]}]}}}}}}",
    "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, spec: {template: {spec: {containers: [{name: c, env: [{name: URL, value: '%url:https%'}]}]}}}}",
    "{apiVersion: x.io/v1, kind: Odd, spec: {podTemplate: {spec: {containers: [{name: c, env: [{name: PGPASSWORD, value: abc}]}]}}}}",
    "{%POD%, spec: {containers: [{name: c, args: ['--password=hunter2']}]}}",
    "{%POD%, spec: {containers: [{name: c, command: [run, --db-password, hunter2]}]}}",
    "{%POD%, spec: {containers: [{name: c, env: [{name: ADMIN_PASSWORD, value: 1234}]}]}}",
    "{apiVersion: v1, kind: List, items: [{%POD%, spec: {containers: [{name: c, env: [{name: X, value: '%token:gitlab%'}]}]}}]}",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "{%POD%, spec: {containers: [{name: c, env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: a, key: b}}}]}]}}",
    "{%POD%, spec: {containers: [{name: c, env: [{name: DB_PASSWORD_FILE, value: /run/pw}, {name: MODE, value: fast}]}]}}",
    "{%POD%, spec: {containers: [{name: c, env: [{name: DB_PASSWORD, value: ''}, {name: TOKEN, value: '$(OTHER)'}]}]}}",
    "{%POD%, spec: {containers: [{name: c, args: ['--password=$(PW)', '--password-file=/x', '--token', '$(T)']}]}}",
    "{%POD%, spec: {containers: [{name: c, env: [{name: SECRET_NAME, value: db-credentials}]}]}}",
    "{%POD%, spec: {containers: [{name: c, env: [{name: MAX_TOKENS, value: '4096'}, {name: TOKEN_TTL, value: 1h}]}]}}",
    "{%POD%, spec: {containers: [{name: c, command: [run, --password-stdin, x]}]}}",
    "{%POD%, spec: {containers: [{name: c, env: [{name: URL, value: 'https://host/x'}]}]}}",
];
