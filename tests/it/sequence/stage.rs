//! Both servers, and a sequence on them.

use std::{
    process,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use http::Request;
use kube::{
    Client, Config,
    client::Body,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::{Value, json};
use waxwing::sandbox::{Sandbox, SandboxOptions};

use super::{
    answer::{differences, plain},
    make::{KINDS, Kind, definition},
    step::{Content, Step},
};

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
/// How often something is asked for that the server does in its own time, and the pause between.
const PATIENCE: u32 = 300;
const PAUSE: Duration = Duration::from_millis(100);

pub struct Stage {
    real: Client,
    ours: Client,
    namespace: String,
    runs: AtomicU64,
}

/// One server in the middle of a sequence.
struct Player<'a> {
    client: &'a Client,
    path: String,
    name: String,
    group_version: &'static str,
    kind: &'static str,
    live: Value,
}

impl Stage {
    /// Takes the real server of a kubeconfig and an embedded one, and makes the kind and a namespace on both.
    pub async fn new(kubeconfig: &str) -> Self {
        let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(kubeconfig, &options)
            .await
            .unwrap();
        let real = Client::try_from(config).unwrap();
        let sandbox = Sandbox::new(SandboxOptions::default());
        let ours = Client::new(sandbox.service(), "default");
        let namespace = format!("sequence-{}", process::id());
        let stage = Self {
            real,
            ours,
            namespace,
            runs: AtomicU64::new(0),
        };
        for client in [&stage.real, &stage.ours] {
            stage.furnish(client).await;
        }
        stage
    }

    async fn furnish(&self, client: &Client) {
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}});
        let (code, answer) = send(
            client,
            "POST",
            "/api/v1/namespaces",
            "application/json",
            Some(&namespace),
        )
        .await;
        assert_eq!(code, 201, "{answer}");
        let (code, answer) = send(
            client,
            "POST",
            DEFINITIONS,
            "application/json",
            Some(&definition()),
        )
        .await;
        assert!(code == 201 || code == 409, "{answer}");
        let parts = KINDS[2].path(&self.namespace);
        for _ in 0..PATIENCE {
            if send(client, "GET", &parts, "application/json", None)
                .await
                .0
                == 200
            {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("the kind is not served");
    }

    /// Takes the namespace and the kind away from the real server.
    pub async fn end(&self) {
        let definition = &definition()["metadata"]["name"];
        let definition = format!("{DEFINITIONS}/{}", definition.as_str().unwrap());
        let namespace = format!("/api/v1/namespaces/{}", self.namespace);
        for path in [&namespace, &definition] {
            send(&self.real, "DELETE", path, "application/json", None).await;
        }
        for path in [&namespace, &definition] {
            for _ in 0..PATIENCE {
                if send(&self.real, "GET", path, "application/json", None)
                    .await
                    .0
                    == 404
                {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Plays a sequence on both until they differ; tells where and how.
    pub async fn differs(&self, kind: &Kind, steps: &[Step]) -> Option<(usize, String)> {
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        let name = format!("it-{run}-x");
        let player = |client| Player {
            client,
            path: kind.path(&self.namespace),
            name: name.clone(),
            group_version: kind.group_version,
            kind: kind.kind,
            live: Value::Null,
        };
        let (mut real, mut ours) = (player(&self.real), player(&self.ours));
        let mut found = None;
        for (place, step) in steps.iter().enumerate() {
            let (real_code, real) = real.play(step).await;
            let (our_code, ours) = ours.play(step).await;
            if real_code == our_code && real == ours {
                continue;
            }
            let mut lines = vec![format!("  step {place}: real {real_code}, ours {our_code}")];
            differences("", &real, &ours, &mut lines);
            found = Some((place, lines.join("\n")));
            break;
        }
        for player in [&mut real, &mut ours] {
            player.clear().await;
        }
        found
    }
}

impl Player<'_> {
    async fn play(&mut self, step: &Step) -> (u16, Value) {
        let mut path = self.path.clone();
        if step.method != "POST" {
            path = format!("{path}/{}", self.name);
        }
        if !step.subresource.is_empty() {
            path = format!("{path}/{}", step.subresource);
        }
        let query: Vec<String> = step
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        let body = match &step.body {
            Content::None => None,
            Content::Patch(patch) => Some(patch.clone()),
            Content::Object(object) => {
                let mut object = object.clone();
                object["metadata"]["name"] = self.name.as_str().into();
                Some(object)
            }
            Content::OnLive(over, without) => Some(self.on_live(over, without)),
        };
        let (code, answer) = send(
            self.client,
            step.method,
            &path,
            step.media_type,
            body.as_ref(),
        )
        .await;
        if code < 300 && step.subresource != "scale" && !path.contains("dryRun") {
            self.live = answer.clone();
        }
        (code, plain(answer, &self.name))
    }

    fn on_live(&self, over: &Value, without: &[&str]) -> Value {
        let mut object = self.live.clone();
        for path in without {
            let (parent, field) = path.rsplit_once('/').unwrap();
            let parent = object.pointer_mut(parent);
            if let Some(map) = parent.and_then(Value::as_object_mut) {
                map.remove(field);
            }
        }
        blend(&mut object, over);
        // Also what was never made is put as a whole object.
        object["metadata"]["name"] = self.name.as_str().into();
        for (field, value) in [("apiVersion", self.group_version), ("kind", self.kind)] {
            object[field] = value.into();
        }
        object
    }

    async fn clear(&mut self) {
        let path = format!("{}/{}", self.path, self.name);
        let patch = json!({"metadata": {"finalizers": null}});
        send(
            self.client,
            "PATCH",
            &path,
            "application/merge-patch+json",
            Some(&patch),
        )
        .await;
        send(self.client, "DELETE", &path, "application/json", None).await;
    }
}

/// Writes values over others, map by map.
fn blend(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (name, value) in over {
                blend(under.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over.clone(),
    }
}

async fn send(
    client: &Client,
    method: &str,
    path: &str,
    media_type: &str,
    body: Option<&Value>,
) -> (u16, Value) {
    let bytes = body
        .map(|body| serde_json::to_vec(body).unwrap())
        .unwrap_or_default();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", media_type)
        .header("accept", "application/json")
        .header("user-agent", "sequence/1.0 (test)")
        .body(Body::from(bytes))
        .unwrap();
    let response = client.send(request).await.unwrap();
    let code = response.status().as_u16();
    let bytes = response.into_body().collect_bytes().await.unwrap();
    (code, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}
