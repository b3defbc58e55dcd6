//! The stage of the stories: an API server with the real controller on it, which runs in this process.
//!
//! The server is the embedded one, or a part of its own of the real control plane whose kubeconfig
//! `WAXWING_REAL_KUBECONFIG` names.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail as tests do"
)]

use std::{collections::BTreeMap, pin::pin, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use futures::StreamExt;
use kube::Client;
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};
use tower::ServiceExt;
use waxwing::{
    api::{base64, crd, metadata::Metadata, secret::Secret},
    clock::Clock,
    cluster::{Cluster, Listed, Selector, Watch},
    controller::{self, serve::Handle, workload::Workloads},
    object::{Gvk, Object, ObjectRef},
    plan::Precondition,
    seal::{Certificate, Scope, SealOptions, seal},
    secret::Hidden,
};

use super::{pace::Pace, plane::Company, server::Server};

pub const KEY: &str = include_str!("../../vectors/kubeseal/keys/small.key");
pub const CERTIFICATE: &str = include_str!("../../vectors/kubeseal/keys/small.crt");
pub const KEY_LABEL: &str = "sealedsecrets.bitnami.com/sealed-secrets-key";

/// A server, and what runs on it.
pub struct World {
    pub sandbox: Server,
    pub cluster: Cluster,
    /// The same server, with the rights that our controllers have.
    pub controllers: Cluster,
    pub clock: Clock,
    pub pace: Pace,
}

/// A controller that runs; stopped when dropped.
pub struct Running {
    pub handle: Handle,
    patience: Duration,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl World {
    /// A fresh server with our kind, a namespace `shop` and the key of the tests.
    pub async fn new() -> Self {
        let world = Self::without_keys().await;
        world
            .create(key_secret("key-of-tests", KEY, CERTIFICATE))
            .await;
        world
    }

    /// The same without a key.
    pub async fn without_keys() -> Self {
        let (sandbox, pace) = Server::start(Company::Any).await;
        let cluster = Cluster::new(Client::new(sandbox.service(), "default"));
        let controllers = Cluster::new(Client::new(sandbox.controllers(), "default"));
        let world = Self {
            sandbox,
            cluster,
            controllers,
            clock: pace.clock().clone(),
            pace,
        };
        world.create(crd::sealed_secret()).await;
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
        world.create(namespace).await;
        world
    }

    /// The same with slower time on a real control plane, where a story is about what happens within two seconds: the
    /// calls themselves are not as fast as that.
    pub fn at_speed(mut self, speed: u32) -> Self {
        if self.sandbox.is_real() {
            self.pace = Pace::at_speed(speed);
            self.clock = self.pace.clock().clone();
        }
        self
    }

    /// Starts the controller as a cluster runs it, but for the renewal of the old key of the tests.
    pub fn run(&self) -> Running {
        self.run_with(settings())
    }

    /// Starts the controller with settings.
    pub fn run_with(&self, settings: controller::Settings) -> Running {
        self.run_through(self.controllers.clone(), settings)
    }

    /// Starts the controller on another way to the same server.
    pub fn run_through(&self, cluster: Cluster, settings: controller::Settings) -> Running {
        let handle = settings.handle(&self.clock);
        let (stop, stopped) = watch::channel(false);
        let (clock, given) = (self.clock.clone(), handle.clone());
        let task = tokio::spawn(async move {
            controller::run(&cluster, &clock, settings, given, stopped)
                .await
                .unwrap();
        });
        Running {
            handle,
            patience: self.pace.patience(),
            stop,
            task,
        }
    }

    /// Plays the node and its kubelet, and where nobody else does, the controllers of workloads.
    pub fn workloads(&self) -> Workloads {
        let (cluster, clock) = (self.cluster.clone(), self.clock.clone());
        Workloads::playing(self.sandbox.role(), cluster, clock)
    }

    /// Lets time pass: at once on a stopped clock, as a tenth by the machine's on a real control plane.
    pub async fn pass(&self, seconds: i64) {
        self.pace.pass(seconds).await;
    }

    pub async fn create(&self, value: Value) -> Object {
        let wanted = object(value);
        match self.cluster.create(&wanted).await {
            // Stories share a real control plane, and its kinds.
            Err(error) if self.is_shared(&wanted) && error.is_conflict() => {
                let found = self.cluster.get(&wanted.reference()).await.unwrap();
                found.unwrap()
            }
            other => other.unwrap(),
        }
    }

    fn is_shared(&self, object: &Object) -> bool {
        self.sandbox.is_real() && object.gvk().kind == "CustomResourceDefinition"
    }

    /// Changes an object as `kubectl patch --type merge` does.
    pub async fn patch(&self, target: &ObjectRef, patch: Value) -> Object {
        let always = Precondition::default();
        self.cluster.patch(target, &patch, &always).await.unwrap()
    }

    pub async fn delete(&self, target: &ObjectRef) {
        let always = Precondition::default();
        self.cluster.delete(target, &always).await.unwrap();
    }

    /// The Secret of this name in `shop`, as soon as it is as expected.
    pub async fn secret(&self, name: &str, expected: impl Fn(&Object) -> bool) -> Object {
        self.until(&secret_ref(name), |found| found.is_some_and(&expected))
            .await
            .unwrap()
    }

    /// The SealedSecret of this name in `shop`, as soon as its condition is as expected and of now.
    pub async fn condition(&self, name: &str, status: &str, message: &str) -> Object {
        self.until(&sealed_ref(name), |found| {
            let Some(found) = found else { return false };
            let condition = &condition_of(found);
            let observed = found.at(&["status", "observedGeneration"]).cloned();
            condition["status"] == status
                && condition["message"]
                    .as_str()
                    .unwrap_or_default()
                    .contains(message)
                && observed == found.generation().map(Value::from)
        })
        .await
        .unwrap()
    }

    /// An object, as soon as it is as expected.
    pub async fn until(
        &self,
        target: &ObjectRef,
        expected: impl Fn(Option<&Object>) -> bool,
    ) -> Option<Object> {
        let watch = Watch::all(target.gvk.clone()).within(target.namespace.as_deref());
        let mut changes = pin!(self.cluster.watch(&watch).unwrap());
        let mut last = None;
        let search = async {
            loop {
                last = self.cluster.get(target).await.unwrap();
                if expected(last.as_ref()) {
                    return;
                }
                changes.next().await.unwrap().unwrap();
            }
        };
        let found = tokio::time::timeout(self.pace.patience(), search).await;
        assert!(found.is_ok(), "{target} never became as expected: {last:?}");
        last
    }

    /// The events in `shop` about one object: reason and message, in the order of their making.
    pub async fn events(&self, about: &str) -> Vec<(String, String)> {
        let listed = self.list(&Gvk::new("", "v1", "Event")).await;
        let text = |event: &Object, path: &[&str]| {
            let value = event.at(path).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        listed
            .objects
            .iter()
            .filter(|event| text(event, &["involvedObject", "name"]) == about)
            .map(|event| (text(event, &["reason"]), text(event, &["message"])))
            .collect()
    }

    /// The version of the whole store: any write moves it. Of a real control plane, where others write too, the
    /// versions of all that our controllers write.
    pub async fn version(&self) -> String {
        if !self.sandbox.is_real() {
            return self
                .list(&Gvk::new("", "v1", "ConfigMap"))
                .await
                .resource_version;
        }
        let mut versions = String::new();
        for kind in ["Secret", "ConfigMap", "Event"] {
            versions += &self.versions(&Gvk::new("", "v1", kind)).await;
        }
        versions + &self.versions(&controller::sealed_secret::gvk()).await
    }

    async fn versions(&self, gvk: &Gvk) -> String {
        let listed = self.list(gvk).await.objects;
        let versions = listed.iter().map(|object| {
            let version = object.resource_version().unwrap_or_default();
            format!("{} {version}\n", object.reference())
        });
        versions.collect()
    }

    async fn list(&self, gvk: &Gvk) -> Listed {
        let all = Selector::default();
        self.cluster.list(gvk, None, &all).await.unwrap()
    }

    /// Everything of the store, as text.
    pub async fn everything_but_secrets(&self) -> String {
        let mut text = String::new();
        for gvk in [
            Gvk::new("", "v1", "Event"),
            Gvk::new("", "v1", "ConfigMap"),
            waxwing::controller::sealed_secret::gvk(),
        ] {
            for object in self.list(&gvk).await.objects {
                text.push_str(&object.to_value().to_string());
                text.push('\n');
            }
        }
        text
    }
}

impl Running {
    /// Waits until the figures show a line with exactly this beginning and a number of at least so much.
    pub async fn counted(&self, series: &str, at_least: u64) {
        let search = async {
            while self.figure(series) < at_least {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let found = tokio::time::timeout(self.patience, search).await;
        assert!(
            found.is_ok(),
            "{series} never counted {at_least}:\n{}",
            self.handle.metrics.text()
        );
    }

    /// A figure, by its series without the prefix of all; 0 where there is none.
    pub fn figure(&self, series: &str) -> u64 {
        let series = format!("sealed_secrets_controller_{series} ");
        let text = self.handle.metrics.text();
        text.lines()
            .find_map(|line| line.strip_prefix(&series))
            .map_or(0, |number| number.parse().unwrap())
    }

    /// Stops and waits until all that has begun is done.
    pub async fn stop(self) {
        self.stop.send(true).unwrap();
        let ended = tokio::time::timeout(self.patience, self.task).await;
        ended.expect("the controller stops").unwrap();
    }
}

/// What the controller does unless told otherwise, without making keys that no test asks for.
pub fn settings() -> controller::Settings {
    let mut settings = controller::Settings::default();
    settings.keys.renew_period = None;
    settings
}

pub fn object(value: Value) -> Object {
    Object::from_value(value).unwrap()
}

pub fn secret_ref(name: &str) -> ObjectRef {
    ObjectRef::new(Gvk::new("", "v1", "Secret"), Some("shop"), name)
}

pub fn sealed_ref(name: &str) -> ObjectRef {
    ObjectRef::new(controller::sealed_secret::gvk(), Some("shop"), name)
}

/// A Secret that keeps a sealing key.
pub fn key_secret(name: &str, key: &str, certificate: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"name": name, "namespace": "kube-system", "labels": {KEY_LABEL: "active"}},
        "data": {"tls.key": base64::encode(key.as_bytes()),
            "tls.crt": base64::encode(certificate.as_bytes())},
    })
}

/// Seals items for the key of the tests, as kubeseal does.
pub fn sealed(name: &str, items: &[(&str, &str)]) -> Value {
    sealed_in(Scope::Strict, name, items)
}

pub fn sealed_in(scope: Scope, name: &str, items: &[(&str, &str)]) -> Value {
    let items = items
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Hidden::new(value.as_bytes().to_vec())));
    let secret = Secret {
        metadata: Metadata::named("shop", name),
        data: items.collect(),
        ..Secret::default()
    };
    let certificate = Certificate::from_pem(CERTIFICATE.as_bytes()).unwrap();
    let options = SealOptions {
        scope,
        allow_empty: true,
    };
    seal(&secret, &certificate, options).unwrap().to_value()
}

/// The items of a Secret, decoded.
pub fn items(secret: &Object) -> BTreeMap<String, String> {
    let data = secret.at(&["data"]).and_then(Value::as_object);
    data.into_iter()
        .flatten()
        .map(|(name, value)| {
            let value = base64::decode(value.as_str().unwrap()).unwrap();
            (name.clone(), String::from_utf8(value).unwrap())
        })
        .collect()
}

/// Whether a Secret has an item of this value.
pub fn has(name: &str, value: &str) -> impl Fn(&Object) -> bool {
    move |secret| items(secret).get(name).is_some_and(|found| found == value)
}

pub fn condition_of(sealed: &Object) -> Value {
    let conditions = sealed.at(&["status", "conditions"]);
    conditions.map_or(Value::Null, |conditions| conditions[0].clone())
}

/// Sends a request to a router and gives code and body.
pub async fn ask(router: Router, method: &str, path: &str, body: String) -> (u16, String) {
    let request = Request::builder().method(method).uri(path);
    let request = request.body(Body::from(body)).unwrap();
    let response = router.oneshot(request).await.unwrap();
    let code = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (code, String::from_utf8(bytes.to_vec()).unwrap())
}
