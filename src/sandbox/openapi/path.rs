//! Paths and operations: enough for a client to know what each takes.

use serde_json::{Map, Value, json};

use super::document::Names;
use crate::{
    object::{Gvk, schema::Schema},
    sandbox::registry::Resource,
};

const PATCHES: [&str; 3] = [
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
];
/// Built-in kinds only: it needs merge keys.
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const PATCH: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
const STATUS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
const DELETE_OPTIONS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";

/// Adds the paths of one resource.
pub(super) fn add(resource: &Resource, names: &Names, paths: &mut Map<String, Value>) {
    let root = if resource.gvk.group.is_empty() {
        format!("/api/{}", resource.gvk.version)
    } else {
        format!("/apis/{}", resource.gvk.api_version())
    };
    let base = if resource.namespaced {
        format!("{root}/namespaces/{{namespace}}/{}", resource.plural)
    } else {
        format!("{root}/{}", resource.plural)
    };
    let can = |verb: &str| resource.verbs.iter().any(|v| v == verb);
    let op = Operations {
        gvk: &resource.gvk,
        own: &names.own,
        custom: resource.custom,
    };
    let mut collection = vec![];
    if can("list") {
        collection.push(("get", op.read("list", &names.list)));
    }
    if can("create") {
        collection.push(("post", op.write("post")));
    }
    if can("deletecollection") {
        collection.push(("delete", op.delete("deletecollection")));
    }
    let list = (can("list") && resource.namespaced).then(|| op.read("list", &names.list));
    let namespace = resource.namespaced.then_some("namespace");
    paths.insert(base.clone(), item(collection, namespace.as_slice()));
    if let Some(list) = list {
        let everywhere = format!("{root}/{}", resource.plural);
        paths.insert(everywhere, item(vec![("get", list)], &[]));
    }
    if !can("get") {
        return;
    }
    let parameters: Vec<&str> = ["name"].into_iter().chain(namespace).collect();
    let one = vec![
        ("get", op.read("get", &names.own)),
        ("put", op.write("put")),
        ("patch", op.patch()),
        ("delete", op.delete("delete")),
    ];
    paths.insert(format!("{base}/{{name}}"), item(one, &parameters));
    for sub in &resource.subresources {
        let own = Schema::of(&sub.gvk)
            .and_then(|schema| schema.reference())
            .unwrap_or(&names.own);
        let op = Operations {
            gvk: &sub.gvk,
            own,
            custom: resource.custom,
        };
        let operations = sub
            .verbs
            .iter()
            .filter_map(|verb| match verb.as_str() {
                "get" => Some(("get", op.read("get", own))),
                "update" => Some(("put", op.write("put"))),
                "patch" => Some(("patch", op.patch())),
                "create" => Some(("post", op.write("post"))),
                _ => None,
            })
            .collect();
        let path = format!("{base}/{{name}}/{}", sub.name);
        paths.insert(path, item(operations, &parameters));
    }
}

fn item(operations: Vec<(&str, Value)>, parameters: &[&str]) -> Value {
    let mut map: Map<String, Value> = operations
        .into_iter()
        .map(|(method, operation)| (method.to_owned(), operation))
        .collect();
    let parameters = parameters.iter().map(|name| {
        json!({
            "name": name, "in": "path", "required": true,
            "schema": {"type": "string", "uniqueItems": true},
        })
    });
    map.insert("parameters".to_owned(), parameters.collect());
    Value::Object(map)
}

struct Operations<'a> {
    gvk: &'a Gvk,
    own: &'a str,
    custom: bool,
}

impl Operations<'_> {
    fn read(&self, action: &str, answer: &str) -> Value {
        let texts = [
            "labelSelector",
            "fieldSelector",
            "continue",
            "resourceVersion",
        ];
        let parameters: Vec<Value> = if action == "list" {
            texts
                .map(|name| query(name, "string"))
                .into_iter()
                .chain([query("limit", "integer"), query("watch", "boolean")])
                .collect()
        } else {
            Vec::new()
        };
        self.operation(action, parameters, None, answer)
    }

    fn write(&self, action: &str) -> Value {
        let body = json!({"required": true, "content": {"*/*": {"schema": reference(self.own)}}});
        self.operation(action, writing(), Some(body), self.own)
    }

    fn patch(&self) -> Value {
        let content: Map<String, Value> = PATCHES
            .into_iter()
            .chain((!self.custom).then_some(STRATEGIC))
            .map(|media| (media.to_owned(), json!({"schema": reference(PATCH)})))
            .collect();
        let mut parameters = writing();
        parameters.push(query("force", "boolean"));
        let body = json!({"required": true, "content": content});
        self.operation("patch", parameters, Some(body), self.own)
    }

    fn delete(&self, action: &str) -> Value {
        let parameters = vec![
            query("dryRun", "string"),
            query("gracePeriodSeconds", "integer"),
            query("orphanDependents", "boolean"),
            query("propagationPolicy", "string"),
        ];
        let body = json!({"content": {"*/*": {"schema": reference(DELETE_OPTIONS)}}});
        self.operation(action, parameters, Some(body), STATUS)
    }

    fn operation(
        &self,
        action: &str,
        parameters: Vec<Value>,
        body: Option<Value>,
        answer: &str,
    ) -> Value {
        let mut operation = json!({
            "parameters": parameters,
            "responses": {"200": {
                "description": "OK",
                "content": {"application/json": {"schema": reference(answer)}},
            }},
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": {
                "group": self.gvk.group, "version": self.gvk.version, "kind": self.gvk.kind,
            },
        });
        if let (Some(operation), Some(body)) = (operation.as_object_mut(), body) {
            operation.insert("requestBody".to_owned(), body);
        }
        operation
    }
}

/// What every write can be asked.
fn writing() -> Vec<Value> {
    ["dryRun", "fieldManager", "fieldValidation"]
        .map(|name| query(name, "string"))
        .into()
}

fn query(name: &str, kind: &str) -> Value {
    json!({"name": name, "in": "query", "schema": {"type": kind, "uniqueItems": true}})
}

/// Points to a schema; what has none is any object.
pub(super) fn reference(name: &str) -> Value {
    if name.is_empty() {
        return json!({"type": "object"});
    }
    json!({"$ref": format!("#/components/schemas/{name}")})
}
