//! Eviction: a deletion that asks the PodDisruptionBudgets first (`pkg/registry/core/pod/storage/eviction.go`).

use std::sync::Arc;

use axum::{body::Body, response::Response};
use serde_json::{Map, Value, json};

use super::{
    body::{collect, document},
    change,
    handle::Call,
    reply,
};
use crate::{
    object::{Gvk, LabelSelector, Object},
    sandbox::{
        error::{ApiError, ApiResult},
        store::{GroupResource, Key, Place, Store, Stored},
        write::{self, DeleteOptions, Scope, timestamp},
    },
};

/// The most evictions that may wait for their pods to go.
const MAX_DISRUPTED_PODS: usize = 2000;
/// What is said to those who come too early, whatever the cause.
const REFUSED: &str = "Cannot evict pod as it would violate the pod's disruption budget.";
/// Seconds after which a client may ask again while a budget is being looked at.
const SOON: u32 = 10;

/// Answers `POST pods/NAME/eviction`.
pub async fn evict(call: Call, body: Body) -> ApiResult<Response> {
    let bytes = collect(body).await?;
    let kind = Gvk::new("policy", "v1", "Eviction");
    let eviction = document(&call.headers, &bytes, &kind)?.value;
    let text = |pointer: &str| eviction.pointer(pointer).and_then(Value::as_str);
    let version = text("/apiVersion").unwrap_or_default();
    let kind = text("/kind").unwrap_or_default();
    if !matches!(kind, "" | "Eviction") || !matches!(version, "" | "policy/v1" | "policy/v1beta1") {
        return Err(ApiError::bad_request(format!(
            "no kind \"{kind}\" is registered for version \"{version}\""
        )));
    }
    let name = call.path.name.clone();
    if text("/metadata/name") != Some(&name) {
        return Err(ApiError::bad_request(
            "name in URL does not match name in Eviction object",
        ));
    }
    let given = eviction.get("deleteOptions").unwrap_or(&Value::Null);
    let (options, in_options) = change::options_of(&call, given)?;
    let dry_run = in_options || call.query.dry_run("CreateOptions")?;
    let several = call
        .sandbox
        .write(|store, registry| evict_from(store, &call.scope(registry, dry_run), &name, options))
        .await?;
    let mut status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}});
    if let Some(map) = status.as_object_mut() {
        if several {
            map.insert("status".into(), "Failure".into());
            let message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
            map.insert("message".into(), message.into());
            map.insert("code".into(), 500.into());
        } else {
            map.insert("status".into(), "Success".into());
            map.insert("code".into(), 201.into());
        }
    }
    Ok(reply::value(201, &status))
}

/// Evicts a pod; says whether it could not because several budgets choose it.
fn evict_from(
    store: &mut Store,
    scope: &Scope<'_>,
    name: &str,
    options: DeleteOptions,
) -> ApiResult<bool> {
    let pod = store
        .at(&scope.key(name))
        .ok_or_else(|| ApiError::not_found(&scope.named(), name))?;
    if !is_free(&pod) {
        let budgets = budgets_of(store, scope.namespace, &pod.object);
        match budgets.as_slice() {
            [] => {}
            [(key, budget)] => {
                if !is_unguarded(&pod.object, &budget.object) {
                    let taken = take(scope, &budget.object, name)?;
                    if !scope.dry_run {
                        store.put(key, taken);
                    }
                }
            }
            _ => return Ok(true),
        }
    }
    let version = pod.version.to_string();
    let is_meant = options
        .uid
        .as_deref()
        .is_none_or(|uid| pod.object.uid() == Some(uid))
        && options
            .resource_version
            .as_deref()
            .is_none_or(|wanted| wanted == version);
    let mut options = options;
    if is_meant && !scope.dry_run {
        note(store, scope, &pod);
        // The version that a client asked for was that of the pod before it was noted.
        options.resource_version = None;
    }
    write::delete(store, scope, name, &options).map(|_| false)
}

fn text<'a>(object: &'a Object, path: &[&str]) -> &'a str {
    object.at(path).and_then(Value::as_str).unwrap_or_default()
}

fn number(object: &Object, path: &[&str]) -> i64 {
    object.at(path).and_then(Value::as_i64).unwrap_or(0)
}

/// Whether a pod serves nobody, so that no budget is asked.
fn is_free(pod: &Stored) -> bool {
    let phase = text(&pod.object, &["status", "phase"]);
    matches!(phase, "Succeeded" | "Failed" | "Pending") || pod.is_deleting()
}

fn budgets_of(store: &Store, namespace: &str, pod: &Object) -> Vec<(Key, Arc<Stored>)> {
    let resource = GroupResource::new("policy", "poddisruptionbudgets");
    let labels = pod.labels();
    let chooses = |budget: &Object| {
        budget
            .at(&["spec", "selector"])
            .filter(|selector| !selector.is_null())
            .and_then(|selector| LabelSelector::from_value(selector).ok())
            .is_some_and(|selector| selector.matches(&labels))
    };
    store
        .shelf(&resource)
        .into_iter()
        .flat_map(|shelf| shelf.range(namespace, None))
        .filter(|(_, budget)| chooses(&budget.object))
        .map(|(place, budget)| (Key::new(resource.clone(), place.clone()), budget.clone()))
        .collect()
}

/// Whether a pod that is not ready may go without a budget being charged.
fn is_unguarded(pod: &Object, budget: &Object) -> bool {
    let is_ready = conditions(pod).iter().any(|condition| {
        condition.get("type") == Some(&"Ready".into())
            && condition.get("status") == Some(&"True".into())
    });
    if is_ready {
        return false;
    }
    if text(budget, &["spec", "unhealthyPodEvictionPolicy"]) == "AlwaysAllow" {
        return true;
    }
    let desired = number(budget, &["status", "desiredHealthy"]);
    desired > 0 && number(budget, &["status", "currentHealthy"]) >= desired
}

fn conditions(object: &Object) -> &[Value] {
    object
        .at(&["status", "conditions"])
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Takes one disruption from a budget (`checkAndDecrement`).
fn take(scope: &Scope<'_>, budget: &Object, pod: &str) -> ApiResult<Object> {
    let name = budget.name();
    let caused = |error: ApiError, why: String| Err(error.caused_by("DisruptionBudget", &why));
    if number(budget, &["status", "observedGeneration"]) < budget.generation().unwrap_or(0) {
        return caused(
            ApiError::too_many_requests(REFUSED, SOON),
            format!("The disruption budget {name} is still being processed by the server."),
        );
    }
    let disrupted = budget
        .at(&["status", "disruptedPods"])
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let named = GroupResource::new("policy", "poddisruptionbudget");
    let head = format!("The disruption budget {name} does not allow evicting pods currently");
    if disrupted.len() > MAX_DISRUPTED_PODS {
        let why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
        return caused(
            ApiError::forbidden(&named, name, why),
            format!("{head}: too many pending evictions not confirmed by PDB controller"),
        );
    }
    let allowed = number(budget, &["status", "disruptionsAllowed"]);
    if allowed < 0 {
        let why = "pdb disruptions allowed is negative";
        return caused(
            ApiError::forbidden(&named, name, why),
            format!("{head}: {why}"),
        );
    }
    if allowed == 0 {
        return caused(
            ApiError::too_many_requests(REFUSED, 0),
            refusal(budget, &head),
        );
    }
    let mut taken = budget.clone();
    taken.set(&["status", "disruptionsAllowed"], (allowed - 1).into());
    if allowed == 1 {
        set_refused(&mut taken, scope);
    }
    let mut disrupted = disrupted;
    disrupted.insert(pod.to_owned(), timestamp(scope.now));
    taken.set(&["status", "disruptedPods"], disrupted.into());
    Ok(taken)
}

/// Why a budget allows nothing, for people.
fn refusal(budget: &Object, head: &str) -> String {
    let name = budget.name();
    let desired = number(budget, &["status", "desiredHealthy"]);
    let current = number(budget, &["status", "currentHealthy"]);
    let field = |name: &str| {
        conditions(budget)
            .iter()
            .find(|condition| condition.get("type") == Some(&"DisruptionAllowed".into()))
            .filter(|condition| condition.get("status") == Some(&"False".into()))
            .and_then(|condition| condition.get(name)?.as_str())
            .unwrap_or_default()
    };
    let (reason, message) = (field("reason"), field("message"));
    if !message.is_empty() && reason == "SyncFailed" {
        format!("{head} because it failed sync: {message}")
    } else if current <= desired {
        format!(
            "The disruption budget {name} needs {desired} healthy pods and has {current} currently"
        )
    } else if message.is_empty() {
        head.to_owned()
    } else {
        format!("{head} ({reason}): {message}")
    }
}

fn set_refused(budget: &mut Object, scope: &Scope<'_>) {
    let generation = number(budget, &["status", "observedGeneration"]);
    let condition = json!({"type": "DisruptionAllowed", "status": "False", "reason": "InsufficientPods",
        "message": "", "observedGeneration": generation, "lastTransitionTime": timestamp(scope.now)});
    set_condition(budget, condition);
}

fn set_condition(object: &mut Object, condition: Value) {
    let mut all = conditions(object).to_vec();
    all.retain(|other| other.get("type") != condition.get("type"));
    all.push(condition);
    object.set(&["status", "conditions"], all.into());
}

/// Says in the status of a pod why it goes.
fn note(store: &mut Store, scope: &Scope<'_>, pod: &Stored) {
    let mut noted = pod.object.clone();
    let mut condition: Map<String, Value> = Map::new();
    for (name, value) in [
        ("type", "DisruptionTarget".into()),
        ("status", "True".into()),
        ("reason", "EvictionByEvictionAPI".into()),
        ("message", "Eviction API: evicting".into()),
        ("lastTransitionTime", timestamp(scope.now)),
    ] {
        condition.insert(name.into(), value);
    }
    set_condition(&mut noted, condition.into());
    let place = Place::new(scope.namespace, pod.object.name());
    store.put(&Key::new(scope.shelf(), place), noted);
}
