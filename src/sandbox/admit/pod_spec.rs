//! The specification of pods, in pods and in templates.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{name, set};
use crate::sandbox::error::Cause;

/// Lists of containers, in the order in which they are judged.
const CONTAINERS: [&str; 2] = ["containers", "initContainers"];

/// Fills in what a pod specification leaves out (`SetDefaults_PodSpec` and below).
pub fn complete(spec: &mut Map<String, Value>) {
    let account = spec.get("serviceAccountName").cloned();
    let deprecated = spec.get("serviceAccount").cloned();
    if let Some(account) = account.or(deprecated).filter(|account| *account != "") {
        spec.insert("serviceAccountName".to_owned(), account.clone());
        spec.insert("serviceAccount".to_owned(), account);
    }
    set::default_text(spec, "dnsPolicy", "ClusterFirst");
    set::default_text(spec, "restartPolicy", "Always");
    set::default(spec, "securityContext", json!({}));
    set::default(spec, "terminationGracePeriodSeconds", 30);
    set::default_text(spec, "schedulerName", "default-scheduler");
    for volume in set::maps(spec, "volumes") {
        complete_volume(volume);
    }
    for list in CONTAINERS {
        for container in set::maps(spec, list) {
            complete_container(container);
        }
    }
}

fn complete_volume(volume: &mut Map<String, Value>) {
    let has_source = volume
        .iter()
        .any(|(field, value)| field != "name" && !value.is_null());
    if !has_source {
        volume.insert("emptyDir".to_owned(), json!({}));
    }
    for source in ["secret", "configMap", "downwardAPI", "projected"] {
        if let Some(source) = volume.get_mut(source).and_then(Value::as_object_mut) {
            set::default(source, "defaultMode", 0o644);
            for item in set::maps(source, "sources") {
                if let Some(token) = item
                    .get_mut("serviceAccountToken")
                    .and_then(Value::as_object_mut)
                {
                    set::default(token, "expirationSeconds", 3600);
                }
            }
        }
    }
}

fn complete_container(container: &mut Map<String, Value>) {
    let image = container
        .get("image")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let policy = if is_latest(image) {
        "Always"
    } else {
        "IfNotPresent"
    };
    set::default_text(container, "imagePullPolicy", policy);
    set::default_text(container, "terminationMessagePath", "/dev/termination-log");
    set::default_text(container, "terminationMessagePolicy", "File");
    set::default(container, "resources", json!({}));
    for port in set::maps(container, "ports") {
        set::default_text(port, "protocol", "TCP");
    }
    for variable in set::maps(container, "env") {
        if let Some(field) = variable
            .get_mut("valueFrom")
            .and_then(|from| from.get_mut("fieldRef"))
            .and_then(Value::as_object_mut)
        {
            set::default_text(field, "apiVersion", "v1");
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(probe).and_then(Value::as_object_mut) {
            for (field, number) in [
                ("timeoutSeconds", 1),
                ("periodSeconds", 10),
                ("successThreshold", 1),
                ("failureThreshold", 3),
            ] {
                set::default(probe, field, number);
            }
            if let Some(get) = probe.get_mut("httpGet").and_then(Value::as_object_mut) {
                set::default_text(get, "path", "/");
                set::default_text(get, "scheme", "HTTP");
            }
        }
    }
}

/// Whether an image reference means the newest one: tag `latest`, or neither tag nor digest.
fn is_latest(image: &str) -> bool {
    let (name, digest) = match image.split_once('@') {
        Some((name, _)) => (name, true),
        None => (image, false),
    };
    let last = name.rsplit('/').next().unwrap_or_default();
    match last.split_once(':') {
        Some((_, tag)) => tag == "latest",
        None => !digest,
    }
}

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
        let name = variable.get("name").and_then(Value::as_str);
        if name.unwrap_or_default().is_empty() {
            causes.push(Cause::required(format!("{path}.env[{index}].name"), ""));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_image_is_always_pulled() {
        for (image, expected) in [
            ("nginx", true),
            ("nginx:latest", true),
            ("host:5000/nginx", true),
            ("nginx:1.25", false),
            ("nginx@sha256:ab", false),
        ] {
            assert_eq!(is_latest(image), expected, "{image}");
        }
    }
}
