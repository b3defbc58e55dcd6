//! Server-side apply of a Deployment that stays as it is, through the API in process.

use axum::{body::Body, http::Request};
use divan::Bencher;
use serde_json::{Value, json};
use tower::ServiceExt;
use waxwing::sandbox::{Sandbox, SandboxOptions};

const PATH: &str = "/apis/apps/v1/namespaces/default/deployments/web?fieldManager=bench&force=true";

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"app": "web", "tier": "front"}},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{
                    "name": "web",
                    "image": "registry.example/web:1.2.3",
                    "env": [{"name": "LEVEL", "value": "info"}, {"name": "MODE", "value": "fast"}],
                    "ports": [{"containerPort": 8080, "name": "http"}],
                    "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
                    "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
                }]},
            },
        },
    })
}

#[divan::bench]
fn unchanged_deployment(bencher: Bencher<'_, '_>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let service = Sandbox::new(SandboxOptions::default()).service();
    let body = serde_json::to_vec(&deployment()).unwrap();
    let apply = || {
        let request = Request::patch(PATH)
            .header("content-type", "application/apply-patch+yaml")
            .body(Body::from(body.clone()))
            .unwrap();
        runtime.block_on(async {
            let answer = service.clone().oneshot(request).await.unwrap();
            let code = answer.status().as_u16();
            (
                code,
                axum::body::to_bytes(answer.into_body(), 1 << 20)
                    .await
                    .unwrap(),
            )
        })
    };
    assert_eq!(apply().0, 201);
    bencher.bench_local(|| {
        let (code, answer) = apply();
        assert_eq!(code, 200);
        answer
    });
}
