//! What `kubectl get` asks for, over TLS on loopback: tables of 1,000 objects, from the embedded server and from the
//! real one whose kubeconfig `WAXWING_REAL_KUBECONFIG` names (`tests/cluster/up`).

use std::path::Path;

use divan::Bencher;
use http::{Request, header};
use kube::{
    Client, Config,
    client::Body,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use waxwing::sandbox::{Sandbox, SandboxOptions, ServeOptions, serve};

/// Objects of the list.
const OBJECTS: usize = 1_000;
/// Lists of one measurement.
const LISTS: usize = 100;
/// What kubectl asks for.
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
/// Objects of a page of kubectl.
const PAGE: usize = 500;

struct Stage {
    runtime: Runtime,
    client: Client,
    namespace: String,
}

async fn connect(kubeconfig: &Path) -> Client {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
    Client::try_from(config.unwrap()).unwrap()
}

/// Sends a request; the answer's bytes, unread: what is measured is the server.
async fn send(client: &Client, method: &str, path: &str, body: Option<Value>) -> Vec<u8> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::ACCEPT, TABLE)
        .header(header::CONTENT_TYPE, "application/json");
    let body = body.map(|body| body.to_string().into_bytes());
    let request = request.body(Body::from(body.unwrap_or_default())).unwrap();
    let response = client.send(request).await.unwrap();
    assert!(
        response.status().is_success(),
        "{method} {path}: {}",
        response.status()
    );
    let bytes = response.into_body().collect_bytes().await.unwrap();
    bytes.to_vec()
}

/// What stands in a page: its rows, and the token of the next one.
fn read(page: &[u8]) -> (usize, Option<String>) {
    let page = std::str::from_utf8(page).unwrap();
    let (head, rows) = page.split_once("\"rows\":").unwrap();
    let token = head
        .split_once("\"continue\":\"")
        .map(|(_, token)| token.split('"').next().unwrap().to_owned());
    (rows.matches("\"cells\":").count(), token)
}

impl Stage {
    fn new(runtime: Runtime, client: Client) -> Self {
        let namespace = format!("list-{}", std::process::id());
        let stage = Self {
            runtime,
            client,
            namespace,
        };
        stage.runtime.block_on(stage.fill());
        stage
    }

    async fn fill(&self) {
        let space =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}});
        send(&self.client, "POST", "/api/v1/namespaces", Some(space)).await;
        let path = format!("/api/v1/namespaces/{}/configmaps", self.namespace);
        for number in 0..OBJECTS {
            let map = json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": format!("settings-{number:05}"), "labels": {"app": "bench"}},
                "data": {"colour": "blue", "number": number.to_string()},
            });
            send(&self.client, "POST", &path, Some(map)).await;
        }
    }

    /// All pages of one list; the number of rows.
    async fn list(&self) -> usize {
        let path = format!(
            "/api/v1/namespaces/{}/configmaps?labelSelector=app%3Dbench&limit={PAGE}",
            self.namespace
        );
        let (mut rows, mut next) = (0, path.clone());
        loop {
            let page = send(&self.client, "GET", &next, None).await;
            let (found, token) = read(&page);
            rows += found;
            match token {
                Some(token) => next = format!("{path}&continue={token}"),
                None => return rows,
            }
        }
    }

    fn measure(&self, bencher: Bencher<'_, '_>) {
        bencher.bench_local(|| {
            self.runtime.block_on(async {
                for _ in 0..LISTS {
                    assert_eq!(self.list().await, OBJECTS);
                }
            });
        });
        let path = format!("/api/v1/namespaces/{}", self.namespace);
        self.runtime
            .block_on(send(&self.client, "DELETE", &path, None));
    }
}

/// 100 lists of 1,000 objects: at least three times the rate of the real server.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn list_1_000_objects_100_times_embedded(bencher: Bencher<'_, '_>) {
    let runtime = Runtime::new().unwrap();
    let (served, client) = runtime.block_on(async {
        let sandbox = Sandbox::new(SandboxOptions::default());
        let served = serve(sandbox, ServeOptions::default()).await.unwrap();
        let client = connect(served.kubeconfig()).await;
        (served, client)
    });
    Stage::new(runtime, client).measure(bencher);
    drop(served);
}

/// The same of the real server; not measured without one.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn list_1_000_objects_100_times_real(bencher: Bencher<'_, '_>) {
    let Some(kubeconfig) = std::env::var_os("WAXWING_REAL_KUBECONFIG") else {
        return;
    };
    let runtime = Runtime::new().unwrap();
    let client = runtime.block_on(connect(Path::new(&kubeconfig)));
    Stage::new(runtime, client).measure(bencher);
}
