//! Writes.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use serde_json::{Map, Value, json};

use super::{
    body::{self, collect, document, media_type},
    handle::Call,
    object::{Place, not_registered},
    patch::{APPLY, Patch},
    query::check_dry_run,
    reply,
};
use crate::{
    object::{Gvk, Object},
    sandbox::{
        admit,
        error::{ApiError, ApiResult},
        registry::Registry,
        review,
        store::{Key, Store, Stored},
        strategy,
        write::{
            self, DeleteOptions, Deleted, Propagation, Scope, UpdateKind, Writer, shelf_of,
            timestamp,
        },
    },
};

impl Call {
    /// What a write needs beside the object.
    pub fn scope<'a>(&'a self, registry: &'a Registry, dry_run: bool) -> Scope<'a> {
        Scope {
            registry,
            resource: &self.resource,
            namespace: &self.path.namespace,
            now: self.sandbox.clock().now(),
            dry_run,
            writer: Writer {
                manager: &self.manager,
                subresource: &self.path.subresource,
                is_settled: false,
            },
        }
    }

    /// Whether an object of the resource that was taken once is taken again: the rules of custom kinds may have
    /// changed meanwhile, and definitions are warned about at each write.
    fn keeps_what_it_took(&self) -> bool {
        !self.resource.custom && self.resource.plural != "customresourcedefinitions"
    }

    fn check_name(&self, object: &Object) -> ApiResult<()> {
        let name = object.name();
        if name.is_empty() {
            return Err(ApiError::bad_request(format!(
                "the name of the object ({} based on URL) was undeterminable: name must be provided",
                self.path.name
            )));
        }
        if name == self.path.name {
            return Ok(());
        }
        Err(ApiError::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            self.path.name
        )))
    }
}

/// `POST` of an object.
pub async fn create(call: Call, body: Body) -> ApiResult<Response> {
    let bytes = collect(body).await?;
    let dry_run = call.write_options("CreateOptions", false)?;
    if call.resource.namespaced && call.path.namespace.is_empty() {
        return Err(ApiError::method_not_allowed());
    }
    let object = call.object(call.document(&bytes)?, Place::Body)?;
    let stored = call
        .sandbox
        .write(|store, registry| write::create(store, &call.scope(registry, dry_run), object))
        .await?;
    Ok(call.show(201, &stored))
}

/// `POST` of a review: answered, not kept.
pub async fn review(call: &Call, body: Body) -> ApiResult<Response> {
    let bytes = collect(body).await?;
    let mut object = call.object(call.document(&bytes)?, Place::Body)?;
    let registry = call.sandbox.registry();
    let scope = call.scope(&registry, true);
    if call.resource.gvk.kind == "SelfSubjectReview" {
        object.set(&["metadata", "creationTimestamp"], timestamp(scope.now));
    }
    write::settle(&scope, UpdateKind::Main, None, &mut object);
    // Nobody but the holder of the token gets here, and no other token is known.
    let answer = review::answer(&call.resource, &object, |_| false)?;
    Ok(reply::value(201, &answer.into_value()))
}

/// `PUT` of an object.
pub async fn update(call: Call, body: Body) -> ApiResult<Response> {
    let bytes = collect(body).await?;
    let object = call.object(call.document(&bytes)?, Place::Body)?;
    put(call, object, UpdateKind::Main).await
}

/// Writes a whole object, or its status.
pub async fn put(call: Call, object: Object, kind: UpdateKind) -> ApiResult<Response> {
    let dry_run = call.write_options("UpdateOptions", false)?;
    call.check_name(&object)?;
    let name = call.path.name.clone();
    let (stored, is_new) = call
        .sandbox
        .write(|store, registry| {
            let scope = call.scope(registry, dry_run);
            write::check_uid(store, &scope, &name, &object)?;
            write::update(store, &scope, &name, object, kind)
        })
        .await?;
    Ok(call.show(if is_new { 201 } else { 200 }, &stored))
}

/// `PATCH` of an object.
pub async fn patch(call: Call, body: Body) -> ApiResult<Response> {
    patch_part(call, body, UpdateKind::Main).await
}

/// Patches an object, or its status.
pub async fn patch_part(call: Call, body: Body, kind: UpdateKind) -> ApiResult<Response> {
    let bytes = collect(body).await?;
    let media_type = media_type(&call.headers);
    Patch::check_type(&media_type, &call.resource)?;
    let dry_run = call.write_options("PatchOptions", media_type == APPLY)?;
    let patch = Patch::read(&media_type, &bytes)?;
    if let Patch::Apply(_) = patch {
        return apply(call, patch, kind, dry_run).await;
    }
    let name = call.path.name.clone();
    let stored = call
        .sandbox
        .write(|store, registry| {
            let scope = call.scope(registry, dry_run);
            let current = store
                .at(&scope.key(&name))
                .ok_or_else(|| ApiError::not_found(&scope.named(), &name))?;
            let patched = patch.apply(&call.resource, &current)?;
            let patched = body::Document {
                value: patched,
                complaints: patch.complaints().to_vec(),
            };
            let object = call.object(patched, Place::Patch(&patch))?;
            call.check_name(&object)?;
            write::update(store, &scope, &name, object, kind)
        })
        .await?
        .0;
    Ok(call.show(200, &stored))
}

/// Server-side apply.
async fn apply(call: Call, patch: Patch, kind: UpdateKind, dry_run: bool) -> ApiResult<Response> {
    let Patch::Apply(config) = &patch else {
        return Err(ApiError::internal("only an apply is applied"));
    };
    let name = call.path.name.clone();
    let force = call.query.flag("force");
    let (stored, is_new) = call
        .sandbox
        .write(|store, registry| {
            let scope = call.scope(registry, dry_run);
            let current = store.at(&scope.key(&name));
            let is_new = current.is_none();
            if is_new && kind != UpdateKind::Main {
                return Err(ApiError::not_found(&scope.named(), &name));
            }
            let live = current
                .as_ref()
                .map(|stored| admit::from_storage(&call.resource, &stored.object));
            let applied = write::applied(&scope, kind, live.as_ref(), config, force)?;
            if let (Some(stored), Some(live)) = (current, &live)
                && call.keeps_what_it_took()
                && applied.as_object() == Some(live.as_map())
            {
                return Ok((stored, false));
            }
            if let (true, Some(uid)) = (is_new, config.pointer("/metadata/uid")) {
                let uid = uid.as_str().unwrap_or_default();
                let why = format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
                return Err(ApiError::conflict(&scope.named(), &name, &why));
            }
            let document = body::Document {
                value: applied,
                complaints: Vec::new(),
            };
            let object = call.object(document, Place::Patch(&patch))?;
            call.check_name(&object)?;
            let scope = Scope {
                writer: Writer { is_settled: true, ..scope.writer },
                ..scope
            };
            if is_new {
                write::create(store, &scope, object).map(|stored| (stored, true))
            } else {
                write::update(store, &scope, &name, object, kind)
            }
        })
        .await?;
    Ok(call.show(if is_new { 201 } else { 200 }, &stored))
}

/// Reads the options of a deletion from body and query.
fn delete_options(call: &Call, bytes: &Bytes) -> ApiResult<(DeleteOptions, bool)> {
    let given = if bytes.is_empty() {
        Value::Null
    } else {
        let kind = Gvk::new("", "v1", "DeleteOptions");
        let value = document(&call.headers, bytes, &kind)?.value;
        let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
        if !matches!(text("kind"), "" | "DeleteOptions") {
            let given = Gvk::from_api_version(text("apiVersion"), text("kind"));
            return Err(ApiError::bad_request(not_registered(&given)));
        }
        value
    };
    options_of(call, &given)
}

/// Reads the options of a deletion from a document and the query.
pub fn options_of(call: &Call, given: &Value) -> ApiResult<(DeleteOptions, bool)> {
    let query = &call.query;
    let text = |pointer: &str| given.pointer(pointer).and_then(Value::as_str);
    let mut options = DeleteOptions {
        grace_period_seconds: given.get("gracePeriodSeconds").and_then(Value::as_i64),
        propagation: None,
        uid: text("/preconditions/uid").map(str::to_owned),
        resource_version: text("/preconditions/resourceVersion").map(str::to_owned),
    };
    if options.grace_period_seconds.is_none() {
        options.grace_period_seconds = query.number("gracePeriodSeconds")?;
    }
    let policy = text("/propagationPolicy").unwrap_or_else(|| query.text("propagationPolicy"));
    let orphan = given
        .get("orphanDependents")
        .and_then(Value::as_bool)
        .or_else(|| query.tristate("orphanDependents"));
    options.propagation = match (policy, orphan) {
        ("", None) => None,
        ("", Some(true)) => Some(Propagation::Orphan),
        ("", Some(false)) => Some(Propagation::Background),
        (_, Some(_)) => {
            return Err(invalid_delete(
                "propagationPolicy",
                policy,
                "orphanDependents and deletionPropagation cannot be both set",
            ));
        }
        ("Orphan", None) => Some(Propagation::Orphan),
        ("Foreground", None) => Some(Propagation::Foreground),
        ("Background", None) => Some(Propagation::Background),
        _ => {
            let cause = crate::sandbox::error::Cause::unsupported(
                "propagationPolicy",
                &policy.into(),
                &["Foreground", "Background", "Orphan", "nil"],
            );
            return Err(ApiError::invalid(
                "meta.k8s.io",
                "DeleteOptions",
                "",
                &[cause],
            ));
        }
    };
    let in_body = given.get("dryRun").and_then(Value::as_array);
    let dry_run = match in_body {
        Some(list) => check_dry_run(list.iter().filter_map(Value::as_str), "DeleteOptions")?,
        None => query.dry_run("DeleteOptions")?,
    };
    Ok((options, dry_run))
}

fn invalid_delete(field: &str, value: &str, detail: &str) -> ApiError {
    let cause = crate::sandbox::error::Cause::invalid(field, &value.into(), detail);
    ApiError::invalid("meta.k8s.io", "DeleteOptions", "", &[cause])
}

/// `DELETE` of an object.
pub async fn delete(call: Call, body: Body) -> ApiResult<Response> {
    let bytes = collect(body).await?;
    let (options, dry_run) = delete_options(&call, &bytes)?;
    let name = call.path.name.clone();
    let deleted = call
        .sandbox
        .write(|store, registry| {
            write::delete(store, &call.scope(registry, dry_run), &name, &options)
        })
        .await?;
    if !deleted.is_gone || strategy::of(&call.resource).returns_deleted {
        return Ok(call.show(200, &deleted.object));
    }
    let mut details = Map::new();
    details.insert("name".into(), name.into());
    let group = &call.resource.gvk.group;
    if !group.is_empty() {
        details.insert("group".into(), group.as_str().into());
    }
    details.insert("kind".into(), call.resource.plural.as_str().into());
    if let Some(uid) = deleted.object.object.uid() {
        details.insert("uid".into(), uid.into());
    }
    Ok(reply::value(
        200,
        &json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {},
            "status": "Success", "details": details,
        }),
    ))
}

/// `DELETE` of a collection.
pub async fn delete_collection(call: Call, body: Body) -> ApiResult<Response> {
    if !call
        .resource
        .verbs
        .iter()
        .any(|verb| verb == "deletecollection")
    {
        return Err(ApiError::method_not_allowed());
    }
    let bytes = collect(body).await?;
    let (options, dry_run) = delete_options(&call, &bytes)?;
    let selection = call.selection()?;
    let (version, deleted) = call
        .sandbox
        .write(|store, registry| {
            let keys: Vec<(Key, Arc<Stored>)> = store
                .shelf(&shelf_of(&call.resource))
                .into_iter()
                .flat_map(|shelf| shelf.range(&selection.namespace, None))
                .filter(|(place, stored)| selection.takes(place, stored))
                .map(|(place, stored)| {
                    let key = Key::new(shelf_of(&call.resource), place.clone());
                    (key, stored.clone())
                })
                .collect();
            // They are shown as they were found.
            let deleted: Vec<_> = keys
                .into_iter()
                .filter(|(key, _)| {
                    delete_one(&call, store, registry, key, &options, dry_run).is_some()
                })
                .map(|(_, found)| found)
                .collect();
            Ok((store.version(), deleted))
        })
        .await?;
    let mut metadata = Map::new();
    metadata.insert("resourceVersion".into(), version.to_string().into());
    call.end_custom_list(&mut metadata);
    let items = deleted.iter().map(|stored| -> &Stored { stored });
    let now = call.sandbox.clock().now();
    let json = call.accept.form.list(&call.resource, metadata, items, now);
    Ok(reply::bytes(200, json, call.accept.encoding))
}

/// What another deletion took already is left out.
fn delete_one(
    call: &Call,
    store: &mut Store,
    registry: &Registry,
    key: &Key,
    options: &DeleteOptions,
    dry_run: bool,
) -> Option<Deleted> {
    let scope = Scope {
        namespace: &key.place.namespace,
        ..call.scope(registry, dry_run)
    };
    write::delete(store, &scope, &key.place.name, options).ok()
}
