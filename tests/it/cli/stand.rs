//! A served cluster for the commands that speak to one, with the controller on it or without.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use kube::Client;
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};
use waxwing::{
    api::{base64, crd},
    clock::Clock,
    cluster::Cluster,
    controller::{self, key_secret::KeySettings, serve::router},
    object::{Gvk, Object, ObjectRef},
    sandbox::{Sandbox, SandboxOptions, ServeOptions, Served, serve},
};

use super::desk::Desk;

/// A served cluster without keys.
pub struct Stage {
    sandbox: Sandbox,
    served: Served,
    pub cluster: Cluster,
    pub clock: Clock,
}

/// A controller that runs; it ends with the test.
pub struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    pub async fn stop(self) {
        self.stop.send(true).unwrap();
        self.task.await.unwrap();
    }
}

impl Stage {
    pub async fn new() -> Self {
        let clock = Clock::wall();
        let sandbox = Sandbox::new(SandboxOptions {
            clock: clock.clone(),
        });
        let cluster = Cluster::new(Client::new(sandbox.service(), "default"));
        let served = serve(sandbox.clone(), ServeOptions::default())
            .await
            .unwrap();
        let stage = Self {
            sandbox,
            served,
            cluster,
            clock,
        };
        stage.create(crd::sealed_secret()).await;
        stage
            .create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}))
            .await;
        stage
    }

    pub async fn create(&self, value: Value) -> Object {
        let object = Object::from_value(value).unwrap();
        self.cluster.create(&object).await.unwrap()
    }

    pub async fn key(&self, desk: &Desk, name: &str, labels: Value) {
        let part = |end: &str| base64::encode(desk.read(&format!("{name}.{end}")).as_bytes());
        self.create(json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
            "metadata": {"name": format!("key-{name}"), "namespace": "kube-system", "labels": labels},
            "data": {"tls.key": part("key"), "tls.crt": part("crt")},
        }))
        .await;
    }

    pub async fn secret(&self, namespace: &str, name: &str) -> Option<Object> {
        let target = ObjectRef::new(Gvk::new("", "v1", "Secret"), Some(namespace), name);
        self.cluster.get(&target).await.unwrap()
    }

    pub async fn run(&self, desk: &Desk, words: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_waxwing"));
        command
            .args(words)
            .current_dir(desk.path(""))
            .env("KUBECONFIG", self.served.kubeconfig());
        let output = tokio::task::spawn_blocking(move || command.output());
        let output = output.await.unwrap().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr),
        )
    }

    pub async fn said(&self, desk: &Desk, words: &[&str]) -> String {
        let (code, out, err) = self.run(desk, words).await;
        assert_eq!(code, 0, "{words:?} {out}{err}");
        out
    }

    /// Runs the controller behind its Service, with the keys that are there and no others.
    pub async fn control(&self) -> Running {
        let settings = controller::Settings {
            keys: KeySettings {
                renew_period: None,
                ..KeySettings::default()
            },
            ..controller::Settings::default()
        };
        let handle = settings.handle(&self.clock);
        self.sandbox.proxy(
            "kube-system",
            "sealed-secrets-controller",
            router(handle.clone()),
        );
        self.create(json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "sealed-secrets-controller", "namespace": "kube-system"},
            "spec": {"ports": [{"port": 8080}]},
        }))
        .await;
        let (stop, stopped) = watch::channel(false);
        let (cluster, clock, given) = (self.cluster.clone(), self.clock.clone(), handle.clone());
        let task = tokio::spawn(async move {
            controller::run(&cluster, &clock, settings, given, stopped)
                .await
                .unwrap();
        });
        handle.keys.ready().await;
        Running { stop, task }
    }

    /// Runs a program, `waxwing` or `kubeseal`, on this cluster.
    pub async fn program(
        &self,
        desk: &Desk,
        binary: &str,
        words: &[&str],
        input: &str,
    ) -> (i32, String, String) {
        let kubeconfig = self.served.kubeconfig().to_owned();
        let (desk, binary) = (desk.path(""), binary.to_owned());
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let input = input.to_owned();
        let run = move || {
            let mut child = Command::new(binary)
                .args(words)
                .current_dir(desk)
                .env("KUBECONFIG", kubeconfig)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            // One that does not read its input is no matter here.
            let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
            child.wait_with_output().unwrap()
        };
        let output = tokio::task::spawn_blocking(run).await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr),
        )
    }
}
