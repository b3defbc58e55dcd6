//! What the server refuses, in its words.

use serde_json::{Value, json};

use super::server::{Raw, sandbox};

async fn refusal(path: &str, body: Value) -> (u16, String) {
    let answer = Raw::new(&sandbox()).post(path, body).await;
    (answer.code, answer.message().to_owned())
}

#[tokio::test]
async fn refusals_have_the_words_of_a_cluster() {
    let maps = "/api/v1/namespaces/default/configmaps";
    let secrets = "/api/v1/namespaces/default/secrets";
    let deployments = "/apis/apps/v1/namespaces/default/deployments";
    let subdomain = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    let template = |labels: Value| {
        json!({"metadata": {"labels": labels},
        "spec": {"containers": [{"name": "c", "image": "i"}]}})
    };
    let cases = [
        (maps, json!({"metadata": {}}), 422, "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required".to_owned()),
        (maps, json!({"metadata": {"name": "A_b"}}), 422, format!("ConfigMap \"A_b\" is invalid: metadata.name: Invalid value: \"A_b\": {subdomain}")),
        (maps, json!({"metadata": {"name": "a", "namespace": "b"}}), 400, "the namespace of the provided object does not match the namespace sent on the request".to_owned()),
        (maps, json!({"apiVersion": "v2", "kind": "ConfigMap", "metadata": {"name": "a"}}), 400, "ConfigMap in version \"v2\" cannot be handled as a ConfigMap: no kind \"ConfigMap\" is registered for version \"v2\" in scheme \"pkg/runtime/scheme.go:111\"".to_owned()),
        (&format!("{maps}?fieldValidation=Strict"), json!({"metadata": {"name": "a"}, "datum": 1}), 400, "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: unknown field \"datum\"".to_owned()),
        (maps, json!({"metadata": {"name": "a"}, "data": {"a": 1}}), 400, "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string".to_owned()),
        (secrets, json!({"metadata": {"name": "a"}, "data": {"a": "%"}}), 400, "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input byte 0".to_owned()),
        (secrets, json!({"metadata": {"name": "a"}, "type": "kubernetes.io/tls"}), 422, "Secret \"a\" is invalid: [data[tls.crt]: Required value, data[tls.key]: Required value]".to_owned()),
        (deployments, json!({"metadata": {"name": "a"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template(json!({"a": "c"}))}}), 422, "Deployment.apps \"a\" is invalid: spec.template.metadata.labels: Invalid value: {\"a\":\"c\"}: `selector` does not match template `labels`".to_owned()),
    ];
    for (path, body, code, message) in cases {
        let found = refusal(path, body.clone()).await;
        assert_eq!(found, (code, message), "{path} {body}");
    }
}

#[tokio::test]
async fn unknown_fields_are_warned_of_and_dropped() {
    let raw = Raw::new(&sandbox());
    let maps = "/api/v1/namespaces/default/configmaps";
    let body = json!({"metadata": {"name": "a"}, "datum": 1});
    let made = raw.post(maps, body.clone()).await;
    assert_eq!(made.code, 201);
    assert_eq!(made.warnings, ["299 - \"unknown field \\\"datum\\\"\""]);
    assert!(made.body.get("datum").is_none());
    let mut other = body;
    other["metadata"]["name"] = json!("b");
    let quiet = raw
        .post(&format!("{maps}?fieldValidation=Ignore"), other)
        .await;
    assert!(quiet.warnings.is_empty());
}

#[tokio::test]
async fn immutable_content_stays() {
    let raw = Raw::new(&sandbox());
    let secrets = "/api/v1/namespaces/default/secrets";
    let made = raw
        .post(
            secrets,
            json!({"metadata": {"name": "a"}, "stringData": {"k": "v"}, "immutable": true}),
        )
        .await;
    assert_eq!(made.body["data"], json!({"k": "dg=="}));
    assert_eq!(made.body["type"], "Opaque");
    assert!(made.body.get("stringData").is_none());
    let one = format!("{secrets}/a");
    let patch = json!({"stringData": {"k": "w"}});
    let refused = raw.patch(&one, "merge-patch", patch).await;
    assert_eq!(
        refused.message(),
        "Secret \"a\" is invalid: data: Forbidden: field is immutable when `immutable` is set"
    );
    let labelled = raw
        .patch(
            &one,
            "merge-patch",
            json!({"metadata": {"labels": {"a": "b"}}}),
        )
        .await;
    assert_eq!(labelled.code, 200);
    let other = raw
        .patch(&one, "merge-patch", json!({"type": "my/own"}))
        .await;
    assert_eq!(
        other.message(),
        "Secret \"a\" is invalid: type: Invalid value: \"my/own\": field is immutable"
    );
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let raw = Raw::new(&sandbox());
    let big = "x".repeat(3 << 20);
    let answer = raw
        .post(
            "/api/v1/namespaces/default/configmaps",
            json!({ "data": big }),
        )
        .await;
    assert_eq!(answer.code, 413);
    assert_eq!(
        answer.message(),
        "Request entity is too large: limit is 3145728"
    );
}

#[tokio::test]
async fn custom_resources_follow_their_definition() {
    let raw = Raw::new(&sandbox());
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "birds.example.org"}, "spec": {"group": "example.org", "scope": "Namespaced",
            "names": {"plural": "birds", "kind": "Bird"}, "versions": [{"name": "v1", "served": true,
                "storage": true, "subresources": {"status": {}}, "schema": {"openAPIV3Schema": {"type": "object",
                    "properties": {"spec": {"type": "object", "properties": {
                        "wings": {"type": "integer", "default": 2, "maximum": 2}}},
                        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}]}});
    let made = raw.post(definitions, definition).await;
    assert_eq!(made.code, 201, "{made:?}");
    let birds = "/apis/example.org/v1/namespaces/default/birds";
    let bird = |spec: Value| {
        json!({"apiVersion": "example.org/v1", "kind": "Bird",
        "metadata": {"name": "b"}, "spec": spec, "status": {"seen": true}})
    };
    let made = raw.post(birds, bird(json!({"song": "loud"}))).await;
    assert_eq!(made.body["spec"], json!({"wings": 2}));
    assert_eq!(made.warnings, ["299 - \"unknown field \\\"spec.song\\\"\""]);
    assert!(made.body.get("status").is_none());
    assert_eq!(made.body["metadata"]["generation"], 1);
    let three = json!({"spec": {"wings": 3}});
    let refused = raw.patch(&format!("{birds}/b"), "merge-patch", three).await;
    assert_eq!(refused.code, 422, "{refused:?}");
    raw.delete(&format!("{definitions}/birds.example.org"), json!({}))
        .await;
    assert_eq!(raw.get(birds).await.code, 404);
    assert_eq!(
        raw.get(&format!("{definitions}/birds.example.org"))
            .await
            .code,
        404
    );
}
