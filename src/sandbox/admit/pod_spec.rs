//! What is demanded of the specification of pods, in pods and in templates.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{data, name, resources};
use crate::sandbox::{error::Cause, strategy::NameRule};

/// Lists of containers, in the order in which they are judged.
const CONTAINERS: [&str; 2] = ["containers", "initContainers"];

/// What is wrong with a pod specification at a path.
pub fn validate(spec: Option<&Value>, path: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    let list = |field: &str| {
        spec.and_then(|spec| spec.get(field))
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    let volumes = list("volumes");
    let mut volume_names = BTreeSet::new();
    for (index, volume) in volumes.iter().enumerate() {
        let path = format!("{path}.volumes[{index}].name");
        check_label(&mut causes, &mut volume_names, volume, &path);
    }
    if list("containers").is_empty() {
        causes.push(Cause::required(format!("{path}.containers"), ""));
    }
    let mut names = BTreeSet::new();
    for field in CONTAINERS {
        for (index, container) in list(field).iter().enumerate() {
            let path = format!("{path}.{field}[{index}]");
            check_label(&mut causes, &mut names, container, &format!("{path}.name"));
            if container
                .get("image")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .is_empty()
            {
                causes.push(Cause::required(format!("{path}.image"), ""));
            }
            validate_container(&mut causes, container, &path, &volume_names);
        }
    }
    causes
}

fn check_label<'a>(
    causes: &mut Vec<Cause>,
    seen: &mut BTreeSet<&'a str>,
    holder: &'a Value,
    path: &str,
) {
    let text = holder
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if text.is_empty() {
        causes.push(Cause::required(path, ""));
        return;
    }
    for detail in name::label(text) {
        causes.push(Cause::invalid(path, &text.into(), &detail));
    }
    if !seen.insert(text) {
        causes.push(Cause::duplicate(path, &text.into()));
    }
}

fn validate_container(
    causes: &mut Vec<Cause>,
    container: &Value,
    path: &str,
    volumes: &BTreeSet<&str>,
) {
    let list = |field: &str| container.get(field).and_then(Value::as_array);
    for (index, port) in list("ports").into_iter().flatten().enumerate() {
        let path = format!("{path}.ports[{index}].containerPort");
        match port.get("containerPort").and_then(Value::as_i64) {
            None | Some(0) => causes.push(Cause::required(path, "")),
            Some(number) if !(1..=65535).contains(&number) => causes.push(Cause::invalid(
                path,
                &number.into(),
                "must be between 1 and 65535, inclusive",
            )),
            Some(_) => {}
        }
    }
    for (index, variable) in list("env").into_iter().flatten().enumerate() {
        let path = format!("{path}.env[{index}]");
        let text = |field: &str| {
            variable
                .get(field)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        match text("name") {
            "" => causes.push(Cause::required(format!("{path}.name"), "")),
            given => {
                for detail in name::variable(given) {
                    causes.push(Cause::invalid(
                        format!("{path}.name"),
                        &given.into(),
                        &detail,
                    ));
                }
            }
        }
        if let Some(Value::Object(source)) = variable.get("valueFrom") {
            let has_value = !text("value").is_empty();
            value_source(causes, source, has_value, &format!("{path}.valueFrom"));
        }
    }
    if let Some(resources) = container.get("resources") {
        causes.extend(resources::validate(resources, &format!("{path}.resources")));
    }
    for (index, mount) in list("volumeMounts").into_iter().flatten().enumerate() {
        let path = format!("{path}.volumeMounts[{index}]");
        let text = |field: &str| mount.get(field).and_then(Value::as_str).unwrap_or_default();
        if !volumes.contains(text("name")) {
            causes.push(Cause::not_found(
                format!("{path}.name"),
                &text("name").into(),
            ));
        }
        if text("mountPath").is_empty() {
            causes.push(Cause::required(format!("{path}.mountPath"), ""));
        }
    }
}

/// Where the value of a variable comes from: one place, named in full.
fn value_source(causes: &mut Vec<Cause>, source: &Map<String, Value>, has_value: bool, path: &str) {
    const SOURCES: [&str; 5] = [
        "fieldRef",
        "resourceFieldRef",
        "configMapKeyRef",
        "secretKeyRef",
        "fileKeyRef",
    ];
    let given: Vec<&str> = SOURCES
        .into_iter()
        .filter(|name| source.get(*name).is_some_and(|value| !value.is_null()))
        .collect();
    for name in ["configMapKeyRef", "secretKeyRef"] {
        let Some(reference) = source.get(name).filter(|value| !value.is_null()) else {
            continue;
        };
        let path = format!("{path}.{name}");
        let text = |field: &str| {
            reference
                .get(field)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        for detail in name::check(NameRule::Subdomain, text("name"), false) {
            causes.push(Cause::invalid(
                format!("{path}.name"),
                &text("name").into(),
                &detail,
            ));
        }
        match text("key") {
            "" => causes.push(Cause::required(format!("{path}.key"), "")),
            key => {
                for detail in data::key_errors(key) {
                    causes.push(Cause::invalid(format!("{path}.key"), &key.into(), &detail));
                }
            }
        }
    }
    let rule = match given.len() {
        0 => {
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        }
        _ if has_value => "may not be specified when `value` is not empty",
        1 => return,
        _ => "may not have more than one field specified at a time",
    };
    causes.push(Cause::invalid(path, &"".into(), rule));
}
