//! A real control plane, shared by many stories that do not see each other.
//!
//! A story speaks of the namespaces `shop`, `default` and `kube-system` and of the node `waxwing-sandbox`. On its way to
//! the real server each of these names gets an ending that only this story has, and on the way back the ending is taken
//! off; lists and watches of the whole cluster show what is this story's. So a story has a cluster of its own.

use std::{
    collections::BTreeSet,
    env, process,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::State,
    http::{Method, Request, Response, Uri},
};
use futures::{Stream, StreamExt, stream};
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::{Value, json};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::translate::Names;

/// The variable that names the kubeconfig of the real control plane.
const VARIABLE: &str = "WAXWING_REAL_KUBECONFIG";
/// The variable that names the kubeconfig of the account of our controllers there; without it they are the admin too.
const CONTROLLERS_VARIABLE: &str = "WAXWING_REAL_CONTROLLER_KUBECONFIG";
/// Longer than a controller of the real server takes for anything.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

static STORIES: AtomicU64 = AtomicU64::new(0);

/// Held by every story on the plane; by one that must be alone, as a whole.
static TURNS: RwLock<()> = RwLock::const_new(());

/// With whom a story shares the plane.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Company {
    Any,
    /// The nodes of others would be in its way.
    None,
}

#[expect(dead_code, reason = "held until the story has ended")]
enum Turn {
    Shared(RwLockReadGuard<'static, ()>),
    Alone(RwLockWriteGuard<'static, ()>),
}

/// The part of a real control plane that one story sees; taken away when dropped.
#[derive(Clone)]
pub struct Plane {
    share: Arc<Share>,
    account: Account,
}

/// Who asks.
#[derive(Clone, Copy)]
enum Account {
    Admin,
    Controllers,
}

struct Share {
    client: Client,
    controllers: Client,
    names: Names,
    kubeconfig: String,
    /// Paths of objects with finalizers, which nobody would take off after the story.
    held: Mutex<BTreeSet<String>>,
    _turn: Turn,
}

/// Whether the stories run on a real control plane.
pub fn is_named() -> bool {
    env::var_os(VARIABLE).is_some()
}

impl Plane {
    /// The plane that the variable names, with the namespaces that every cluster has; `None` without the variable.
    pub async fn named(company: Company) -> Option<Self> {
        let kubeconfig = env::var(VARIABLE).ok()?;
        let turn = match company {
            Company::Any => Turn::Shared(TURNS.read().await),
            Company::None => Turn::Alone(TURNS.write().await),
        };
        let number = STORIES.fetch_add(1, Ordering::Relaxed);
        let controllers = env::var(CONTROLLERS_VARIABLE).unwrap_or_else(|_| kubeconfig.clone());
        let share = Share {
            client: connect(&kubeconfig).await,
            controllers: connect(&controllers).await,
            names: Names::of(&format!("{:x}-{number:x}", process::id())),
            kubeconfig,
            held: Mutex::default(),
            _turn: turn,
        };
        let plane = Self {
            share: Arc::new(share),
            account: Account::Admin,
        };
        for name in ["default", "kube-system"] {
            let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            let request = Request::post("/api/v1/namespaces")
                .header("content-type", "application/json")
                .body(Body::from(body.to_string()))
                .unwrap();
            let answer = plane.answer(request).await;
            assert_eq!(answer.status(), 201, "namespace {name}");
        }
        Some(plane)
    }

    /// The API of the story's cluster.
    pub fn service(&self) -> Router {
        Router::new().fallback(handle).with_state(self.clone())
    }

    /// The same with the account of our controllers.
    pub fn controllers(&self) -> Router {
        let plane = Self {
            account: Account::Controllers,
            ..self.clone()
        };
        plane.service()
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let names = &self.share.names;
        let client = match self.account {
            Account::Admin => &self.share.client,
            Account::Controllers => &self.share.controllers,
        };
        let (mut parts, body) = request.into_parts();
        let asked = parts.uri.clone();
        parts.uri = Uri::try_from(names.target(&asked.to_string())).unwrap();
        let (path, is_write) = (parts.uri.path().to_owned(), parts.method != Method::GET);
        let body = to_bytes(body, usize::MAX).await.unwrap();
        parts.headers.remove("content-length");
        let body = kube::client::Body::from(names.request(&body));
        let response = client.send(Request::from_parts(parts, body)).await.unwrap();
        let (mut parts, body) = response.into_parts();
        parts.headers.remove("content-length");
        let query = asked.query().unwrap_or_default();
        let is_watch = query.contains("watch=true") || query.contains("watch=1");
        if is_watch && parts.status == 200 {
            let lines = lines(Body::new(body).into_data_stream());
            let names = names.clone();
            let seen = lines.filter_map(move |line| std::future::ready(names.event(&line)));
            return Response::from_parts(parts, Body::from_stream(seen.map(Ok::<_, axum::Error>)));
        }
        let bytes = to_bytes(Body::new(body), usize::MAX).await.unwrap();
        if parts.status.is_success() && is_write {
            self.note_finalizers(&path, &bytes);
        }
        if parts.status == 201 && asked.path() == "/api/v1/namespaces" {
            self.until_open(&bytes).await;
        }
        if parts.status == 201 && asked.path().ends_with("/customresourcedefinitions") {
            self.until_served(&bytes).await;
        }
        Response::from_parts(parts, Body::from(names.answer(&bytes)))
    }

    fn note_finalizers(&self, path: &str, answer: &[u8]) {
        let object: Value = serde_json::from_slice(answer).unwrap_or_default();
        let metadata = &object["metadata"];
        let has_any = metadata["finalizers"]
            .as_array()
            .is_some_and(|all| !all.is_empty());
        if let (true, Some(name)) = (
            has_any && path.contains("/namespaces/"),
            metadata["name"].as_str(),
        ) {
            let path = path.strip_suffix("/status").unwrap_or(path);
            let path = path.strip_suffix(&format!("/{name}")).unwrap_or(path);
            self.share
                .held
                .lock()
                .unwrap()
                .insert(format!("{path}/{name}"));
        }
    }

    /// Waits until a new namespace has the account that pods need.
    async fn until_open(&self, namespace: &[u8]) {
        let namespace: Value = serde_json::from_slice(namespace).unwrap();
        let name = namespace["metadata"]["name"].as_str().unwrap();
        self.until(&format!(
            "/api/v1/namespaces/{name}/serviceaccounts/default"
        ))
        .await;
    }

    /// Waits until a new kind is served.
    pub async fn until_served(&self, definition: &[u8]) {
        let definition: Value = serde_json::from_slice(definition).unwrap();
        let spec = &definition["spec"];
        for version in spec["versions"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let group = text(&spec["group"]);
            let (version, plural) = (text(&version["name"]), text(&spec["names"]["plural"]));
            self.until(&format!("/apis/{group}/{version}/{plural}?limit=1"))
                .await;
        }
    }

    async fn until(&self, path: &str) {
        let search = async {
            loop {
                let request = Request::get(path)
                    .body(kube::client::Body::empty())
                    .unwrap();
                let response = self.share.client.send(request).await.unwrap();
                if response.status() == 200 {
                    return;
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, search).await;
        assert!(found.is_ok(), "{path} never came");
    }
}

async fn handle(State(plane): State<Plane>, request: Request<Body>) -> Response<Body> {
    plane.answer(request).await
}

async fn connect(kubeconfig: &str) -> Client {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
    let options = KubeConfigOptions::default();
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .unwrap();
    // A refusal is an answer as any other.
    config.default_retry = false;
    config.read_timeout = None;
    Client::try_from(config).unwrap()
}

/// The lines of a stream, each with its end.
fn lines<E>(bytes: impl Stream<Item = Result<Bytes, E>> + Unpin) -> impl Stream<Item = Vec<u8>> {
    let start = (bytes, Vec::<u8>::new());
    stream::unfold(start, |(mut bytes, mut buffer)| async move {
        loop {
            if let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
                let rest = buffer.split_off(end + 1);
                return Some((buffer, (bytes, rest)));
            }
            match bytes.next().await {
                Some(Ok(more)) => buffer.extend_from_slice(&more),
                Some(Err(_)) | None => return None,
            }
        }
    })
}

impl Drop for Share {
    /// Takes away what the story made, on a runtime of its own: that of the story may be ending.
    fn drop(&mut self) {
        let (kubeconfig, names) = (self.kubeconfig.clone(), self.names.clone());
        let held = std::mem::take(&mut *self.held.lock().unwrap());
        let cleaner = std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(clear(&kubeconfig, &names, held));
        });
        if let Err(panic) = cleaner.join()
            && !std::thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

async fn clear(kubeconfig: &str, names: &Names, held: BTreeSet<String>) {
    let client = connect(kubeconfig).await;
    let send = async |method: &str, path: &str, body: &str| {
        let request = Request::builder().method(method).uri(path);
        let media_type = match method {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        let request = request.header("content-type", media_type);
        let request = request.body(kube::client::Body::from(body.as_bytes().to_vec()));
        let response = client.send(request.unwrap()).await.unwrap();
        let bytes = response.into_body().collect_bytes().await.unwrap();
        serde_json::from_slice::<Value>(&bytes).unwrap_or_default()
    };
    for plural in ["namespaces", "nodes", "persistentvolumes"] {
        let listed = send("GET", &format!("/api/v1/{plural}"), "").await;
        for object in listed["items"].as_array().into_iter().flatten() {
            let name = object["metadata"]["name"].as_str().unwrap();
            if !names.is_ours(plural, object) {
                continue;
            }
            let path = format!("/api/v1/{plural}/{name}");
            send("DELETE", &path, "").await;
            if plural == "namespaces" {
                // Nobody plays the kubelet any more, who would confirm their end.
                let at_once =
                    r#"{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0}"#;
                send("DELETE", &format!("{path}/pods"), at_once).await;
            }
        }
    }
    for path in held {
        send("PATCH", &path, r#"{"metadata":{"finalizers":null}}"#).await;
    }
}
