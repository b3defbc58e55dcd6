//! The scale subresource.

use axum::{body::Body, http::Method, response::Response};
use serde_json::{Map, Value};

use super::{
    body::{collect, document, media_type},
    handle::Call,
    object::kind_problem,
    patch::{APPLY, Patch},
    reply,
};
use crate::{
    object::{
        Gvk, Object,
        patch::managed::{
            self, Author, FieldSet, Managers, Subject, parent_to_scale, scale_to_parent,
        },
        schema::Schema,
    },
    sandbox::{
        admit,
        decode::blank,
        error::{ApiError, ApiResult, Cause},
        form::to_bytes,
        registry::ScalePaths,
        store::Stored,
        write::{self, Scope, UpdateKind, Writer, apply_scale, entries, scale_of, time_text},
    },
};

const SCALE: &str = "autoscaling/v1";

/// Reads or writes the scale of an object.
pub async fn scale(call: Call, method: &Method, body: Body) -> ApiResult<Response> {
    let Some(paths) = call.resource.scale.clone() else {
        return Err(ApiError::no_resource());
    };
    let name = call.path.name.clone();
    let show = |stored: &Stored| to_bytes(&scale_of(&paths, &stored.object));
    if method == Method::GET {
        let key = call.scope(&call.sandbox.registry(), false).key(&name);
        let stored = call
            .sandbox
            .read(|store| store.at(&key))
            .ok_or_else(|| ApiError::not_found(&call.named(), &name))?;
        return Ok(reply::bytes(200, show(&stored), call.accept.encoding));
    }
    let bytes = collect(body).await?;
    let (change, options) = match method.as_str() {
        "PUT" => {
            let kind = Gvk::new("autoscaling", "v1", "Scale");
            let scale = document(&call.headers, &bytes, &kind)?.value;
            (Change::Whole(scale), "UpdateOptions")
        }
        "PATCH" => {
            let media_type = media_type(&call.headers);
            Patch::check_type(&media_type, &call.resource)?;
            let patch = Patch::read(&media_type, &bytes)?;
            (Change::Patch(patch), "PatchOptions")
        }
        _ => return Err(ApiError::method_not_allowed()),
    };
    let dry_run = call.write_options(options, media_type(&call.headers) == APPLY)?;
    let stored = call
        .sandbox
        .write(|store, registry| {
            let scope = call.scope(registry, dry_run);
            let current = store
                .at(&scope.key(&name))
                .ok_or_else(|| ApiError::not_found(&scope.named(), &name))?;
            let object = change.object(&call, &scope, &paths, &current)?;
            let scope = Scope {
                writer: Writer {
                    is_settled: true,
                    ..scope.writer
                },
                ..scope
            };
            write::update(store, &scope, &name, object, UpdateKind::Main)
        })
        .await?
        .0;
    Ok(reply::bytes(200, show(&stored), call.accept.encoding))
}

enum Change {
    Whole(Value),
    Patch(Patch),
}

impl Change {
    /// The object with the new scale, and with its managers.
    fn object(
        &self,
        call: &Call,
        scope: &Scope<'_>,
        paths: &ScalePaths,
        current: &Stored,
    ) -> ApiResult<Object> {
        let mut object = admit::from_storage(&call.resource, &current.object);
        let parent = Managers::read(entries(object.as_map())).unwrap_or_default();
        let Value::Object(mut old) = scale_of(paths, &object) else {
            return Err(ApiError::internal("a scale is a map"));
        };
        set_entries(&mut old, &parent_to_scale(&parent, &paths.spec));
        let new = self.scale(call, scope, &old)?;
        check(call, &new)?;
        let version = call.resource.gvk.api_version();
        let of_scale = Managers::read(entries(&new)).unwrap_or_default();
        let managers = scale_to_parent(&parent, of_scale, &paths.spec, &version);
        let new = Value::Object(new);
        apply_scale(paths, &mut object, &new);
        if new.pointer("/metadata/resourceVersion").is_none() {
            object.set(
                &["metadata", "resourceVersion"],
                current.version.to_string().into(),
            );
        }
        set_entries(object.as_map_mut(), &managers);
        Ok(object)
    }

    /// The new scale, with its managers.
    fn scale(
        &self,
        call: &Call,
        scope: &Scope<'_>,
        old: &Map<String, Value>,
    ) -> ApiResult<Map<String, Value>> {
        let gvk = Gvk::from_api_version(SCALE, "Scale");
        let schema = Schema::of(&gvk);
        let subject = Subject {
            gvk: &gvk,
            schema: schema.as_ref(),
            blank: &|| blank(&gvk),
            reset: &FieldSet::default(),
            is_served: &|version| version == SCALE,
        };
        let now = time_text(scope.now);
        let author = Author {
            manager: scope.writer.manager,
            subresource: scope.writer.subresource,
            now: &now,
        };
        let new = match self {
            Self::Patch(Patch::Apply(config)) => {
                let force = call.query.flag("force");
                let Value::Object(config) = config else {
                    return Err(ApiError::bad_request("error decoding patch: not a map"));
                };
                return Ok(managed::apply(&subject, author, Some(old), config, force)?);
            }
            Self::Whole(scale) => scale.clone(),
            Self::Patch(patch) => patch.apply_to(Value::Object(old.clone()), schema.as_ref())?,
        };
        let text = |field: &str| new.get(field).and_then(Value::as_str).unwrap_or_default();
        let given = Gvk::from_api_version(text("apiVersion"), text("kind"));
        if !given.kind.is_empty()
            && given.kind != gvk.kind
            && let Some(why) = kind_problem(&given, &gvk)
        {
            return Err(ApiError::bad_request(format!(
                "{} in version {:?} cannot be handled as a Scale: {why}",
                given.kind, given.version
            )));
        }
        let name = new.pointer("/metadata/name").and_then(Value::as_str);
        if let Some(name) = name
            && name != call.path.name
        {
            return Err(ApiError::bad_request(format!(
                "the name of the object ({name}) does not match the name on the URL ({})",
                call.path.name
            )));
        }
        let Value::Object(mut new) = new else {
            return Err(ApiError::bad_request("a Scale must be a map"));
        };
        // Zero is left out, so nobody manages it.
        if let Some(Value::Object(spec)) = new.get_mut("spec")
            && spec.get("replicas") == Some(&Value::from(0))
        {
            spec.remove("replicas");
        }
        managed::update(&subject, author, Some(old), &mut new);
        Ok(new)
    }
}

fn check(call: &Call, scale: &Map<String, Value>) -> ApiResult<()> {
    let replicas = scale
        .get("spec")
        .and_then(|spec| spec.get("replicas")?.as_i64());
    if replicas.is_some_and(|replicas| replicas < 0) {
        let cause = Cause::invalid(
            "spec.replicas",
            &replicas.into(),
            "must be greater than or equal to 0",
        );
        let name = &call.path.name;
        return Err(ApiError::invalid("autoscaling", "Scale", name, &[cause]));
    }
    Ok(())
}

fn set_entries(object: &mut Map<String, Value>, managers: &Managers) {
    let metadata = object
        .entry("metadata")
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(metadata) = metadata {
        match managers.write() {
            Some(entries) => metadata.insert("managedFields".to_owned(), entries),
            None => metadata.remove("managedFields"),
        };
    }
}
