use serde_json::json;

use super::*;

fn at(schema: &Schema, path: &str) -> Schema {
    path.split('.').fold(schema.clone(), |schema, name| {
        let next = match name {
            "[]" => schema.items(),
            "{}" => schema.values(),
            _ => schema.field(name),
        };
        next.unwrap_or_else(|| panic!("{path}: no {name}"))
    })
}

fn deployment() -> Schema {
    Schema::of(&Gvk::new("apps", "v1", "Deployment")).unwrap()
}

#[test]
fn knows_the_types_of_built_in_fields() {
    for (path, value_type, format) in [
        ("spec", ValueType::Object, None),
        ("spec.replicas", ValueType::Integer, Some("int32")),
        ("spec.paused", ValueType::Boolean, None),
        ("metadata.labels", ValueType::Object, None),
        ("metadata.labels.{}", ValueType::String, None),
        (
            "metadata.creationTimestamp",
            ValueType::String,
            Some("date-time"),
        ),
        ("metadata.finalizers.[]", ValueType::String, None),
        (
            "spec.strategy.rollingUpdate.maxSurge",
            ValueType::IntOrString,
            Some("int-or-string"),
        ),
        (
            "spec.template.spec.containers.[].resources.limits.{}",
            ValueType::StringOrNumber,
            None,
        ),
        ("spec.template.spec.containers", ValueType::Array, None),
        ("spec.template.spec.containers.[]", ValueType::Object, None),
    ] {
        let schema = at(&deployment(), path);
        assert_eq!(schema.value_type(), value_type, "{path}");
        assert_eq!(schema.format(), format, "{path}");
    }
    assert!(deployment().field("nothing").is_none());
    assert!(Schema::of(&Gvk::new("apps", "v2", "Deployment")).is_none());
}

#[test]
fn knows_how_built_in_fields_merge() {
    let map = |keys: &[&str]| ListKind::Map(keys.iter().map(|key| (*key).to_owned()).collect());
    for (path, list, key, strategies) in [
        (
            "spec.template.spec.containers",
            map(&["name"]),
            Some("name"),
            vec![PatchStrategy::Merge],
        ),
        (
            "spec.template.spec.containers.[].ports",
            map(&["containerPort", "protocol"]),
            Some("containerPort"),
            vec![PatchStrategy::Merge],
        ),
        (
            "spec.template.spec.volumes",
            map(&["name"]),
            Some("name"),
            vec![PatchStrategy::Merge, PatchStrategy::RetainKeys],
        ),
        (
            "spec.template.spec.tolerations",
            ListKind::Atomic,
            None,
            vec![],
        ),
        (
            "metadata.finalizers",
            ListKind::Set,
            None,
            vec![PatchStrategy::Merge],
        ),
        (
            "spec.strategy",
            ListKind::Atomic,
            None,
            vec![PatchStrategy::RetainKeys],
        ),
    ] {
        let schema = at(&deployment(), path);
        assert_eq!(schema.list_kind(), list, "{path}");
        assert_eq!(schema.merge_key(), key, "{path}");
        assert_eq!(schema.patch_strategies(), strategies, "{path}");
    }
    assert_eq!(
        at(&deployment(), "spec.selector").map_kind(),
        MapKind::Atomic
    );
    assert_eq!(at(&deployment(), "spec").map_kind(), MapKind::Granular);
}

#[test]
fn knows_what_else_is_published() {
    let deployment = deployment();
    assert_eq!(deployment.kinds(), [Gvk::new("apps", "v1", "Deployment")]);
    assert_eq!(deployment.required(), ["spec"]);
    assert_eq!(at(&deployment, "spec").required(), ["selector", "template"]);
    assert_eq!(
        at(&deployment, "spec").reference(),
        Some("io.k8s.api.apps.v1.DeploymentSpec")
    );
    assert_eq!(
        at(
            &deployment,
            "spec.template.spec.containers.[].ports.[].protocol"
        )
        .default(),
        Some(&json!("TCP"))
    );
    let names: Vec<&str> = deployment
        .fields()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["apiVersion", "kind", "metadata", "spec", "status"]);
    let revision = Schema::of(&Gvk::new("apps", "v1", "ControllerRevision")).unwrap();
    assert!(at(&revision, "data").is_preserving_unknown());
    assert!(!at(&deployment, "spec").is_preserving_unknown());
    assert!(!deployment.is_nullable() && !deployment.is_embedded_resource());
    assert!(deployment.keywords().is_none());
}

#[test]
fn reads_structural_schemas() {
    let schema = Schema::structural(&json!({
        "type": "object", "required": ["spec"],
        "properties": {
            "metadata": {"type": "object"},
            "spec": {"type": "object", "x-kubernetes-map-type": "atomic", "properties": {
                "list": {"type": "array", "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["a", "b"],
                    "items": {"type": "object", "properties": {
                        "a": {"type": "string", "default": "x", "enum": ["x", "y"]}}}},
                "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
                "map": {"type": "object", "additionalProperties": {"type": "integer", "format": "int64"}},
                "open": {"type": "object", "additionalProperties": true},
                "closed": {"type": "object", "additionalProperties": false},
                "any": {"x-kubernetes-preserve-unknown-fields": true, "nullable": true},
                "port": {"x-kubernetes-int-or-string": true},
                "template": {"type": "object", "x-kubernetes-embedded-resource": true},
            }},
        },
    }));
    assert_eq!(schema.required(), ["spec"]);
    assert_eq!(
        at(&schema, "metadata.ownerReferences").list_kind(),
        ListKind::Map(vec!["uid".to_owned()])
    );
    assert_eq!(at(&schema, "kind").value_type(), ValueType::String);
    assert_eq!(at(&schema, "spec").map_kind(), MapKind::Atomic);
    let list = at(&schema, "spec.list");
    assert_eq!(
        list.list_kind(),
        ListKind::Map(vec!["a".to_owned(), "b".to_owned()])
    );
    let key = at(&list, "[].a");
    assert_eq!(key.default(), Some(&json!("x")));
    assert_eq!(key.keywords().unwrap()["enum"], json!(["x", "y"]));
    assert_eq!(at(&schema, "spec.set").list_kind(), ListKind::Set);
    assert_eq!(at(&schema, "spec.map.{}").format(), Some("int64"));
    assert_eq!(at(&schema, "spec.open.{}").value_type(), ValueType::Any);
    assert!(at(&schema, "spec.closed").values().is_none());
    let any = at(&schema, "spec.any");
    assert!(any.is_preserving_unknown() && any.is_nullable());
    assert!(at(&schema, "spec.port").is_int_or_string());
    let template = at(&schema, "spec.template");
    assert!(template.is_embedded_resource());
    assert_eq!(
        at(&template, "metadata.name").value_type(),
        ValueType::String
    );
    assert_eq!(schema.clone(), schema);
}
