//! Health of a Pod.

use serde_json::Value;

use super::health::{Health, HealthStatus, condition, text, word};
use crate::{api::application::HOOK, object::Object};

pub(super) fn health(object: &Object) -> Option<Health> {
    let policy = match text(object, &["spec", "restartPolicy"]) {
        "" => "Always",
        _ if is_always(object) => "Always",
        other => other,
    };
    if policy == "Always"
        && let Some(message) = waiting_for_ever(object)
    {
        return Some(Health::degraded(message));
    }
    let own = text(object, &["status", "message"]);
    Some(match text(object, &["status", "phase"]) {
        "Pending" => Health::progressing(own),
        "Succeeded" => Health::healthy(own),
        "Failed" => Health::degraded(failure(object, own)),
        "Running" if policy == "Always" => {
            let ready = condition(object, "Ready");
            if ready.is_some_and(|ready| word(ready, "status") == "True") {
                Health::healthy(own)
            } else if let Some(message) = restarted(object) {
                Health::degraded(message)
            } else {
                Health::progressing(own)
            }
        }
        "Running" => Health::progressing(own),
        _ => Health::new(HealthStatus::Unknown, own),
    })
}

/// Judged as one that is always restarted, though it is not.
fn is_always(object: &Object) -> bool {
    object.annotation(HOOK).is_none()
        && object.annotation("argocd.argoproj.io/ignore-restart-policy") == Some("true")
}

fn containers<'a>(object: &'a Object, field: &str) -> impl Iterator<Item = &'a Value> {
    object
        .at(&["status", field])
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// What a container waits for that will not come by itself.
fn waiting_for_ever(object: &Object) -> Option<String> {
    containers(object, "containerStatuses").find_map(|status| {
        let waiting = status.pointer("/state/waiting")?;
        let reason = word(waiting, "reason");
        let is_bad =
            reason.starts_with("Err") || reason.ends_with("Error") || reason.ends_with("BackOff");
        is_bad.then(|| word(waiting, "message").to_owned())
    })
}

fn restarted(object: &Object) -> Option<String> {
    containers(object, "containerStatuses").find_map(|status| {
        let ended = status.pointer("/lastState/terminated")?;
        Some(word(ended, "message").to_owned())
    })
}

fn failure(object: &Object, own: &str) -> String {
    if !own.is_empty() {
        return own.to_owned();
    }
    containers(object, "initContainerStatuses")
        .chain(containers(object, "containerStatuses"))
        .find_map(|status| {
            let ended = status.pointer("/state/terminated")?;
            let message = word(ended, "message");
            if !message.is_empty() {
                return Some(message.to_owned());
            }
            if word(ended, "reason") == "OOMKilled" {
                return Some("OOMKilled".to_owned());
            }
            let code = ended.get("exitCode").and_then(Value::as_i64).unwrap_or(0);
            let name = word(status, "name");
            (code != 0).then(|| format!("container {name:?} failed with exit code {code}"))
        })
        .unwrap_or_default()
}
