//! The server behind a socket: who may read, the kubeconfig, the end of streams, and the proxy to services.

use std::time::Duration;

use axum::{Router, routing::get};
use futures::StreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Client, Config,
    api::{ListParams, WatchParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use waxwing::sandbox::{CONTEXT, ServeOptions, serve};

use super::server::{Raw, sandbox};

async fn client_of(path: &std::path::Path) -> Client {
    let kubeconfig = Kubeconfig::read_from(path).unwrap();
    assert_eq!(kubeconfig.current_context.as_deref(), Some(CONTEXT));
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .unwrap();
    Client::try_from(config).unwrap()
}

#[tokio::test]
async fn only_the_token_opens_and_streams_end_with_the_server() {
    use std::os::unix::fs::PermissionsExt;
    let served = serve(sandbox(), ServeOptions::default()).await.unwrap();
    assert!(served.address().ip().is_loopback());
    let path = served.kubeconfig().to_owned();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let client = client_of(&path).await;
    let maps: Api<ConfigMap> = Api::default_namespaced(client);
    maps.list(&ListParams::default()).await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let wrong = path.with_extension("wrong");
    std::fs::write(&wrong, text.replace("token: ", "token: x")).unwrap();
    let stranger: Api<ConfigMap> = Api::default_namespaced(client_of(&wrong).await);
    let kube::Error::Api(status) = stranger.list(&ListParams::default()).await.unwrap_err() else {
        panic!("no Status");
    };
    assert_eq!(
        (status.code, status.message.as_str()),
        (401, "Unauthorized")
    );
    let version = stranger.into_client().apiserver_version().await;
    assert!(version.is_err(), "a wrong token is refused everywhere");
    let lines = text.lines().filter(|line| !line.contains("token:"));
    let nameless: String = lines.map(|line| format!("{line}\n")).collect();
    std::fs::write(&wrong, nameless.replace("  user:\n", "  user: {}\n")).unwrap();
    let nobody = client_of(&wrong).await;
    nobody.apiserver_version().await.unwrap();
    let maps_of_nobody: Api<ConfigMap> = Api::default_namespaced(nobody);
    assert!(maps_of_nobody.list(&ListParams::default()).await.is_err());
    let watch = maps.watch(&WatchParams::default(), "0").await.unwrap();
    futures::pin_mut!(watch);
    let stopping = tokio::spawn(served.stop());
    assert!(watch.next().await.is_none());
    tokio::time::timeout(Duration::from_secs(5), stopping)
        .await
        .unwrap()
        .unwrap();
    assert!(!path.exists());
}

#[tokio::test]
async fn a_service_is_reached_through_its_proxy() {
    let sandbox = sandbox();
    let router = Router::new().route(
        "/v1/cert.pem",
        get(|request: axum::extract::Request| async move {
            assert!(request.headers().get("authorization").is_none());
            format!("certificate {}", request.uri().query().unwrap_or_default())
        }),
    );
    sandbox.proxy("kube-system", "sealed", router);
    let raw = Raw::new(&sandbox);
    let services = "/api/v1/namespaces/kube-system/services";
    for name in ["sealed", "sealed:8080", "http:sealed:", "http:sealed:http"] {
        let path = format!("{services}/{name}/proxy/v1/cert.pem?a=b");
        let answer = raw.get(&path).await;
        assert_eq!(
            (answer.code, answer.body.as_str()),
            (200, Some("certificate a=b")),
            "{name}"
        );
    }
    let absent = raw.get(&format!("{services}/none/proxy/")).await;
    assert_eq!(
        absent.message(),
        "no endpoints available for service \"none\""
    );
    let kubernetes = "/api/v1/namespaces/default/services/kubernetes/proxy/";
    let unserved = raw.get(kubernetes).await;
    assert_eq!(unserved.code, 503);
}

#[tokio::test]
async fn health_and_version_are_told() {
    let raw = Raw::new(&sandbox());
    assert_eq!(raw.get("/readyz").await.body, "ok");
    let verbose = raw.get("/readyz?verbose").await;
    assert!(
        verbose
            .body
            .as_str()
            .unwrap()
            .ends_with("readyz check passed\n")
    );
    let version = raw.get("/version").await;
    assert_eq!(version.body["gitVersion"], "v1.37.2+waxwing-sandbox");
    assert_eq!(raw.get("/nothing").await.code, 404);
}
