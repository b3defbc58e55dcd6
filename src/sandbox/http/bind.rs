//! Binding: a pod is given to a node, once (`pkg/registry/core/pod/storage/storage.go`).

use axum::{body::Body, response::Response};
use serde_json::{Value, json};

use super::{
    body::{collect, document},
    handle::Call,
    reply,
};
use crate::{
    object::{Gvk, Object},
    sandbox::{
        error::{ApiError, ApiResult},
        store::{GroupResource, Store, Stored},
        write::{Scope, timestamp},
    },
};

/// Answers `POST pods/NAME/binding`.
pub async fn bind(call: Call, body: Body) -> ApiResult<Response> {
    let bytes = collect(body).await?;
    let kind = Gvk::new("", "v1", "Binding");
    let binding = document(&call.headers, &bytes, &kind)?.value;
    let dry_run = call.write_options("CreateOptions", false)?;
    let name = call.path.name.clone();
    let text = |pointer: &str| {
        let value = binding.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_default()
    };
    if text("/metadata/name") != name {
        return Err(ApiError::bad_request(
            "name in URL does not match name in Binding object",
        ));
    }
    let mut wrong = Vec::new();
    if !matches!(text("/target/kind"), "" | "Node") {
        wrong.push(format!(
            "target.kind: Unsupported value: {:?}: supported values: \"Node\", \"<empty>\"",
            text("/target/kind")
        ));
    }
    if text("/target/name").is_empty() {
        wrong.push("target.name: Required value".to_owned());
    }
    match wrong.as_slice() {
        [] => {}
        [one] => return Err(ApiError::unknown(one.as_str())),
        several => return Err(ApiError::unknown(format!("[{}]", several.join(", ")))),
    }
    call.sandbox
        .write(|store, registry| {
            let scope = call.scope(registry, dry_run);
            assign(store, &scope, &name, &binding)
        })
        .await?;
    Ok(reply::value(
        201,
        &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}),
    ))
}

fn assign(store: &mut Store, scope: &Scope<'_>, name: &str, binding: &Value) -> ApiResult<()> {
    let key = scope.key(name);
    let stored = store
        .at(&key)
        .ok_or_else(|| ApiError::not_found(&scope.named(), name))?;
    check(scope, name, &stored, binding)?;
    let mut pod = stored.object.clone();
    let node = binding.pointer("/target/name").cloned().unwrap_or_default();
    pod.set(&["spec", "nodeName"], node);
    for part in ["annotations", "labels"] {
        let given = binding.pointer(&format!("/metadata/{part}"));
        for (word, value) in given.and_then(Value::as_object).into_iter().flatten() {
            pod.set(&["metadata", part, word], value.clone());
        }
    }
    let nomination = ["status", "nominatedNodeName"];
    pod.remove(&nomination);
    schedule(scope, &mut pod);
    if !scope.dry_run {
        store.put(&key, pod);
    }
    Ok(())
}

/// Says in the status that the pod has its node.
fn schedule(scope: &Scope<'_>, pod: &mut Object) {
    let path = ["status", "conditions"];
    let mut conditions = pod
        .at(&path)
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let scheduled = json!({
        "type": "PodScheduled", "status": "True",
        "lastProbeTime": null, "lastTransitionTime": timestamp(scope.now),
    });
    match conditions
        .iter_mut()
        .find(|condition| condition["type"] == "PodScheduled")
    {
        Some(condition) if condition["status"] == "True" => {}
        Some(condition) => *condition = scheduled,
        None => conditions.push(scheduled),
    }
    pod.set(&path, conditions.into());
}

fn check(scope: &Scope<'_>, name: &str, stored: &Stored, binding: &Value) -> ApiResult<()> {
    let text = |pointer: &str| {
        let value = binding.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_default()
    };
    let uid = stored.object.uid().unwrap_or_default();
    let wanted = text("/metadata/uid");
    if !wanted.is_empty() && wanted != uid {
        let why = format!(
            "StorageError: invalid object, Code: 4, Key: {}, ResourceVersion: 0, AdditionalErrorMsg: \
             Precondition failed: UID in precondition: {wanted}, UID in object meta: {uid}",
            scope.storage_key(name)
        );
        return Err(ApiError::conflict(&scope.named(), name, &why));
    }
    let node = stored
        .object
        .at(&["spec", "nodeName"])
        .and_then(Value::as_str)
        .unwrap_or_default();
    let why = if stored.is_deleting() {
        format!("pod {name} is being deleted, cannot be assigned to a host")
    } else if !node.is_empty() {
        format!("pod {name} is already assigned to node {node:?}")
    } else if stored
        .object
        .at(&["spec", "schedulingGates"])
        .and_then(Value::as_array)
        .is_some_and(|gates| !gates.is_empty())
    {
        format!("pod {name} has non-empty .spec.schedulingGates")
    } else {
        return Ok(());
    };
    let resource = GroupResource::new("", "pods/binding");
    Err(ApiError::conflict(&resource, name, &why))
}
