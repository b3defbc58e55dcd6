//! The controller is asked through the API server, as kubeseal asks it.

use waxwing::{
    api::sealed_secret::{API_VERSION, KIND},
    controller::serve::router,
};

use super::server::sandbox_only;
use super::world::{CERTIFICATE, World, ask, has, sealed};

const PROXY: &str = "/api/v1/namespaces/kube-system/services/http:sealed-secrets-controller:/proxy";

#[tokio::test]
async fn certificate_verify_and_rotate_go_through_the_service_proxy() {
    sandbox_only!();
    let world = World::new().await;
    let running = world.run();
    running.handle.keys.ready().await;
    let service = serde_json::json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "sealed-secrets-controller", "namespace": "kube-system"},
        "spec": {"ports": [{"port": 8080}]}});
    world.create(service).await;
    let routes = router(running.handle.clone());
    world
        .sandbox
        .proxy("kube-system", "sealed-secrets-controller", routes);
    let api = world.sandbox.service();
    let certificate = format!("{PROXY}/v1/cert.pem");
    let answer = ask(api.clone(), "GET", &certificate, String::new()).await;
    assert_eq!(answer, (200, CERTIFICATE.to_owned()));
    let good = sealed("db", &[("k", "planted")]);
    let mut bad = good.clone();
    bad["metadata"]["name"] = "other".into();
    let verify = format!("{PROXY}/v1/verify");
    assert_eq!(
        ask(api.clone(), "POST", &verify, good.to_string()).await.0,
        200
    );
    assert_eq!(
        ask(api.clone(), "POST", &verify, bad.to_string()).await.0,
        409
    );
    let rotate = format!("{PROXY}/v1/rotate");
    let (code, rotated) = ask(api, "POST", &rotate, good.to_string()).await;
    assert_eq!(code, 200);
    let mut rotated: serde_json::Value = serde_json::from_str(&rotated).unwrap();
    rotated["kind"] = KIND.into();
    rotated["apiVersion"] = API_VERSION.into();
    assert_ne!(rotated["spec"], good["spec"]);
    world.create(rotated).await;
    world.secret("db", has("k", "planted")).await;
    running.stop().await;
}
