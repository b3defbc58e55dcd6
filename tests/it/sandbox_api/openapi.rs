//! OpenAPI v3: what kubectl looks for in it.

use serde_json::{Value, json};
use waxwing::{
    api,
    object::Object,
    sandbox::{openapi, registry::Registry},
};

fn with_sealed_secrets() -> Registry {
    let definition = Object::from_value(api::crd::sealed_secret()).unwrap();
    Registry::built_in().with_definition(&definition)
}

#[test]
fn every_document_of_the_index_is_whole() {
    let registry = with_sealed_secrets();
    let index = openapi::index(&registry);
    for (name, entry) in index["paths"].as_object().unwrap() {
        let (group, version) = match name.split('/').collect::<Vec<_>>().as_slice() {
            ["api", version] => (String::new(), (*version).to_owned()),
            ["apis", group, version] => ((*group).to_owned(), (*version).to_owned()),
            _ => panic!("{name}"),
        };
        let hash = openapi::hash(&registry, &group, &version).unwrap();
        let address = format!("/openapi/v3/{name}?hash={hash}");
        assert_eq!(entry["serverRelativeURL"], address);
        let document = openapi::document(&registry, &group, &version).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for reference in references(&document) {
            let schema = reference.strip_prefix("#/components/schemas/").unwrap();
            assert!(schemas.contains_key(schema), "{name}: {schema}");
        }
    }
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => map
            .iter()
            .flat_map(|(name, value)| match (name.as_str(), value) {
                ("$ref", Value::String(reference)) => vec![reference.clone()],
                _ => references(value),
            })
            .collect(),
        Value::Array(list) => list.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn patches_take_field_validation_and_strategic_merge_where_it_fits() {
    let registry = with_sealed_secrets();
    for (group, version, path, kind, strategic) in [
        (
            "apps",
            "v1",
            "/apis/apps/v1/namespaces/{namespace}/deployments/{name}",
            "Deployment",
            true,
        ),
        ("", "v1", "/api/v1/namespaces/{name}", "Namespace", true),
        (
            "bitnami.com",
            "v1alpha1",
            "/apis/bitnami.com/v1alpha1/namespaces/{namespace}/sealedsecrets/{name}",
            "SealedSecret",
            false,
        ),
    ] {
        let document = openapi::document(&registry, group, version).unwrap();
        let patch = &document["paths"][path]["patch"];
        assert_eq!(
            patch["x-kubernetes-group-version-kind"],
            json!({"group": group, "version": version, "kind": kind})
        );
        let names: Vec<&str> = patch["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        assert!(names.contains(&"fieldValidation") && names.contains(&"dryRun"));
        let media = patch["requestBody"]["content"].as_object().unwrap();
        let has = media.contains_key("application/strategic-merge-patch+json");
        assert_eq!(has, strategic, "{kind}");
    }
}

#[test]
fn schemas_know_merge_keys_and_kinds() {
    let registry = with_sealed_secrets();
    let apps = openapi::document(&registry, "apps", "v1").unwrap();
    let schemas = &apps["components"]["schemas"];
    let containers = &schemas["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"];
    assert_eq!(containers["x-kubernetes-patch-merge-key"], "name");
    assert_eq!(containers["x-kubernetes-patch-strategy"], "merge");
    assert_eq!(containers["x-kubernetes-list-type"], "map");
    let deployment = &schemas["io.k8s.api.apps.v1.Deployment"];
    assert_eq!(
        deployment["x-kubernetes-group-version-kind"],
        json!([{"group": "apps", "version": "v1", "kind": "Deployment"}])
    );
    let ours = openapi::document(&registry, "bitnami.com", "v1alpha1").unwrap();
    let ours = &ours["components"]["schemas"]["com.bitnami.v1alpha1.SealedSecret"];
    assert_eq!(
        ours["properties"]["spec"]["required"],
        json!(["encryptedData"])
    );
}

#[test]
fn fields_say_what_they_are_for() {
    let registry = with_sealed_secrets();
    let said = |group: &str, pointer: &str| {
        let version = if group == "bitnami.com" {
            "v1alpha1"
        } else {
            "v1"
        };
        let document = openapi::document(&registry, group, version).unwrap();
        let schemas = &document["components"]["schemas"];
        let found = schemas.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("{pointer}")).to_owned()
    };
    let deployment = "/io.k8s.api.apps.v1.Deployment";
    assert_eq!(
        said("apps", &format!("{deployment}/description")),
        "Deployment enables declarative updates for Pods and ReplicaSets."
    );
    let replicas = "/io.k8s.api.apps.v1.DeploymentSpec/properties/replicas/description";
    assert!(said("apps", replicas).starts_with("Number of desired pods."));
    // One that is a definition of its own, and one of a custom kind.
    let template = "/io.k8s.api.apps.v1.DeploymentSpec/properties/template/description";
    assert!(said("apps", template).starts_with("Template describes the pods"));
    let version = "/com.bitnami.v1alpha1.SealedSecret/properties/apiVersion/description";
    assert!(said("bitnami.com", version).starts_with("APIVersion defines"));
}

#[test]
fn all_kinds_of_the_documents_are_described() {
    let registry = Registry::built_in();
    for (name, _) in openapi::index(&registry)["paths"].as_object().unwrap() {
        let parts: Vec<&str> = name.split('/').collect();
        let (group, version) = match parts.as_slice() {
            [_, version] => ("", *version),
            [_, group, version] => (*group, *version),
            _ => panic!("{name}"),
        };
        let document = openapi::document(&registry, group, version).unwrap();
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            let is_kind = schema.get("x-kubernetes-group-version-kind").is_some();
            if is_kind && !name.ends_with("List") && !name.ends_with(".WatchEvent") {
                assert!(schema["description"].is_string(), "{name}");
            }
        }
    }
}
