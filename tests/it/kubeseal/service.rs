//! A cluster on loopback with the controller's Service, as far as kubeseal asks for it, and a few web pages.

use std::thread;

use axum::{
    Router,
    body::Bytes,
    http::{Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::vectors::vector;

const SERVICES: &str = "/api/v1/namespaces/";

/// Serves the cluster of the cases until the process ends; gives the address.
pub fn start() -> String {
    serve(Router::new().fallback(answer))
}

/// Serves until the process ends; gives the address.
pub fn serve(router: Router) -> String {
    let (sender, receiver) = std::sync::mpsc::channel();
    thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                sender.send(listener.local_addr().unwrap()).unwrap();
                axum::serve(listener, router).await.unwrap();
            });
    });
    format!("http://{}", receiver.recv().unwrap())
}

async fn answer(method: Method, uri: Uri, body: Bytes) -> Response {
    let path = uri.path();
    match path {
        "/cert.pem" => return vector("keys/primary.crt").into_response(),
        "/small.pem" => return vector("keys/small.crt").into_response(),
        "/garbage" => return "garbage\n".into_response(),
        "/broken" => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        "/moved" => return (StatusCode::FOUND, [(header::LOCATION, "/cert.pem")]).into_response(),
        _ => {}
    }
    let Some(rest) = path.strip_prefix(SERVICES) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match (&method, rest) {
        (_, "kube-system/services/sealed-secrets-controller") => service(&json!([{"port": 8080}])),
        (_, "sealed/services/sealed-secrets") => service(&json!([{"name": "http", "port": 8080}])),
        (_, "kube-system/services/portless") => service(&json!([])),
        (_, "kube-system/services/forbidden") => status(
            403,
            "Forbidden",
            "services \"forbidden\" is forbidden: User \"u\" cannot get resource \"services\" in API group \"\" in the namespace \"kube-system\"",
        ),
        (&Method::GET, proxied) if proxied.ends_with("/proxy/v1/cert.pem") => {
            if proxied.starts_with("kube-system/services/http:sealed-secrets-controller:/")
                || proxied.starts_with("sealed/services/http:sealed-secrets:http/")
            {
                vector("keys/primary.crt").into_response()
            } else {
                status(
                    503,
                    "ServiceUnavailable",
                    "no endpoints available for service",
                )
            }
        }
        (&Method::POST, proxied) if proxied.ends_with("/proxy/v1/verify") => verify(&name(&body)),
        (&Method::POST, proxied) if proxied.ends_with("/proxy/v1/rotate") => rotate(&body),
        _ => status(404, "NotFound", "services \"nowhere\" not found"),
    }
}

fn service(ports: &Value) -> Response {
    let service = json!({"kind": "Service", "apiVersion": "v1",
        "metadata": {"name": "s", "namespace": "n"}, "spec": {"ports": ports}});
    (
        [(header::CONTENT_TYPE, "application/json")],
        service.to_string(),
    )
        .into_response()
}

fn status(code: u16, reason: &str, message: &str) -> Response {
    let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code});
    let code = StatusCode::from_u16(code).unwrap();
    (
        code,
        [(header::CONTENT_TYPE, "application/json")],
        body.to_string(),
    )
        .into_response()
}

fn name(body: &Bytes) -> String {
    let sealed: Value = serde_json::from_slice(body).unwrap_or_default();
    sealed["metadata"]["name"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// The names that the vectors have open; a few names of the cases mean an answer.
fn verify(name: &str) -> Response {
    let code = match name {
        "moved" => 409,
        "busy" => 429,
        "odd" => 500,
        _ => 200,
    };
    StatusCode::from_u16(code).unwrap().into_response()
}

/// Without kind and status, as the controller answers.
fn rotate(body: &Bytes) -> Response {
    let code = match name(body).as_str() {
        "moved" => 409,
        "odd" => 500,
        _ => 200,
    };
    if code != 200 {
        return StatusCode::from_u16(code).unwrap().into_response();
    }
    let mut sealed: Value = serde_json::from_slice(body).unwrap();
    let map = sealed.as_object_mut().unwrap();
    map.remove("kind");
    map.remove("apiVersion");
    map.remove("status");
    sealed["metadata"]["creationTimestamp"] = Value::Null;
    sealed["metadata"]["generation"] = 3.into();
    sealed["spec"]["encryptedData"] = json!({"again": "AgA="});
    sealed.to_string().into_response()
}
